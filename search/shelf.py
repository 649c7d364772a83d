"""A holder of the published generation of an index, which is reopened when a build publishes another."""

from __future__ import annotations

import threading
from pathlib import Path

from search.library import Library
from search.stores.opening import watch


class Shelf:
    """A holder of an open library. Its users keep the one that they began with until they are done. Thread-safe."""

    def __init__(self, index: Path) -> None:
        self._index = index
        self._lock = threading.Lock()
        self._watch = watch(index)
        self._library = Library.open(index)

    def library(self) -> Library:
        """Return the library of the published generation.

        Raises:
            IndexFailure: the index can't be read.
        """
        if self._watch.is_outdated() and self._lock.acquire(blocking=False):
            try:
                seen = watch(self._index)
                if seen.found:
                    self._library = Library.open(self._index)
                self._watch.close()
                self._watch = seen
            finally:
                self._lock.release()
        return self._library
