"""Sending works to a cluster, several requests at a time; a work that is there already is not sent again."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from indexer.cluster.connection import Connection, NoSuchIndex
from indexer.cluster.documents import ClusterDocument, WorkDocuments
from indexer.errors import IndexFailure
from indexer.progress import Progress

_BULK = 5 << 20
"""Characters of one request, about."""
_IN_FLIGHT = 2
_ASKED = 1000


def sent_already(connection: Connection, stamps: Sequence[str]) -> set[str]:
    """Return the stamps, out of these, of works that are there whole."""
    found: set[str] = set()
    for first in range(0, len(stamps), _ASKED):
        some = stamps[first : first + _ASKED]
        there = connection.mget(some, ("stamp",))
        found.update(stamp for stamp, each in zip(some, there, strict=True) if each is not None)
    return found


def send(connection: Connection, alias: str, works: Sequence[WorkDocuments], progress: Progress) -> None:
    """Send works, written through an alias.

    Raises:
        IndexFailure: another build has taken over, or something can't be written.
    """
    total = sum(work.size for work in works)
    done = 0
    with _Sender(connection, alias) as sender:
        for work in works:
            for document in work:
                sender.add(document)
            sender.close(work.closing())
            done += work.size
            progress("send", done, total)


@dataclass(frozen=True, slots=True)
class _Closing:
    """The document that says that a work is whole, and the number of the request that completes it."""

    request: int
    document: ClusterDocument


class _Sender:
    """Gathers documents into requests; one that closes a work goes after all others of the work have arrived."""

    def __init__(self, connection: Connection, alias: str) -> None:
        self._connection = connection
        self._alias = alias
        self._pool = ThreadPoolExecutor(_IN_FLIGHT)
        self._gathered: list[str] = []
        self._size = 0
        self._flying: deque[Future[None]] = deque()
        self._begun = self._answered = 0
        self._closings: deque[_Closing] = deque()

    def __enter__(self) -> _Sender:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        try:
            if kind is None:
                self._flush()
                self._wait(0)
                while self._closings:
                    self._flush()
                    self._wait(0)
        finally:
            self._pool.shutdown(cancel_futures=True)

    def add(self, document: ClusterDocument) -> None:
        """Send a document some time."""
        action = document.action()
        self._gathered.append(action)
        self._size += len(action)
        if self._size >= _BULK:
            self._flush()

    def close(self, document: ClusterDocument) -> None:
        """Send a document some time after all that were added."""
        self._closings.append(_Closing(self._begun, document))

    def _flush(self) -> None:
        self._wait(_IN_FLIGHT - 1)
        while self._closings and self._closings[0].request < self._answered:
            self._gathered.append(self._closings.popleft().document.action())
        lines = "".join(self._gathered).encode()
        self._gathered, self._size = [], 0
        self._begun += 1
        self._flying.append(self._pool.submit(self._write, lines))

    def _wait(self, most: int) -> None:
        """Wait until at most so many requests are not answered."""
        while len(self._flying) > most:
            self._flying.popleft().result()
            self._answered += 1

    def _write(self, lines: bytes) -> None:
        if not lines:
            return
        try:
            self._connection.bulk(lines, self._alias)
        except NoSuchIndex:
            taken = "another build has taken over, for this one gave no sign of life"
            raise IndexFailure(f"{self._connection.address}: {taken}; run the command again") from None
