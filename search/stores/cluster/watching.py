"""Watching a cluster for the publication of another generation."""

from __future__ import annotations

import threading
import time
from typing import NamedTuple

from indexer.cluster.address import ClusterAddress
from indexer.cluster.connection import Body, Connection
from indexer.cluster.mapping import STATE
from indexer.errors import Unavailable

REST = 0.2
"""Seconds between two looks."""
SECONDS = 1.5
"""Seconds that a look may take: a page waits for it before it says that the cluster is away."""


StateVersion = tuple[str, int, int, str]
"""What the index itself is called, the version of the document in it, and who wrote it: the numbers alone may be
the same in an index that was built anew, or brought back."""


class _Seen(NamedTuple):
    """What is published, and the version of the document that says so."""

    version: StateVersion
    manifest: str


class StateWatch:
    """What is published on a cluster, as seen once.

    It is looked at a few times a second at most; threads wait for each other's look, and share what it found. So nobody
    goes on to search a cluster that does not answer. Thread-safe.
    """

    def __init__(self, address: ClusterAddress) -> None:
        """Look at what is published.

        Raises:
            Unavailable: the cluster can't be asked now.
        """
        self._connection = Connection(address, seconds=lambda: SECONDS)
        self._lock = threading.Lock()
        self._seen = self._look()
        self._looked = time.monotonic()
        self._outdated = False
        self._missed: Unavailable | None = None

    @property
    def found(self) -> bool:
        """Whether there was anything."""
        return self._seen is not None

    def is_outdated(self) -> bool:
        """Return whether another was published by the last look.

        Raises:
            Unavailable: the cluster can't be asked now.
        """
        with self._lock:
            if not self._outdated and time.monotonic() >= self._looked + REST:
                try:
                    self._outdated, self._missed = self._has_changed(), None
                except Unavailable as failure:
                    self._missed = failure
                self._looked = time.monotonic()
            if self._missed:
                raise type(self._missed)(str(self._missed))
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

    def _version(self) -> StateVersion | None:
        answer = self._ask("claim")
        return _version_of(answer) if answer else None

    def _look(self) -> _Seen | None:
        answer = self._ask("claim,manifest")
        manifest = answer["_source"].get("manifest") if answer else None
        return _Seen(_version_of(answer), manifest) if answer and manifest else None

    def _ask(self, fields: str) -> Body | None:
        path = self._connection.path("_doc", STATE)
        answer: Body = self._connection.ask("GET", path, told={"_source_includes": fields}, missing=True)
        return answer if answer.get("found") else None


def _version_of(answer: Body) -> StateVersion:
    return answer["_index"], answer["_seq_no"], answer["_primary_term"], answer["_source"].get("claim", "")
