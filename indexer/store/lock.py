"""The lock of an index: one process builds it at a time, and readers never wait for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from indexer.errors import IndexFailure
from indexer.store import files

LOCK = "lock"
"""The file that is locked; it stays where it is, and a process that dies lets go of it."""


@contextmanager
def builder_lock(index: Path) -> Iterator[None]:
    """Hold the index for building.

    Raises:
        IndexFailure: another process builds it, or nothing can be written there.
    """
    lock = FileLock(index / LOCK, timeout=0, mode=0o600)
    try:
        files.make(index)
        lock.acquire()
    except Timeout:
        raise IndexFailure(f"{index}: another build is under way; wait until it ends") from None
    except OSError as failure:
        raise IndexFailure(f"{index}: can't write there ({failure.strerror}); name another folder") from failure
    try:
        yield
    finally:
        lock.release()
