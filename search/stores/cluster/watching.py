"""Watching a cluster for the publication of another generation."""

from __future__ import annotations

import threading
import time
from typing import NamedTuple

from indexer.cluster.address import ClusterAddress
from indexer.cluster.connection import Connection, Version
from indexer.cluster.mapping import STATE
from indexer.errors import Unavailable

REST = 1.0
"""Seconds between two looks."""


class _Seen(NamedTuple):
    """What is published, and the version of the document that says so."""

    version: Version
    manifest: str


class StateWatch:
    """What is published on a cluster, as seen once.

    It is looked at once a second at most. A cluster that can't be reached has published nothing: who reads goes on with
    what there is, and is told by the searches themselves. Thread-safe.
    """

    def __init__(self, address: ClusterAddress) -> None:
        """Look at what is published.

        Raises:
            Unavailable: the cluster can't be asked now.
        """
        self._connection = Connection(address)
        self._lock = threading.Lock()
        self._seen = self._look()
        self._looked = time.monotonic()
        self._outdated = False

    @property
    def found(self) -> bool:
        """Whether there was anything."""
        return self._seen is not None

    def is_outdated(self) -> bool:
        """Return whether another was published by the last look."""
        if not self._outdated and time.monotonic() >= self._looked + REST and self._lock.acquire(blocking=False):
            try:
                self._outdated = self._has_changed()
            except Unavailable:
                pass
            finally:
                self._looked = time.monotonic()
                self._lock.release()
        return self._outdated

    def close(self) -> None:
        """Do nothing: no file is held."""

    def _has_changed(self) -> bool:
        if self._seen and self._version() == self._seen.version:
            return False
        now = self._look()
        if (now and now.manifest) != (self._seen and self._seen.manifest):
            return True
        # Something else was written there, such as that a build has begun.
        self._seen = now
        return False

    def _version(self) -> Version | None:
        path = self._connection.path("_doc", STATE)
        answer = self._connection.ask("GET", path, told={"_source": "false"}, missing=True)
        return Version(answer["_seq_no"], answer["_primary_term"]) if answer.get("found") else None

    def _look(self) -> _Seen | None:
        found = self._connection.get(STATE)
        manifest = found.source.get("manifest") if found else None
        return _Seen(found.version, manifest) if found and manifest else None
