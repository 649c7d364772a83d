"""Files of the store: made durable, kept private, dropped whole.

No other account can read what is made here, whatever the umask: it may belong to a closed collection or be written by
staff. A folder is for its owner alone. Inside an index, whose folder the operator may have made, the group has the
rights to read that it has on that folder, and others have none.
"""

from __future__ import annotations

import os
import shutil
import stat
from contextlib import suppress
from itertools import takewhile
from pathlib import Path
from typing import BinaryIO

_GROUP_OF_FOLDER = stat.S_ISGID | stat.S_IRGRP | stat.S_IXGRP


def caches() -> Path:
    """Return the folder of this account for what can be brought or made again."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "wenyuan"


def make(folder: Path) -> None:
    """Create a folder, and the missing ones above it, for the owner alone; one that exists keeps its mode.

    Raises:
        OSError: a folder can't be made.
    """
    missing = takewhile(lambda above: not above.exists(), folder.parents)
    for each in (*reversed(list(missing)), folder):
        each.mkdir(mode=0o700, exist_ok=True)


def make_inside(folder: Path) -> None:
    """Create a folder whose group may read it as it may its parent; one that exists keeps its mode.

    Raises:
        OSError: it can't be made, or the one that is to hold it does not exist.
    """
    if not folder.is_dir():
        folder.mkdir(mode=0o700, exist_ok=True)  # another process may have made it meanwhile
        folder.chmod(0o700 | folder.parent.stat().st_mode & _GROUP_OF_FOLDER)


def create(file: Path) -> BinaryIO:
    """Open a new file for writing, readable by the owner alone, in place of one that is left over.

    Raises:
        OSError: it can't be made.
    """
    file.unlink(missing_ok=True)
    return open(file, "xb", opener=lambda name, flags: os.open(name, flags, 0o600))


def write(file: Path, data: bytes) -> None:
    """Write a new file, readable by the owner alone.

    Raises:
        OSError: it can't be written.
    """
    with create(file) as opened:
        opened.write(data)


def settle(file: Path) -> None:
    """Set a file's mode: its group may read it if it may read its folder; others never may.

    Raises:
        OSError: its mode can't be changed.
    """
    file.chmod(0o600 | file.parent.stat().st_mode & stat.S_IRGRP)


def sync(path: Path) -> None:
    """Flush a file or a folder to disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def drop(folder: Path) -> None:
    """Remove a folder. If it is interrupted, no half of the folder is left under its name for a build to reuse."""
    hidden = folder.with_name(f".{folder.name.lstrip('.')}")
    with suppress(OSError):  # what can't be removed now goes with a later generation
        os.replace(folder, hidden)
    shutil.rmtree(hidden, ignore_errors=True)
