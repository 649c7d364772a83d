"""The library that the server answers from: always the published generation, reopened when a build publishes anew.

Every route gets it from :func:`library`, which shows only what whoever is asking may see.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import IO, cast

from flask import current_app

from corpora.manifests import Catalogue
from indexer.store.generation import MANIFEST
from search.library import Library
from web import access


class Shelf:
    """Holds the open library. Requests that began with the one before keep it until they are done.

    Whether another was published is told by the manifest's file, which is another one then, and not by clocks, which
    may be set back. The file seen last is kept open, lest its number be given to the next.
    """

    def __init__(self, index: Path) -> None:
        self._manifest = index / MANIFEST
        self._index = index
        self._lock = threading.Lock()
        self._seen, self._held = self._stamp(), self._hold()
        self._library = Library.open(index)

    def library(self) -> Library:
        """The library of the published generation.

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


def library() -> Library:
    """The library as whoever is asking may see it."""
    return access.visible(shelf().library())


def catalogue() -> Catalogue:
    """What the manifests of collections say now; of those that whoever is asking may not see, too."""
    return access.doors().catalogue(shelf().library())


def shelf() -> Shelf:
    """The shelf of the application that answers now; what it holds is for staff's eyes."""
    return cast(Shelf, current_app.extensions["shelf"])
