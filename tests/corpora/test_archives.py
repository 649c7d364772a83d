"""Archives are unpacked within bounds, and into their folder alone."""

from __future__ import annotations

import io
import lzma
import tarfile
from pathlib import Path

import pytest

from corpora import archives
from corpora.archives import ArchiveFailure, unpack


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
    monkeypatch.setattr(archives, "MAX_FILES", 3)
    with pytest.raises(ArchiveFailure, match="more than"):
        unpack(packed(tmp_path / "a.tar.xz", {f"{n}.txt": b"x" for n in range(5)}), tmp_path / "out")


def test_the_same_name_twice_overwrites_nothing(tmp_path: Path) -> None:
    with pytest.raises(ArchiveFailure):
        unpack(packed(tmp_path / "a.tar.xz", {"a.txt": b"x", "./a.txt": b"y"}), tmp_path / "out")


@pytest.mark.parametrize("content", [b"", b"no archive", lzma.compress(b"no tar"), lzma.compress(b"x" * 2000)[:40]])
def test_what_is_no_archive_is_said_to_be_none(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.tar.xz").write_bytes(content)
    with pytest.raises(ArchiveFailure, match=r"a\.tar\.xz"):
        unpack(tmp_path / "a.tar.xz", tmp_path / "out")
