"""A holder of the published generation of an index, which is reopened when a build publishes another."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import IO

from indexer.store.generation import MANIFEST
from search.library import Library


class Shelf:
    """Holds an open library. Those who began with the one before keep it until they are done. Safe to share by threads.

    That another was published shows in the manifest's file, which is another one then, and not in clocks, which may be
    set back. The file seen last is kept open, so that its inode number can't be reused.
    """

    def __init__(self, index: Path) -> None:
        self._manifest = index / MANIFEST
        self._index = index
        self._lock = threading.Lock()
        self._seen, self._held = self._stamp(), self._hold()
        self._library = Library.open(index)

    def library(self) -> Library:
        """Return the library of the published generation.

        Raises:
            IndexFailure: the index can't be read.
        """
        if self._stamp() != self._seen and self._lock.acquire(blocking=False):
            try:
                held, stamp = self._hold(), self._stamp()
                if stamp is not None:
                    self._library = Library.open(self._index)
                if self._held:
                    self._held.close()
                self._seen, self._held = stamp, held
            finally:
                self._lock.release()
        return self._library

    def _hold(self) -> IO[bytes] | None:
        try:
            return self._manifest.open("rb")
        except OSError:
            return None

    def _stamp(self) -> tuple[int, ...] | None:
        try:
            state = self._manifest.stat()
        except OSError:
            return None
        return state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns
