"""Nodes that are killed cost no answer and no work, and the drill that says so would say otherwise.

A sample on nodes of its own; ``python -m eval.drills.failures PATH --nodes FOLDER`` has all scenes.
"""

from __future__ import annotations

import random
import signal
from pathlib import Path
from typing import cast

import pytest
from clusters import own_nodes
from seeds import SEED

from corpora.manifests import bundled_folder
from eval.drills import failures, nodes
from eval.drills.failures import SCENES, Outcome, Stage, carry_out, staged
from eval.drills.nodes import Nodes, NodesFailure
from indexer.cluster import building

NO_STAGE = cast(Stage, None)


def test_killed_nodes_cost_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = bundled_folder("bundled")
    assert texts
    monkeypatch.setenv(building.SCRATCH, str(tmp_path))
    with own_nodes() as own, staged(own, [texts], searches=60, works=8, length=20) as stage:
        for name in ("search-node", "build-node"):
            outcome = SCENES[name](stage, random.Random(f"{SEED} {name}"))
            assert not outcome.broken, outcome


def test_a_broken_promise_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    outcomes = {"kept": Outcome("1 search", {"no answer is wrong": True}), "broken": Outcome("2", {"none is": False})}
    monkeypatch.setattr(failures, "SCENES", {name: lambda *_, of=of: of for name, of in outcomes.items()})
    assert carry_out(NO_STAGE, ["kept"], "seed")
    assert "BROKEN" not in capsys.readouterr().out
    assert not carry_out(NO_STAGE, ["broken", "kept"], "seed")
    assert "BROKEN: none is" in capsys.readouterr().out


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_a_node_that_does_not_run_was_not_killed(tmp_path: Path, how: signal.Signals) -> None:
    with pytest.raises(NodesFailure, match="does not run"):
        Nodes(tmp_path).kill(0, how)


def test_a_cluster_that_is_not_whole_again_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    told = iter(['{"status": "green", "number_of_nodes": 2}', "", '{"status": "yellow", "number_of_nodes": 3}'])
    monkeypatch.setattr(nodes, "_LOOK", 0)
    monkeypatch.setattr(nodes, "PATIENCE", 0.2)
    monkeypatch.setattr(nodes, "_asked", lambda url: next(told, ""))
    with pytest.raises(NodesFailure, match="not all nodes and copies"):
        Nodes(Path("nodes")).recover("drills")
