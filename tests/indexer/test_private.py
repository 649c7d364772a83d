"""Whatever the umask, nobody but the owner reads an index or a backup, unless the index's folder lets its group in."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from inside import engine_folder
from modes import open_to_others, umask

from indexer.building.build import build, compact
from indexer.store import files
from indexer.store.generation import published
from indexer.upkeep.backup import backup, restore
from indexer.upkeep.repair import repair


@pytest.fixture(params=[0o022, 0o000], ids=["umask 022", "umask 000"])
def lax(request: pytest.FixtureRequest) -> int:
    mask: int = request.param
    return mask


def live(folder: Path, index: Path, engine: str) -> None:
    """An index in all that can befall it: built, added to, reduced, compacted, repaired, saved, restored."""
    for name in "abc":
        (folder / f"{name}.md").write_text(
            f"---\nid: {name}\ntitle: {name}\nlanguage: lzh\n---\n\n混同江{name}\n", "utf-8"
        )
        build([folder / f"{name}.md"], index, engine=engine)
    build([], index, remove=["a"])
    compact(index)
    state = published(index)
    assert state
    max(engine_folder(index, state.number).iterdir(), key=lambda file: file.stat().st_size).unlink()
    repair(index)
    backup(index, folder / "saved.tar")
    restore(folder / "saved.tar", index, over=True)
    restore(folder / "saved.tar", folder / "restored" / "index")


@pytest.mark.parametrize("engine", ["tantivy", "whoosh"])
def test_an_index_and_its_backup_are_the_owners_alone(engine: str, lax: int, tmp_path: Path) -> None:
    with umask(lax):
        live(tmp_path, tmp_path / "kept" / "index", engine)
    made = (tmp_path / "kept", tmp_path / "restored", tmp_path / "saved.tar")
    assert [open_to_others(path) for path in made] == [{}, {}, {}]


@pytest.mark.parametrize("engine", ["tantivy", "whoosh"])
def test_a_group_that_may_enter_the_indexs_folder_may_read_it_and_nobody_else(
    engine: str, lax: int, tmp_path: Path
) -> None:
    index = tmp_path / "index"
    index.mkdir()
    index.chmod(0o755)
    with umask(lax):
        live(tmp_path, index, engine)
    inside = [path for path in index.rglob("*") if path.is_dir() or path.stat().st_size]
    assert {path.stat().st_mode & stat.S_IRGRP for path in inside} == {stat.S_IRGRP}
    assert open_to_others(index, stat.S_IRWXO | stat.S_IWGRP).keys() == {"index"}, "the operator chose its mode"


def test_a_file_left_over_with_other_rights_is_made_anew(tmp_path: Path) -> None:
    left = tmp_path / "draft"
    left.write_bytes(b"before")
    left.chmod(0o666)
    files.write(left, b"after")
    assert (left.read_bytes(), stat.S_IMODE(left.stat().st_mode)) == (b"after", 0o600)


def test_folders_that_exist_keep_their_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with umask(0):
        files.make(tmp_path / "a" / "b")
    assert [stat.S_IMODE(os.stat(tmp_path / each).st_mode) for each in (".", "a", "a/b")] == [0o755, 0o700, 0o700]
