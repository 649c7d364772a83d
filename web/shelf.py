"""The library that the server answers from: always the published generation, reopened when a build publishes anew."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import cast

from flask import current_app

from search.library import Library


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
    """The library of the application that answers now."""
    return cast(Shelf, current_app.extensions["shelf"]).library()
