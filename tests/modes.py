"""Which files and folders other accounts can read."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def umask(value: int) -> Iterator[None]:
    """Let new files have all rights but these."""
    before = os.umask(value)
    try:
        yield
    finally:
        os.umask(before)


def open_to_others(folder: Path, rights: int = stat.S_IRWXG | stat.S_IRWXO) -> dict[str, str]:
    """Return the mode of the folder, and of whatever lies in it, where it has any of the rights.

    Empty files, such as locks, tell nothing.
    """
    found = {}
    for path in (folder, *folder.rglob("*")):
        held = path.lstat()
        told = stat.S_ISDIR(held.st_mode) or held.st_size
        if told and held.st_mode & rights:
            found[path.relative_to(folder.parent).as_posix()] = stat.filemode(held.st_mode)
    return found
