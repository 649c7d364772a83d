"""Archives are unpacked within bounds, and into their folder alone."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
from contextlib import suppress
from pathlib import Path

import pytest
from fuzzing import harmed
from seeds import slice_of

from corpora.sources import archives
from corpora.sources.archives import ArchiveFailure, unpack


def packed(path: Path, files: dict[str, bytes], links: dict[str, str] | None = None) -> Path:
    with tarfile.open(path, "w:xz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        for name, target in (links or {}).items():
            member = tarfile.TarInfo(name)
            member.type, member.linkname = tarfile.SYMTYPE, target
            archive.addfile(member)
    return path


def test_files_come_out_as_they_went_in(tmp_path: Path) -> None:
    text = "会宁府".encode()
    archive = packed(
        tmp_path / "a.tar.xz", {"书/卷一/text.txt": text, "./书/卷二/text.txt": text, "书/.DS_Store": b"x"}
    )
    assert unpack(archive, tmp_path / "out") == 2
    assert sorted(file.read_bytes() for file in (tmp_path / "out").rglob("text.txt")) == [text, text]
    assert not list((tmp_path / "out").rglob(".DS_Store"))


@pytest.mark.parametrize("name", ["../out.txt", "a/../../out.txt", "/tmp/wenyuan-out.txt", "甲" * 500])
def test_no_name_leads_elsewhere(name: str, tmp_path: Path) -> None:
    with pytest.raises(ArchiveFailure):
        unpack(packed(tmp_path / "a.tar.xz", {name: b"x"}), tmp_path / "in" / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["a.tar.xz"]


def test_no_link_is_made(tmp_path: Path) -> None:
    with pytest.raises(ArchiveFailure, match="link"):
        unpack(packed(tmp_path / "a.tar.xz", {}, {"book": "/etc"}), tmp_path / "out")


def test_a_bomb_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_BYTES", 1 << 20)
    archive = packed(tmp_path / "a.tar.xz", {"a.txt": b"\0" * (1 << 21)})
    assert archive.stat().st_size < 10_000
    with pytest.raises(ArchiveFailure, match="more than"):
        unpack(archive, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_too_many_files_are_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_ENTRIES", 3)
    with pytest.raises(ArchiveFailure, match="more than"):
        unpack(packed(tmp_path / "a.tar.xz", {f"{n}.txt": b"x" for n in range(5)}), tmp_path / "out")


def test_the_same_name_twice_overwrites_nothing(tmp_path: Path) -> None:
    with pytest.raises(ArchiveFailure):
        unpack(packed(tmp_path / "a.tar.xz", {"a.txt": b"x", "./a.txt": b"y"}), tmp_path / "out")


def header(kind: bytes, size: int = 0, name: str = "a.txt", content: bytes = b"") -> bytes:
    """A member as it stands in an archive, with what its header says and what comes behind, true or not."""
    member = tarfile.TarInfo(name)
    member.type, member.size = kind, size
    return member.tobuf(tarfile.GNU_FORMAT) + content + b"\0" * (-len(content) % 512)


FILE = header(tarfile.REGTYPE, 1, content=b"x")
LIES = {
    "names of names": header(tarfile.GNUTYPE_LONGNAME, 2, content=b"b\0") * 3000 + FILE,
    "words on words": header(tarfile.XHDTYPE, 11, content=b"11 path=ab\n") * 3000 + FILE,
    "a name of gigabytes": header(tarfile.GNUTYPE_LONGNAME, 8 << 30, content=b"b" * 512),
    "words of gigabytes": header(tarfile.XHDTYPE, 8 << 30, content=b"11 path=ab\n"),
    "less than nothing": header(tarfile.XHDTYPE, 12, content=b"12 size=-99\n") + FILE,
    "more than there is": header(tarfile.REGTYPE, 4096, content=b"x"),
    "holes": header(tarfile.GNUTYPE_SPARSE, 1, content=b"x"),
    "a hard link": header(tarfile.LNKTYPE),
    "a device": header(tarfile.CHRTYPE),
    "a disk": header(tarfile.BLKTYPE),
    "a pipe": header(tarfile.FIFOTYPE),
    "a name with an end in it": header(tarfile.XHDTYPE, 13, content=b"13 path=a\0b\n\n") + FILE,
    "a way out behind words": header(tarfile.XHDTYPE, 16, content=b"16 path=../a.md\n") + FILE,
    "a file that is a folder": FILE + header(tarfile.REGTYPE, 1, "a.txt/b", b"x"),
}


@pytest.mark.parametrize("content", LIES.values(), ids=LIES)
def test_an_archive_that_lies_is_refused(content: bytes, tmp_path: Path) -> None:
    for name, whole in (("a.tar", content + b"\0" * 1024), ("a.tar.gz", gzip.compress(content + b"\0" * 1024))):
        (tmp_path / name).write_bytes(whole)
        with pytest.raises(ArchiveFailure, match=r"a\.tar"):
            unpack(tmp_path / name, tmp_path / "in" / f"{name}-out")
    assert {path.name for path in tmp_path.iterdir()} <= {"a.tar", "a.tar.gz", "in"}


@pytest.mark.parametrize("name", [".hidden/{}", "folder-{}/"])
def test_what_is_left_out_is_counted_too(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_ENTRIES", 3)
    members = [header(tarfile.DIRTYPE if name.endswith("/") else tarfile.REGTYPE, 0, name.format(n)) for n in range(5)]
    (tmp_path / "a.tar").write_bytes(b"".join(members))
    with pytest.raises(ArchiveFailure, match="more than"):
        unpack(tmp_path / "a.tar", tmp_path / "out")


def test_whatever_is_harmed_is_unpacked_or_refused(tmp_path: Path) -> None:
    archive = packed(tmp_path / "a.tar.xz", {"書/甲.txt": b"x" * 600, "b" * 120: b"y"}, {"l": "b"}).read_bytes()
    plain = lzma.decompress(archive)
    for number, chance in enumerate(slice_of(200)):
        content = harmed(chance.choice((archive, plain, gzip.compress(plain), bz2.compress(plain))), chance)
        (tmp_path / "harmed").write_bytes(content)
        with suppress(ArchiveFailure):
            unpack(tmp_path / "harmed", tmp_path / "out" / str(number))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.tar.xz", "harmed", "out"]


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"no archive", lzma.compress(b"no tar"), lzma.compress(b"x" * 2000)[:40]),
        *(gzip.compress(FILE)[:-20], b"\x1f\x8b\x08\x04" + b"\0" * 7, b"\x1f\x8b\x08\x1c\0"),
    ],
    ids=["nothing", "words", "no tar", "half of no tar", "cut off", "half a header", "a header without its name"],
)
def test_what_is_no_archive_is_said_to_be_none(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.tar.xz").write_bytes(content)
    with pytest.raises(ArchiveFailure, match=r"a\.tar\.xz"):
        unpack(tmp_path / "a.tar.xz", tmp_path / "out")
