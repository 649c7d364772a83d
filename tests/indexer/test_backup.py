"""A backup is whole or there is none; what is restored is a backup or nothing."""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import stat
import tarfile
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from inside import engine_folder
from whoosh.fields import Schema
from whoosh.filedb.filestore import FileStorage
from whoosh.index import TOC

from indexer.building.build import build
from indexer.errors import IndexFailure
from indexer.store import checksums
from indexer.store.checksums import LIST
from indexer.store.generation import MANIFEST, published
from indexer.upkeep.backup import backup, restore
from indexer.upkeep.repair import repair, verify
from search.library import Library
from search.model import Mode, SearchRequest

Member = tuple[tarfile.TarInfo, bytes]
Change = Callable[[list[Member]], None]


def texts_of(index: Path) -> list[str]:
    return [hit.text.strip() for hit in Library.open(index).search(SearchRequest(q="江", mode=Mode.EXACT)).hits]


def member(name: str, data: bytes = b"", kind: bytes = tarfile.REGTYPE, link: str = "") -> Member:
    info = tarfile.TarInfo(name)
    info.size, info.type, info.linkname = len(data), kind, link
    return info, data


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("backup")
    (folder / "江.txt").write_text("松花江出長白山", "utf-8")
    build([folder / "江.txt"], folder / "index")
    return folder / "index"


@pytest.fixture(scope="module")
def saved(index: Path) -> Path:
    backup(index, index.parent / "saved.tar")
    return index.parent / "saved.tar"


def forged(saved: Path, folder: Path, change: Change) -> Path:
    """The backup with its members changed."""
    with tarfile.open(saved) as archive:
        members = [(info, archive.extractfile(info).read()) for info in archive]  # type: ignore[union-attr]  # all are files
    change(members)
    with tarfile.open(folder / "forged.tar", "w") as archive:
        for info, data in members:
            archive.addfile(info, io.BytesIO(data))
    return folder / "forged.tar"


def assert_refused(file: Path, folder: Path, match: str) -> None:
    """Nothing is restored, and nothing is written but where an index was to be."""
    before = set(folder.rglob("*"))
    with pytest.raises(IndexFailure, match=match):
        restore(file, folder / "index")
    left = {path.relative_to(folder / "index").as_posix() for path in set(folder.rglob("*")) - before}
    assert left <= {".", "lock", "packs"}
    assert published(folder / "index") is None


def test_what_was_saved_comes_back(index: Path, saved: Path, tmp_path: Path) -> None:
    moved = restore(saved, tmp_path / "index")
    assert (moved.generation, moved.works) == (1, 1)
    assert texts_of(tmp_path / "index") == texts_of(index)
    assert verify(tmp_path / "index").damages == ()
    assert build([index.parent / "江.txt"], tmp_path / "index").unchanged == 1


def test_nothing_is_replaced_unasked_and_it_can_be_taken_back(saved: Path, tmp_path: Path) -> None:
    (tmp_path / "山.txt").write_text("江在山下", "utf-8")
    build([tmp_path / "山.txt"], tmp_path / "index")
    with pytest.raises(IndexFailure, match="1 works are there, in generation 1; say --replace"):
        restore(saved, tmp_path / "index")
    assert texts_of(tmp_path / "index") == ["江在山下"]
    assert restore(saved, tmp_path / "index", over=True).generation == 2
    assert texts_of(tmp_path / "index") == ["松花江出長白山"]
    repair(tmp_path / "index", go_back=True)
    assert texts_of(tmp_path / "index") == ["江在山下"]
    assert verify(tmp_path / "index").damages == ()


def test_a_file_that_is_there_is_not_written_over(index: Path, saved: Path) -> None:
    before = saved.read_bytes()
    with pytest.raises(IndexFailure, match="is there already"):
        backup(index, saved)
    assert saved.read_bytes() == before


def test_a_damaged_index_gives_no_backup(index: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(index, tmp_path / "index"))
    for harm in (lambda path: os.truncate(path, 8), lambda path: path.write_bytes(bytes(path.stat().st_size))):
        harm(next(copy.rglob("text.npy")))
        with pytest.raises(IndexFailure, match=r"text\.npy.*wenyuan repair"):
            backup(copy, tmp_path / "saved.tar")
        assert list(tmp_path.glob("*.tar*")) == []
        assert list(tmp_path.glob(".*")) == []


def test_a_backup_is_whole_whatever_is_built_meanwhile(tmp_path: Path) -> None:
    def write(number: int) -> None:
        (tmp_path / "江.txt").write_text(f"松花江第{number}版", "utf-8")
        build([tmp_path / "江.txt"], tmp_path / "index")

    write(0)
    swaps = threading.Thread(target=lambda: [write(number) for number in range(1, 8)])
    swaps.start()
    number = 0
    while swaps.is_alive() or not number:
        backup(tmp_path / "index", tmp_path / f"{number}.tar")
        number += 1
    swaps.join()
    for each in range(0, number, number // 10 + 1):  # a fast disk has time for many
        restore(tmp_path / f"{each}.tar", tmp_path / f"index-{each}")
        (text,) = texts_of(tmp_path / f"index-{each}")
        assert text.startswith("松花江第")
        assert verify(tmp_path / f"index-{each}").damages == ()


ESCAPES = ["../out", "/tmp/out", "packs/../../out", "packs/x/../../../out", "engines/000001/../../../out", "lock"]


@pytest.mark.parametrize("name", ESCAPES)
def test_nothing_leaves_its_folder(saved: Path, tmp_path: Path, name: str) -> None:
    file = forged(saved, tmp_path, lambda members: members.append(member(name, b"x")))
    assert_refused(file, tmp_path, "no backup holds")


def test_a_manifest_that_names_a_folder_elsewhere_is_refused(saved: Path, tmp_path: Path) -> None:
    def change(members: list[Member]) -> None:
        data = checksums.unchecked(json.loads(members[0][1]))
        data["packs"][0]["name"] = "../../out"
        members[0] = member(MANIFEST, json.dumps(checksums.checked(data)).encode())

    assert_refused(forged(saved, tmp_path, change), tmp_path, "names a folder")


KINDS = [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE, tarfile.DIRTYPE]


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_but_files_is_taken(saved: Path, tmp_path: Path, kind: bytes) -> None:
    def change(members: list[Member]) -> None:
        name = next(info.name for info, _ in members if info.name.endswith("text.npy"))
        members[:] = [each for each in members if each[0].name != name]
        members.append(member(name, kind=kind, link="/etc/passwd"))

    assert_refused(forged(saved, tmp_path, change), tmp_path, "not a plain file")


def changed(name: str, data: Callable[[bytes], bytes]) -> Change:
    def change(members: list[Member]) -> None:
        members[:] = [member(i.name, data(d)) if i.name.endswith(name) else (i, d) for i, d in members]

    return change


CHANGES: dict[str, tuple[Change, str]] = {
    "longer": (changed("text.npy", lambda data: data + b"x"), "bytes instead of"),
    "shorter": (changed("text.npy", lambda data: data[:-1]), "bytes instead of"),
    "other bytes": (changed("text.npy", lambda data: data[:-1] + b"\xff"), "its bytes have changed"),
    "another list": (changed(LIST, lambda data: data.replace(b"text.npy", b"next.npy")), "damaged"),
    "another manifest": (changed(MANIFEST, lambda data: data.replace(b"tantivy", b"whoosh")), "manifest can't be used"),
    "no json": (changed(MANIFEST, lambda data: b"[]"), "manifest can't be used"),
    "twice": (lambda members: members.append(members[-1]), "or not there"),
    "missing": (lambda members: members.pop(), "is missing"),
    "no list": (lambda members: [members.remove(each) for each in members[1:] if each[0].name.endswith(LIST)], "hold"),
    "nothing": (lambda members: members.clear(), "no backup of an index"),
    "another first": (lambda members: members.reverse(), "no backup of an index"),
}


@pytest.mark.parametrize(("change", "said"), CHANGES.values(), ids=CHANGES)
def test_what_is_no_whole_backup_is_refused(saved: Path, tmp_path: Path, change: Change, said: str) -> None:
    assert_refused(forged(saved, tmp_path, change), tmp_path, said)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5])
def test_a_truncated_backup_is_refused(saved: Path, tmp_path: Path, share: float) -> None:
    (tmp_path / "half.tar").write_bytes(saved.read_bytes()[: int(saved.stat().st_size * share)])
    assert_refused(tmp_path / "half.tar", tmp_path, "nothing was restored")


def test_nothing_is_unpacked_that_could_swell(saved: Path, tmp_path: Path) -> None:
    """A compressed file of a kilobyte may hold gigabytes; a backup is never compressed."""
    (tmp_path / "bomb.tar").write_bytes(gzip.compress(saved.read_bytes()))
    assert_refused(tmp_path / "bomb.tar", tmp_path, "nothing was restored")


def test_holes_are_refused(saved: Path, tmp_path: Path) -> None:
    def change(members: list[Member]) -> None:
        name = next(info.name for info, _ in members if info.name.endswith("text.npy"))
        hole = tarfile.TarInfo(name)
        hole.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": str(1 << 40)}
        hole.size = 512
        members[:] = [each for each in members if each[0].name != name]
        members.append((hole, b"1\n0\n1\n".ljust(512, b"\0")))

    assert_refused(forged(saved, tmp_path, change), tmp_path, "not a plain file|bytes instead of|nothing was restored")


def test_there_must_be_room(saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10, 10, 0))  # type: ignore[attr-defined]  # as the function answers
    assert_refused(saved, tmp_path, "no room is left")


def test_a_backup_of_whoosh_runs_nothing(index: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its table of contents is a pickle: it is never opened, and the inverted index is made again from the texts."""
    build([index.parent / "江.txt"], tmp_path / "whoosh", engine="whoosh")
    engine = engine_folder(tmp_path / "whoosh", 1)
    storage = FileStorage(str(engine))
    contents = TOC.read(storage, "passages")
    next(engine.glob("*.toc")).unlink()
    with monkeypatch.context() as patch:
        patch.setattr(Schema, "__reduce__", lambda schema: (os.mkdir, (str(tmp_path / "made"),)), raising=False)
        contents.write(storage, "passages")
    checksums.seal(engine)
    backup(tmp_path / "whoosh", tmp_path / "saved.tar")

    assert restore(tmp_path / "saved.tar", tmp_path / "index").works == 1
    assert texts_of(tmp_path / "index") == texts_of(index)
    ranked = Library.open(tmp_path / "index").search(SearchRequest(q="松花江", mode=Mode.HYBRID))
    assert [hit.text.strip() for hit in ranked.hits] == texts_of(index)
    assert verify(tmp_path / "index").damages == ()
    assert not (tmp_path / "made").exists()
    with suppress(Exception):  # what was forged is no index, but it runs where it is opened
        Library.open(tmp_path / "whoosh")
    assert (tmp_path / "made").exists()


def test_a_backup_is_its_owners_alone(saved: Path) -> None:
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
