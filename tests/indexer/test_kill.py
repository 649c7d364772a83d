"""Law 4: whatever a build dies at, the last published generation opens and answers, and the next build completes.

So it is with a compaction. Of the calls at which a build may die every sixth is tried, others each day; all of them are
with WENYUAN_EVERY_DEATH=1, in six times the minutes.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from inside import engine_folder
from killing import NOW
from seeds import SEED

from indexer.building.build import build, compact
from indexer.errors import IndexFailure
from indexer.store.generation import Generation, pack_folder, published
from indexer.upkeep.repair import verify
from search.library import Library
from search.model import Mode, SearchRequest

RIVER = "混同江源出長白山，北流合諸水，東入於海。夏漲則舟楫不通。"
TOWN = "城在混同江之南，民居百家，冬日獵於山，春日漁於江。"
MOUNTAIN = "山多松柏，混同江之源也。其巔有池，深不可測。"
OLD, NEW = {"river": RIVER}, {"river": RIVER + "冬則冰堅，車馬行其上。", "town": TOWN}
"""What the first and the second generation of the seed were built from; the first one's pack is no longer needed."""
QUERIES = ("混同江", "長白山", "城在", "松柏", "冰堅", "鮭")
STEP = 1 if os.environ.get("WENYUAN_EVERY_DEATH") else 6
FIRST = 1 + SEED % STEP
"""The first call of a build at which it dies, and how many calls later it does so the next time."""
FEWEST = 60 // STEP
"""Deaths of one build at least; half of them before it publishes."""


@dataclass(frozen=True)
class Change:
    """What a build is to do, to an index of ``NEW`` or (``first``) to none: works that are written, and removed."""

    writes: dict[str, str]
    removes: tuple[str, ...] = ()
    first: bool = False


CHANGES = {
    "first": Change(NEW, first=True),
    "adding": Change({"mountain": MOUNTAIN}),
    "replacing": Change({"river": RIVER + "有魚曰鮭。"}),
    "removing": Change({}, removes=("town",)),
}


def write(folder: Path, works: dict[str, str]) -> Path:
    folder.mkdir(exist_ok=True)
    for name, text in works.items():
        (folder / f"{name}.md").write_text(f"---\nid: {name}\ntitle: {name}\nlanguage: lzh\n---\n\n{text}\n", "utf-8")
    return folder


def answers(index: Path) -> list[int | None]:
    library = Library.open(index)
    return [library.search(SearchRequest(q=q, mode=Mode.EXACT)).total.occurrences for q in QUERIES]


def state(index: Path) -> Generation:
    generation = published(index)
    assert generation is not None
    return generation


def contents(folders: Sequence[Path]) -> dict[tuple[str, str], bytes]:
    return {(folder.name, file.name): file.read_bytes() for folder in folders for file in folder.iterdir()}


def content_of(index: Path, generation: Generation) -> dict[tuple[str, str], bytes]:
    packs = [pack_folder(index, pack.name) for pack in generation.packs]
    return contents([engine_folder(index, generation.number), *packs])


def assert_holds_only(index: Path, *generations: Generation) -> None:
    manifests = {"manifest.json", "previous.json"} if len(generations) > 1 else {"manifest.json"}
    assert set(os.listdir(index)) == {"lock", "packs", "engines", *manifests}
    assert set(os.listdir(index / "packs")) == {pack.name for each in generations for pack in each.packs}
    assert set(os.listdir(index / "engines")) == {engine_folder(index, each.number).name for each in generations}


@pytest.fixture(scope="module", params=["tantivy", "whoosh"])
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def seed(engine: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of two generations."""
    folder = tmp_path_factory.mktemp("seed")
    for works in (OLD, NEW):
        build([write(folder / "texts", works)], folder / "index", engine=engine)
    return folder / "index"


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock of the builds that are killed."""
    monkeypatch.setattr("indexer.building.build.utc_seconds", lambda: NOW)


def kill_again_and_again(
    seed: str | None, out: Path, texts: list[str], engine: str, remove: list[str], compacts: bool = False
) -> None:
    out.mkdir()
    order = {"seed": seed, "out": str(out), "texts": texts, "engine": engine, "remove": remove, "compacts": compacts}
    order |= {"first": FIRST, "step": STEP}
    script = str(Path(__file__).with_name("killing.py"))
    subprocess.run([sys.executable, script, json.dumps(order)], check=True)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whenever_a_build_dies(engine: str, seed: Path, change: Change, tmp_path: Path) -> None:
    texts, out, undisturbed = write(tmp_path / "texts", change.writes), tmp_path / "out", tmp_path / "undisturbed"
    before = None if change.first else state(seed)
    if before:
        shutil.copytree(seed, undisturbed)
    build([texts], undisturbed, engine=engine, remove=change.removes)
    after, wanted = state(undisturbed), answers(undisturbed)
    assert before is None or answers(seed) != wanted

    kill_again_and_again(str(seed) if before else None, out, [str(texts)], engine, list(change.removes))
    found: list[Generation | None] = []
    for index in out.iterdir():
        now = published(index)
        found.append(now)
        assert now in (before, after)
        if now is None:
            with pytest.raises(IndexFailure, match="no index there"):
                Library.open(index)
        else:
            assert answers(index) == (wanted if now == after else answers(seed))
        if before:
            assert content_of(index, before) == content_of(seed, before)

        remove = [work for work in change.removes if now and work in now.live_works()]
        build([texts], index, engine=engine, remove=remove)
        assert state(index) == after
        assert answers(index) == wanted
        if now == after:
            # It died while it dropped what is no longer needed. Let a text of that come back: nothing half removed
            # may be taken for it.
            build([write(tmp_path / "old", OLD)], index)
            assert answers(index)[QUERIES.index("冰堅")] == 0
            assert_holds_only(index, after, state(index))
        else:
            assert_holds_only(index, *(each for each in (before, after) if each))
    assert len(found) >= FEWEST
    assert found.count(before) >= FEWEST / 2
    assert after in found


def test_whenever_a_compaction_dies(engine: str, seed: Path, tmp_path: Path) -> None:
    begun, out, undisturbed = tmp_path / "begun", tmp_path / "out", tmp_path / "undisturbed"
    shutil.copytree(seed, begun)
    build([write(tmp_path / "texts", {"mountain": MOUNTAIN})], begun, remove=["town"])
    shutil.copytree(begun, undisturbed)
    compact(undisturbed)
    before, after, wanted = state(begun), state(undisturbed), answers(begun)
    assert [len(each.packs) for each in (before, after)] == [2, 1]

    kill_again_and_again(str(begun), out, [], engine, [], compacts=True)
    found = []
    for index in out.iterdir():
        found.append(state(index))
        assert state(index) in (before, after)
        assert answers(index) == wanted
        assert content_of(index, before) == content_of(begun, before)
        compact(index)
        assert state(index) == after
        assert answers(index) == wanted
        assert verify(index).damages == ()
        if found[-1] == before:
            assert_holds_only(index, before, after)
    assert len(found) >= FEWEST
    assert found.count(before) >= FEWEST / 2
    assert after in found


def test_what_a_manifest_names_is_durable_before_it(
    engine: str, seed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index, synced, swaps = tmp_path / "index", set[int](), 0
    shutil.copytree(seed, index)
    changed = {index / "packs", index / "engines"}
    inherited = {path.stat().st_ino for path in index.rglob("*") if path not in changed}
    really_replace = os.replace

    def fsync(handle: int) -> None:
        synced.add(os.fstat(handle).st_ino)

    def replace(source: Path, target: Path) -> None:
        nonlocal swaps
        if Path(target).name == "manifest.json":
            swaps += 1
            for path in (Path(source), *(index / "packs").rglob("*"), *(index / "engines").rglob("*"), *changed):
                assert path.stat().st_ino in synced | inherited, path
        really_replace(source, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(os, "replace", replace)
    build([write(tmp_path / "texts", CHANGES["adding"].writes)], index)
    assert swaps == 1
    compact(index)
    assert swaps == 2
    assert index.stat().st_ino in synced
