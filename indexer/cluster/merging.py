"""Merging a cluster's segments: each is searched by itself, so that few large ones answer faster than many small ones.

A merge makes the graphs of vectors anew, which takes as long as a build or longer. So no build does it by itself: it is
done where somebody asks for it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait

from indexer.cluster.connection import Connection
from indexer.cluster.mapping import shards_of
from indexer.progress import Progress

SEGMENT = 5 << 30
"""Bytes of a segment at most, as OpenSearch itself has it: what is larger is not merged any more."""
_LOOK = 1.0
"""Seconds between two looks at how far it is."""


def merge(connection: Connection, progress: Progress) -> None:
    """Merge the segments of each shard into as few as are allowed; rows that were removed are left out.

    Where this is interrupted, the cluster goes on by itself.

    Raises:
        IndexFailure: the cluster can't be asked, or fails at it.
    """
    described = connection.described()
    assert described, "what is merged is there"
    size, before = _sizes(connection)
    shards = shards_of(described)
    each = -(-size // (shards * SEGMENT))
    less = max(before - each * shards, 0)
    progress("merge", 0, less)
    merging = _begun(lambda: connection.merge(each))
    while not _has_ended(merging):
        _, segments = _sizes(connection)
        progress("merge", min(max(before - segments, 0), less), less)
    progress("merge", less, less)


def _sizes(connection: Connection) -> tuple[int, int]:
    """Return the bytes and the segments of one copy of all shards."""
    told = connection.ask("GET", connection.path("_stats", "segments,store"))["_all"]["primaries"]
    return int(told["store"]["size_in_bytes"]), int(told["segments"]["count"])


def _begun(task: Callable[[], None]) -> Future[None]:
    """Begin a task in a thread that nobody waits for whose process ends."""
    done: Future[None] = Future()

    def run() -> None:
        try:
            task()
            done.set_result(None)
        except BaseException as failure:
            done.set_exception(failure)

    threading.Thread(target=run, daemon=True).start()
    return done


def _has_ended(task: Future[None]) -> bool:
    """Return whether a task has ended, after some time at most; what it failed with is raised."""
    wait([task], _LOOK)
    if not task.done():
        return False
    task.result()
    return True
