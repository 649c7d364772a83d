"""Packs that several processes write are those that one would write."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from indexer.building import build as building
from indexer.building.build import build
from indexer.store.generation import open_packs, published


def test_packs_are_the_same_however_many_write_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "LEAST_BYTES", 1)
    texts = tmp_path / "texts"
    texts.mkdir()
    for number, text in enumerate(("松花江出长白山北流", "会宁府在混同江之南", "冬天凿冰捕鱼为业", "其俗以射猎为业")):
        (texts / f"{number}.txt").write_text(text * 40, "utf-8")
    steps: list[tuple[str, int, int]] = []
    found = []
    for name, cores in (("alone", 1), ("together", 2)):
        monkeypatch.setattr(os, "cpu_count", lambda cores=cores: cores)
        report = build([texts], tmp_path / name, on_progress=lambda *step: steps.append(step))
        assert (report.added, report.problems) == (4, ())
        generation = published(tmp_path / name)
        assert generation
        packs = open_packs(tmp_path / name, generation.packs).values()
        assert len(packs) >= cores
        found.append(sorted((work.id, pack.section(work.first_section).text) for pack in packs for work in pack.works))
    assert found[0] == found[1]
    assert all(done <= total for _, done, total in steps)
