"""What an index has keeps its id, and nothing is doubled or lost, however files come, move and change."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from corpora.model import Source
from indexer.building import settling
from indexer.building.build import BuildReport, build
from indexer.store.checksums import checked, unchecked
from indexer.store.generation import published
from search.library import Library
from search.model import Mode, SearchRequest


class Shelf:
    """A folder of texts and the index made of it."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "root"
        self.index = folder / "index"

    def write(self, name: str, text: str) -> None:
        (self.root / name).parent.mkdir(parents=True, exist_ok=True)
        (self.root / name).write_text(f"{text}\n", "utf-8")

    def build(self, *names: str) -> BuildReport:
        return build([self.root / name for name in names or ("",)], self.index)

    def forget_places(self) -> None:
        """Make the index one that does not know where its works stand."""
        path = self.index / "manifest.json"
        manifest = unchecked(json.loads(path.read_text("utf-8")))
        manifest["places"] = {}
        path.write_text(json.dumps(checked(manifest)), "utf-8")

    @property
    def works(self) -> set[str]:
        state = published(self.index)
        assert state
        return set(state.live_works())

    def work_with(self, phrase: str) -> str:
        """The only work in which a phrase stands."""
        found = Library.open(self.index).search(SearchRequest(q=f'"{phrase}"', mode=Mode.EXACT))
        assert found.total.occurrences == 1
        return found.hits[0].work.id


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


@pytest.mark.parametrize("old", [False, True])
def test_the_first_keeps_its_id_when_another_of_its_name_arrives(shelf: Shelf, old: bool) -> None:
    shelf.write("金/列傳.txt", "完顏氏世居按出虎水")
    shelf.build()
    assert shelf.works == {"列傳"}
    if old:
        shelf.forget_places()
    shelf.write("遼/列傳.txt", "耶律氏世居潢水之濱")
    report = shelf.build()
    assert (report.added, report.unchanged, report.problems) == (1, 1, ())
    assert shelf.works == {"列傳", "遼-列傳"}
    assert shelf.work_with("按出虎水") == "列傳"
    again = shelf.build()
    assert (again.added, again.unchanged) == (0, 2)


def test_it_keeps_its_id_though_it_has_changed_meanwhile(shelf: Shelf) -> None:
    shelf.write("遼/列傳.txt", "耶律氏世居潢水之濱")
    shelf.build()
    shelf.write("遼/列傳.txt", "耶律氏世居潢水之北")
    shelf.write("金/列傳.txt", "完顏氏世居按出虎水")  # it goes before the other in the order of names
    report = shelf.build()
    assert (report.added, report.replaced) == (1, 1)
    assert shelf.work_with("潢水之北") == "列傳"
    assert shelf.work_with("按出虎水") == "金-列傳"


def test_of_two_of_one_name_each_keeps_its_id_when_one_is_named_alone(shelf: Shelf) -> None:
    shelf.write("金/列傳.txt", "完顏氏世居按出虎水")
    shelf.write("遼/列傳.txt", "耶律氏世居潢水之濱")
    shelf.build()
    assert shelf.works == {"金-列傳", "遼-列傳"}
    assert shelf.build("金").unchanged == 1
    shelf.write("遼/列傳.txt", "耶律氏世居潢水之北")
    assert shelf.build("遼/列傳.txt").replaced == 1
    assert shelf.works == {"金-列傳", "遼-列傳"}


def test_folders_indexed_one_by_one_lose_nothing_to_each_other(shelf: Shelf) -> None:
    shelf.write("金/列傳.txt", "完顏氏世居按出虎水")
    shelf.write("遼/列傳.txt", "耶律氏世居潢水之濱")
    shelf.build("金")
    shelf.build("遼")
    assert shelf.work_with("按出虎水") == "列傳"
    assert shelf.work_with("潢水") == "遼-列傳"


def test_folders_named_together_lose_nothing_to_each_other(shelf: Shelf) -> None:
    shelf.write("金/列傳.txt", "完顏氏世居按出虎水")
    shelf.write("遼/列傳.txt", "耶律氏世居潢水之濱")
    report = shelf.build("金", "遼", "金/列傳.txt")
    assert (report.added, report.problems) == (2, ())
    assert shelf.works == {"金-列傳", "遼-列傳"}


@pytest.mark.parametrize("changed", [False, True])
def test_a_root_of_another_name_changes_no_id(shelf: Shelf, changed: bool) -> None:
    shelf.write("江.txt", "混同江源出長白山")
    shelf.write("金/列傳.txt", "完顏氏世居按出虎水")
    shelf.write("遼/列傳.txt", "耶律氏世居潢水之濱")
    shelf.build()
    ids = shelf.works
    shelf.root = shelf.root.rename(shelf.root.with_name("renamed"))
    if changed:
        shelf.write("江.txt", "混同江源出長白山，東流入海")
        shelf.write("遼/列傳.txt", "耶律氏世居潢水之北")
    report = shelf.build()
    assert (report.added, report.replaced) == (0, 2 * changed)
    assert shelf.works == ids == {"江", "金-列傳", "遼-列傳"}


def test_an_index_on_another_machine_gets_the_same_ids(shelf: Shelf, tmp_path: Path) -> None:
    for name in ("金/列傳.txt", "遼/列傳.txt", "江.txt", "宋/卷一.txt"):
        shelf.write(name, f"{name}之文")
    shelf.build()
    other = Shelf(tmp_path / "elsewhere")
    shutil.copytree(shelf.root, other.root)
    other.build()
    assert other.works == shelf.works


@pytest.mark.parametrize("old", [False, True])
def test_volumes_that_were_works_of_their_own_stay_what_they_were(
    shelf: Shelf, old: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.write("遼史/卷一.txt", "太祖諱億")
    shelf.write("遼史/卷二.txt", "會同元年")
    shelf.build("遼史/卷一.txt", "遼史/卷二.txt")  # as every index had them
    assert shelf.works == {"卷一", "卷二"}
    if old:
        shelf.forget_places()
    shelf.write("遼史/卷二.txt", "會同元年春正月")
    report = shelf.build()
    assert (report.added, report.replaced, report.unchanged) == (0, 1, 1)
    assert shelf.works == {"卷一", "卷二"}


def test_a_file_that_can_not_be_read_is_one_problem(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf.write("a.txt", "混同江")
    shelf.write("b.txt", "按出虎水")
    take = settling._Settling.take

    def refuse(self: settling._Settling, source: Source) -> None:
        if source.root.name == "a.txt":
            raise PermissionError(13, "Permission denied")
        take(self, source)

    monkeypatch.setattr(settling._Settling, "take", refuse)
    report = shelf.build()
    assert [problem.reason for problem in report.problems] == ["unreadable: Permission denied"]
    assert shelf.works == {"b"}


def test_a_removed_work_gives_its_place_back(shelf: Shelf) -> None:
    shelf.write("a.txt", "混同江")
    shelf.write("b.txt", "按出虎水")
    shelf.build()
    build([], shelf.index, remove=["a"])
    state = published(shelf.index)
    assert state
    assert set(state.places) == {"b"}
    assert replace(state, places={}).live_works() == state.live_works()
