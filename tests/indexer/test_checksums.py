"""Checksums are listed as other programs read them, and tell of every accident."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from inside import engine_folder

from corpora.model import Access
from indexer.building.build import build
from indexer.store import checksums
from indexer.store.checksums import LIST, LOCKS, Damaged
from indexer.store.generation import pack_folders, published


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sums")
    for number in range(2):  # the second generation shares files of the first
        (folder / f"{number}.md").write_text(f"混同江第{number}", "utf-8")
        build([folder / f"{number}.md"], folder / "index", access=Access.OPEN)
    return folder / "index"


def check(folder: Path) -> subprocess.CompletedProcess[str]:
    """Have coreutils check a folder of an index."""
    return subprocess.run(
        ["sha256sum", "--check", "--strict", LIST], cwd=folder, capture_output=True, text=True, check=False
    )


def test_sha256sum_checks_every_file_of_every_folder(index: Path) -> None:
    generation = published(index)
    assert generation
    for folder in (*pack_folders(index, generation), engine_folder(index, generation.number)):
        done = check(folder)
        assert (done.returncode, done.stderr) == (0, "")
        named = {line.removesuffix(": OK") for line in done.stdout.splitlines()}
        assert named == {path.name for path in folder.iterdir() if not path.name.endswith(LOCKS)} - {LIST}
        assert named == checksums.recorded(folder).keys()


def test_sha256sum_finds_a_changed_byte_and_a_missing_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12")
    (tmp_path / "b").write_bytes(b"34")
    checksums.seal(tmp_path)
    assert check(tmp_path).returncode == 0
    (tmp_path / "a").write_bytes(b"13")
    (tmp_path / "b").unlink()
    done = check(tmp_path)
    assert done.returncode == 1
    assert "a: FAILED" in done.stdout
    assert "b: FAILED open or read" in done.stdout


def test_what_was_sealed_is_what_is_recorded(tmp_path: Path) -> None:
    (tmp_path / "江 山.npy").write_bytes(b"12")
    (tmp_path / "empty").write_bytes(b"")
    checksums.seal(tmp_path)
    found = checksums.recorded(tmp_path)
    assert {name: record.bytes for name, record in found.items()} == {"江 山.npy": 2, "empty": 0}
    assert checksums.is_whole(tmp_path)


def test_every_change_of_the_list_is_found(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_bytes(name.encode())
    checksums.seal(tmp_path)
    whole = (tmp_path / LIST).read_bytes()
    for at in range(len(whole)):
        for changed in (
            whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :],
            whole[:at],
            whole[:at] + whole[at + 1 :],
        ):
            (tmp_path / LIST).write_bytes(changed)
            with pytest.raises(Damaged, match=LIST):
                checksums.recorded(tmp_path)
    for more in (b"\n", b"# more\n", whole):
        (tmp_path / LIST).write_bytes(whole + more)
        with pytest.raises(Damaged, match=LIST):
            checksums.recorded(tmp_path)


@pytest.mark.parametrize("name", ["a\nb", "a\\b"])
def test_a_name_that_the_list_cannot_hold_is_never_sealed(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"1")
    with pytest.raises(ValueError, match="name"):
        checksums.seal(tmp_path)
