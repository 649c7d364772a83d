"""A generation knows when each work last changed, and which works have left: through everything that can befall it."""

from __future__ import annotations

import itertools
import json
import shutil
from pathlib import Path

import pytest

from corpora.manifests import load
from corpora.model import Access
from indexer.building.build import build, compact
from indexer.store import checksums
from indexer.store.access import LOCAL, Declared, Tombstone, may_learn
from indexer.store.checksums import Damaged
from indexer.store.generation import Generation, pack_folder, published
from indexer.upkeep.backup import backup, restore
from indexer.upkeep.declaring import declare
from indexer.upkeep.repair import repair
from search.library import Library

OPEN, HERE, ROOM, STAFF = Access.OPEN, Access.THIS_MACHINE, Access.IN_LIBRARY, Access.STAFF


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock on which each look at it is a second later."""
    ticks = itertools.count(1)
    for module in ("building.build", "upkeep.repair", "upkeep.backup"):
        monkeypatch.setattr(f"indexer.{module}.utc_seconds", lambda: next(ticks))


@pytest.fixture
def index(tmp_path: Path) -> Path:
    return tmp_path / "index"


def write(folder: Path, name: str, text: str = "混同江") -> Path:
    path = folder / f"{name}.md"
    path.write_text(f"---\nid: {name}\ntitle: {name}\n---\n{name}：{text}。\n", "utf-8")
    return path


def state(index: Path) -> Generation:
    generation = published(index)
    assert generation
    return generation


def test_a_work_changes_when_it_is_added_or_replaced_and_not_when_it_is_skipped(tmp_path: Path, index: Path) -> None:
    river, town = write(tmp_path, "river"), write(tmp_path, "town")
    build([river, town], index)
    assert state(index).changed == {"river": 1, "town": 1}
    build([river, write(tmp_path, "town", "會寧府")], index)
    assert state(index).changed == {"river": 1, "town": 2}
    build([river, write(tmp_path, "hill")], index)
    assert state(index).changed == {"river": 1, "town": 2, "hill": 3}
    build([river], index)
    declare(index, LOCAL, STAFF)
    compact(index)
    assert state(index).changed == {"river": 1, "town": 2, "hill": 3}


def test_the_time_is_that_of_the_clock_in_utc(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, index: Path) -> None:
    monkeypatch.undo()
    monkeypatch.setattr("time.time", lambda: 1_764_368_000.9)
    build([write(tmp_path, "river")], index)
    assert state(index).changed == {"river": 1_764_368_000}


def test_a_removed_work_leaves_a_tombstone_until_it_comes_back(tmp_path: Path, index: Path) -> None:
    river, town = write(tmp_path, "river"), write(tmp_path, "town")
    build([river, town], index, access=OPEN)
    assert state(index).tombstones == {}
    build([], index, remove=["town"])
    assert state(index).tombstones == {"town": Tombstone(LOCAL, 2, OPEN)}
    assert state(index).changed == {"river": 1}
    compact(index)
    build([write(tmp_path, "hill")], index)
    assert state(index).tombstones == {"town": Tombstone(LOCAL, 2, OPEN)}
    build([town], index)
    assert state(index).tombstones == {}
    assert state(index).changed["town"] == state(index).changed["hill"] + 1


def test_a_backup_brings_times_and_tombstones_along_and_what_it_lacks_gets_one(tmp_path: Path, index: Path) -> None:
    build([write(tmp_path, "river"), write(tmp_path, "town")], index, access=OPEN)
    build([], index, remove=["town"])
    backup(index, tmp_path / "saved.tar")
    restore(tmp_path / "saved.tar", tmp_path / "new")
    assert state(tmp_path / "new").changed == state(index).changed == {"river": 1}
    assert state(tmp_path / "new").tombstones == state(index).tombstones == {"town": Tombstone(LOCAL, 2, OPEN)}
    build([write(tmp_path, "hill"), tmp_path / "town.md"], index, access=OPEN)
    restore(tmp_path / "saved.tar", index, over=True)
    stones = state(index).tombstones
    assert {work: (stone.collection, stone.access) for work, stone in stones.items()} == {
        "hill": (LOCAL, OPEN),
        "town": (LOCAL, OPEN),
    }
    assert stones["hill"].removed == stones["town"].removed > 3


def test_a_generation_to_go_back_to_leaves_tombstones_of_what_came_after_it(tmp_path: Path, index: Path) -> None:
    build([write(tmp_path, "river")], index, access=OPEN)
    build([write(tmp_path, "town")], index, access=STAFF)
    repair(index, go_back=True)
    assert state(index).changed == {"river": 1}
    assert {work: stone.access for work, stone in state(index).tombstones.items()} == {"town": STAFF}


def test_works_of_a_lost_pack_leave_tombstones_for_staff_alone(tmp_path: Path, index: Path) -> None:
    build([write(tmp_path, "river")], index, access=OPEN)
    build([write(tmp_path, "town")], index, access=OPEN)
    lost = next(entry for entry in state(index).packs if "town" in entry.works)
    (pack_folder(index, lost.name) / "text.npy").write_bytes(b"")
    assert repair(index).lost == ("town",)
    assert state(index).tombstones["town"].access is STAFF
    build([tmp_path / "town.md"], index, access=OPEN)
    assert state(index).tombstones == {}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("changed", {"river": "1"}),
        ("changed", {"river": float("inf")}),
        ("changed", []),
        ("tombstones", {"town": {"collection": "local", "removed": 1e400, "access": "open"}}),
        ("tombstones", {"town": {"collection": "local", "removed": 1, "access": "nobody"}}),
        ("tombstones", {"town": {"collection": "local", "access": "open"}}),
        ("tombstones", {"town": 1}),
    ],
)
def test_a_manifest_with_other_times_or_tombstones_is_refused(
    tmp_path: Path, index: Path, name: str, value: object
) -> None:
    build([write(tmp_path, "river")], index, access=OPEN)
    file = index / "manifest.json"
    data = checksums.unchecked(json.loads(file.read_text("utf-8")))
    file.write_text(json.dumps(checksums.checked({**data, name: value})), "utf-8")
    with pytest.raises(Damaged, match=r"manifest\.json: unreadable"):
        published(index)


@pytest.mark.parametrize(
    ("then", "declared", "manifest", "wanted"),
    [
        (OPEN, None, None, OPEN),
        (OPEN, None, STAFF, STAFF),
        (OPEN, STAFF, None, STAFF),
        (OPEN, ROOM, OPEN, ROOM),
        (STAFF, OPEN, OPEN, STAFF),
        (HERE, OPEN, ROOM, STAFF),
        (ROOM, OPEN, None, ROOM),
    ],
)
def test_who_could_not_read_a_work_learns_nothing_from_its_tombstone(
    then: Access, declared: Access | None, manifest: Access | None, wanted: Access
) -> None:
    said = Declared({"c": declared}) if declared else Declared()
    assert may_learn("w", Tombstone("c", 1, then), said, manifest) is wanted


def test_a_closed_work_is_closed_in_its_tombstone_and_a_view_has_none(tmp_path: Path, index: Path) -> None:
    build([write(tmp_path, "river")], index, access=OPEN)
    build([write(tmp_path, "town"), write(tmp_path, "hill")], index, collection="secret", access=STAFF)
    build([], index, remove=["town"])
    build([write(tmp_path, "lake")], index)  # nobody said who may read it
    build([], index, remove=["lake"])
    stones = state(index).tombstones
    assert (stones["town"].collection, stones["town"].access, stones["lake"].access) == ("secret", STAFF, STAFF)
    library = Library.open(index)
    view = library.without(frozenset({"hill"}))
    assert view.store._snapshot.generation.tombstones == {}
    assert set(view.store._snapshot.generation.changed) == {"river"}


def test_a_work_that_is_opened_later_does_not_open_its_old_tombstone(tmp_path: Path, index: Path) -> None:
    build([write(tmp_path, "river"), write(tmp_path, "town")], index, collection="secret", access=STAFF)
    build([], index, remove=["town"])
    declare(index, "secret", OPEN)
    now = state(index)
    assert may_learn("town", now.tombstones["town"], now.access, load().access_of("secret")) is STAFF


def test_a_damaged_index_can_be_restored_over_and_what_it_had_is_remembered(tmp_path: Path, index: Path) -> None:
    build([write(tmp_path, "river")], index, access=OPEN)
    backup(index, tmp_path / "saved.tar")
    build([write(tmp_path, "town")], index, access=OPEN)
    shutil.rmtree(index / "packs")
    restore(tmp_path / "saved.tar", index, over=True)
    assert state(index).live_works().keys() == {"river"}
    assert state(index).tombstones["town"].access is STAFF
