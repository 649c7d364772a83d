"""A holder of the published generation of an index, which is reopened when a build publishes another."""

from __future__ import annotations

import threading
import time
from contextlib import suppress

from indexer.cluster.address import IndexAddress
from indexer.errors import Unavailable, Unreachable
from search.library import Library
from search.stores.base import Watch
from search.stores.opening import watch

REST = 1.0
"""Seconds for which an index that could not be reached is not asked again. Each attempt may take as long, and holds up
who needs no index; so most are told at once."""


class Shelf:
    """A holder of an open library. Its users keep the one that they began with until they are done. Thread-safe.

    An index that can't be reached yet is opened when it can be.
    """

    def __init__(self, index: IndexAddress) -> None:
        """Open the index, if it can be reached.

        Raises:
            IndexFailure: it can't be read.
        """
        self._index = index
        self._lock = threading.Lock()
        self._watch: Watch | None = None
        self._library: Library | None = None
        self._missed: tuple[float, str] | None = None
        with suppress(Unavailable):
            self.library()

    def library(self) -> Library:
        """Return the library of the published generation.

        Raises:
            IndexFailure: the index can't be read; :class:`indexer.errors.Unavailable` where it may be in a while.
        """
        if self._missed and time.monotonic() < self._missed[0]:
            raise Unreachable(self._missed[1])
        try:
            library = self._current()
        except Unreachable as failure:
            self._missed = time.monotonic() + REST, str(failure)
            raise
        self._missed = None
        return library

    def _current(self) -> Library:
        if (self._watch is None or self._watch.is_outdated()) and self._lock.acquire(blocking=False):
            try:
                self._reopen()
            finally:
                self._lock.release()
        if self._library is None:
            raise Unavailable(f"{self._index}: is being opened; ask again in a moment")
        return self._library

    def _reopen(self) -> None:
        seen = watch(self._index)
        if seen.found or self._library is None:
            self._library = Library.open(self._index)
        if self._watch is not None:
            self._watch.close()
        self._watch = seen
