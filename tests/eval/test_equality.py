"""A sample of the trial that sets a cluster beside a folder; all of it is ``python -m eval.quality.equality``."""

from __future__ import annotations

import random
from itertools import islice
from pathlib import Path

import pytest
from stores import KINDS

from corpora.manifests import bundled_folder
from eval.quality.equality import Drawn, Scanned, Trial
from search.stores.opening import open_store

QUERIES = 150
LETTERS = "國国黑東三○々"


def volume(seed: int) -> str:
    """A file of few different characters, with pages, notes and blank lines, so that everything repeats itself."""
    dice = random.Random(seed)

    def some() -> str:
        return "".join(dice.choices(LETTERS, k=dice.randrange(1, 6)))

    lines = ["#+TITLE: 回文", f"#+PROPERTY: JUAN 卷{'一二三'[seed]}"]
    for page in range(20):
        lines.append(f"<pb:KR9z0001_WYG_00{seed + 1}-{page + 1}a>¶")
        for _ in range(dice.randrange(9)):
            parts = (f"({some()}/{some()})" if dice.random() < 0.2 else some() for _ in range(4))
            lines.append("　" * dice.randrange(2) + "".join(parts) + "¶")
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("texts")
    (folder / "KR9z0001").mkdir()
    for juan in range(3):
        (folder / "KR9z0001" / f"KR9z0001_00{juan + 1}.txt").write_text(volume(juan), "utf-8")
    bundled = bundled_folder("bundled")
    assert bundled
    return [folder, bundled]


def test_a_cluster_answers_what_a_folder_does(texts: list[Path], tmp_path: Path) -> None:
    with KINDS["tantivy"]() as of_folder, KINDS["cluster"]() as of_cluster:
        one, other = (open_store(index([texts], tmp_path / "index")) for index in (of_folder, of_cluster))
        trial = Trial(one, other, Scanned.of(one))
        differing = [
            (each.text, each.query, found)
            for each in islice(Drawn(one, seed=1), QUERIES)
            if (found := trial.differences(each))
        ]
    assert differing == []
