"""Whatever a build on a cluster dies at, readers have the whole old or the whole new state, and the next completes.

A sample of the deaths; ``python -m eval.drills.indexing ADDRESS`` has them all.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from clusters import empty_index
from seeds import SEED

from eval.drills.indexing import MOMENTS, STEPS, Drill, Step, answers, killed, reading, run
from indexer.cluster import building
from indexer.cluster.address import ClusterAddress, index_address

LATEST = 18
"""Most builds make about as many requests."""


@pytest.fixture
def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ClusterAddress]:
    monkeypatch.setenv(building.SCRATCH, str(tmp_path / "scratch"))
    monkeypatch.setattr(building, "GRACE", 0.0)
    with empty_index("?shards=2&replicas=1") as named:
        made = index_address(named)
        assert isinstance(made, ClusterAddress)
        yield made


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_a_killed_build_leaves_the_old_state_or_the_new(address: ClusterAddress, tmp_path: Path, step: Step) -> None:
    draw = random.Random(f"{SEED} {step.name}")
    drill = Drill(step, address, tmp_path)
    whole = drill.undisturbed()
    fate = drill.die(draw.randrange(1, LATEST), draw.choice(MOMENTS), whole)
    assert fate.found in ("old", "new")
    assert fate.completed


def test_readers_never_see_a_mixture(address: ClusterAddress, tmp_path: Path) -> None:
    """They search on and on while builds die and others go on."""
    drill = Drill(STEPS[2], address, tmp_path)
    new = drill.undisturbed().answers
    drill.begin()
    old = answers(address)
    assert old != new
    with reading(address, [old, new]) as wrong:
        for number in (6, 10, 14):
            killed(drill.step, address, tmp_path, number, "after")
        run(drill.step, address, tmp_path)
    assert wrong == []
    assert answers(address) == new
