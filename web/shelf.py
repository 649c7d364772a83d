"""The library that the server answers from: always the published generation, reopened when a build publishes anew.

Every route gets it from :func:`library`, which shows only what whoever is asking may see.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import cast

from flask import current_app

from search.library import Library
from web import access


class Shelf:
    """Holds the open library. Requests that began with the one before keep it until they are done."""

    def __init__(self, index: Path) -> None:
        self._manifest = index / "manifest.json"
        self._index = index
        self._lock = threading.Lock()
        self._library = Library.open(index)
        self._seen = self._stamp()

    def library(self) -> Library:
        """The library of the published generation.

        Raises:
            IndexFailure: the index can't be read.
        """
        if self._stamp() != self._seen and self._lock.acquire(blocking=False):
            try:
                stamp = self._stamp()
                if stamp is not None:
                    self._library = Library.open(self._index)
                self._seen = stamp
            finally:
                self._lock.release()
        return self._library

    def _stamp(self) -> tuple[int, int] | None:
        try:
            state = self._manifest.stat()
        except OSError:
            return None
        return state.st_mtime_ns, state.st_ino


def library() -> Library:
    """The library as whoever is asking may see it."""
    whole = shelf().library()
    return whole.without(access.closed(whole.collections))


def shelf() -> Shelf:
    """The shelf of the application that answers now; what it holds is for staff's eyes."""
    return cast(Shelf, current_app.extensions["shelf"])
