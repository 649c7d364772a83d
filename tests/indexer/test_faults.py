"""Damaged files, full and read-only disks, wrong clocks, two builders: each is said, and nothing else is lost."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from faults import Disk, disk
from inside import engine_folder
from paging import pages

from indexer.building.build import build, compact
from indexer.engines import ENGINES
from indexer.errors import IndexFailure
from indexer.store.checksums import LIST
from indexer.store.generation import MANIFEST, PREVIOUS, published
from indexer.store.lock import builder_lock
from indexer.upkeep.repair import repair, verify
from search.library import Library
from search.model import Mode, SearchError, SearchRequest
from search.shelf import Shelf

__all__ = ["disk"]  # a fixture

TEXTS = {
    "river": "混同江源出長白山，北流入海。",
    "town": "城在混同江之南，民居百家。",
    "hill": "山多松柏，混同江之源也。",
}


def write(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.md"
    path.write_text(f"---\nid: {name}\ntitle: {name}\nlanguage: lzh\n---\n\n{text}\n", "utf-8")
    return path


def occurrences(index: Path, q: str = "混同江") -> int | None:
    return Library.open(index).search(SearchRequest(q=q, mode=Mode.EXACT)).total.occurrences


def truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def flip(path: Path) -> None:
    """Change one bit in the middle."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.fixture(scope="module", params=ENGINES)
def whole(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An index of three packs and two generations."""
    folder = tmp_path_factory.mktemp("whole")
    for name, text in TEXTS.items():
        build([write(folder / "texts", name, text)], folder / "index", engine=request.param)
    return folder / "index"


@pytest.fixture
def index(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "index"))


def parts(index: Path) -> list[Path]:
    """Every file that the published generation consists of."""
    state = published(index)
    assert state
    packs = {pack.name for pack in state.packs}
    return [
        path.relative_to(index)
        for path in sorted(index.rglob("*"))
        if path.is_file()
        and path.name not in ("lock", PREVIOUS)
        and not path.name.endswith((".lock", "_WRITELOCK"))
        and (path.parent == index or path.parent.name in packs or path.parent == engine_folder(index, state.number))
    ]


def test_a_whole_index_is_whole(index: Path) -> None:
    verdict = verify(index)
    assert verdict.damages == ()
    assert verdict.files > 30
    assert repair(index).damages == ()


def test_every_damaged_file_is_named(index: Path) -> None:
    every = parts(index)
    assert {"manifest.json", "text.npy", "vectors.faiss", "contents.json", LIST} <= {path.name for path in every}
    for part in every:
        path = index / part
        content = path.read_bytes()
        for harm in (truncate, flip, Path.unlink):
            if not content and harm is not Path.unlink:
                continue  # an empty file can't lose anything
            harm(path)
            assert str(path) in [str(damage.path) for damage in verify(index).damages], (harm, part)
            if harm is not flip or part.name in (MANIFEST, LIST):
                with pytest.raises(IndexFailure, match=r"wenyuan repair|no index there"):
                    Library.open(index)
            path.unlink(missing_ok=True)
            path.write_bytes(content)
    assert verify(index).damages == ()


def test_opening_what_is_damaged_offers_the_generation_before(index: Path) -> None:
    truncate(next(engine_folder(index, 3).glob("[0-9a-zA-Z_]*")))
    with pytest.raises(IndexFailure, match=r"damaged .* goes back to generation 2 with --previous"):
        Library.open(index)
    with pytest.raises(IndexFailure, match="wenyuan repair"):
        build([], index, remove=["town"])
    assert repair(index, go_back=True).generation == 4
    assert occurrences(index) == 2
    assert verify(index).damages == ()


def test_the_inverted_index_is_made_again_from_the_packs(index: Path) -> None:
    for path in engine_folder(index, 3).iterdir():
        path.write_bytes(b"")
    done = repair(index)
    assert (done.engine, done.lost) == (True, ())
    assert occurrences(index) == 3
    assert verify(index).damages == ()


def test_works_of_a_lost_pack_are_named_and_can_be_indexed_again(index: Path, tmp_path: Path) -> None:
    state = published(index)
    assert state
    pack = next(pack for pack in state.packs if pack.works == ("town",))
    flip(index / "packs" / pack.name / "text.npy")
    assert repair(index).lost == ("town",)
    assert verify(index).damages == ()
    assert occurrences(index) == 2
    assert occurrences(index, "民居") == 0
    build([write(tmp_path / "again", name, text) for name, text in TEXTS.items()], index)
    assert occurrences(index) == 3


def test_without_a_manifest_the_generation_before_is_taken(index: Path) -> None:
    flip(index / MANIFEST)
    done = repair(index)
    assert done.back
    assert occurrences(index) == 2
    assert verify(index).damages == ()


def test_a_damaged_generation_to_go_back_to_is_let_go(index: Path) -> None:
    truncate(index / PREVIOUS)
    assert [damage.path.name for damage in verify(index).damages] == [PREVIOUS]
    repair(index)
    assert verify(index).damages == ()
    assert occurrences(index) == 3


def test_what_can_not_be_mended_is_left_as_it_is(index: Path) -> None:
    for text in (index / "packs").rglob("text.npy"):
        flip(text)
    before = (index / MANIFEST).read_bytes()
    for go_back in (False, True):
        with pytest.raises(IndexFailure, match="wenyuan restore"):
            repair(index, go_back=go_back)
    assert (index / MANIFEST).read_bytes() == before


def test_a_damaged_leftover_is_not_taken_for_done(tmp_path: Path) -> None:
    texts = write(tmp_path / "texts", "river", TEXTS["river"])
    build([texts], tmp_path / "index")
    (tmp_path / "index" / MANIFEST).unlink()
    flip(next((tmp_path / "index" / "packs").rglob("text.npy")))
    build([texts], tmp_path / "index")
    assert verify(tmp_path / "index").damages == ()


# Disks


def assert_full_disk_is_said(index: Path, texts: list[Path], room: Callable[[bool], None]) -> None:
    """A build that has no room says so and leaves what was published; with room it completes."""
    before = occurrences(index)
    room(False)
    with pytest.raises(IndexFailure, match="no room is left"):
        build(texts, index)
    assert occurrences(index) == before
    assert verify(index).damages == ()
    room(True)
    build(texts, index)
    assert occurrences(index) == (before or 0) + len(texts)


@pytest.mark.parametrize("free", [0, 8, 40, 90], ids=lambda free: f"{free}k free")
def test_a_full_disk_is_said_and_costs_nothing(whole: Path, disk: tuple[Path, Disk], free: int, tmp_path: Path) -> None:
    place, mount = disk
    index = Path(shutil.copytree(whole, place / "index"))
    texts = [write(tmp_path, f"n{number}", f"{number}混同江" + "水山" * 3000) for number in range(3)]

    def room(is_there: bool) -> None:
        used = shutil.disk_usage(place).used // 1024
        mount("size=100m" if is_there else f"size={used + free}k")

    assert_full_disk_is_said(index, texts, room)


def test_files_that_may_not_grow_are_like_a_full_disk(index: Path, tmp_path: Path) -> None:
    texts = [write(tmp_path, f"n{number}", f"{number}混同江" + "水山" * 3000) for number in range(3)]
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def room(is_there: bool) -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft if is_there else 8192, hard))

    try:
        assert_full_disk_is_said(index, texts, room)
    finally:
        room(True)


def test_a_read_only_disk_is_served(whole: Path, disk: tuple[Path, Disk]) -> None:
    place, mount = disk
    index = Path(shutil.copytree(whole, place / "index"))
    mount("ro")
    library = Shelf(index).library()
    assert library.search(SearchRequest(q="混同江", mode=Mode.EXACT)).total.occurrences == 3
    assert library.search(SearchRequest(q="混同江在哪裏")).hits
    assert verify(index).damages == ()
    with pytest.raises(IndexFailure, match="can't write there"):
        build([], index, remove=["town"])
    with pytest.raises(IndexFailure, match="can't write there"):
        compact(index)


# Clocks and builders


def test_a_clock_that_is_set_back_hides_nothing(tmp_path: Path) -> None:
    index, moment = tmp_path / "index", 10**18
    path = write(tmp_path / "texts", "river", TEXTS["river"])
    os.utime(path, ns=(moment, moment))
    build([path], index)
    os.utime(index / MANIFEST, ns=(moment, moment))
    shelf = Shelf(index)
    for number, time in enumerate((moment, moment, moment - 10**17, moment), start=1):
        write(tmp_path / "texts", "river", TEXTS["river"].replace("長白", "甲乙丙丁"[number % 4] * 2))
        os.utime(path, ns=(time, time))
        assert build([path], index).replaced == 1
        os.utime(index / MANIFEST, ns=(time, time))
        assert shelf.library().generation == number + 1


def test_clocks_set_back_between_builds_confuse_neither_generations_nor_cursors(
    index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = SearchRequest(q="混同江", mode=Mode.EXACT, limit=1)
    expired = ""
    for number, moment in enumerate((2_000_000_000, 1_000_000_000, 1, 1_500_000_000)):
        monkeypatch.setattr("time.time", lambda moment=moment: float(moment))
        monkeypatch.setattr("time.time_ns", lambda moment=moment: moment * 10**9)
        before = published(index)
        assert before
        if number == 3:
            assert compact(index).rewritten == 3
        else:
            text = write(tmp_path / "texts", "river", f"混同江改第{number}本。")
            assert build([text], index).replaced == 1
        for path in index.rglob("*"):
            os.utime(path, (moment, moment))
        library = Library.open(index)
        assert library.generation == before.number + 1
        if expired:
            with pytest.raises(SearchError, match="cursor-expired"):
                library.search(replace(request, cursor=expired))
        turned = list(pages(library, request))
        assert sorted(hit.work.id for page in turned for hit in page.hits) == sorted(TEXTS)
        expired = turned[0].next
    assert verify(index).damages == ()


def test_of_two_builders_the_second_is_refused(tmp_path: Path) -> None:
    texts = write(tmp_path / "texts", "river", TEXTS["river"])
    code = "import sys; from web.commands.main import main; main(['index', sys.argv[1], '--index', sys.argv[2]])"
    command = [sys.executable, "-c", code, str(texts), str(tmp_path / "index")]
    with builder_lock(tmp_path / "index"):
        refused = subprocess.run(command, capture_output=True, text=True, check=False)
    assert refused.returncode == 2
    assert "another build is under way" in refused.stderr
    together = [subprocess.Popen(command, stderr=subprocess.DEVNULL) for _ in range(3)]
    ended = [each.wait() for each in together]
    assert set(ended) <= {0, 2}
    assert 0 in ended
    assert occurrences(tmp_path / "index") == 1
