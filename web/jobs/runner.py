"""The runner: it takes jobs in turn and does a step of each, whatever kind they are.

Going on with a job and taking up one whose runner has died are the same: it is taken, its next step is done, and it is
let go. So a job that takes an hour holds up no other, and after a kill nothing but the step at hand is done again.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy.exc import SQLAlchemyError

from indexer.errors import IndexFailure, Unavailable
from search import deadline
from search.deadline import SearchTimeout
from search.library import Library
from search.model import SearchError
from search.shelf import Shelf
from web.database.storage import Storage, trouble
from web.jobs import queue
from web.jobs.kinds import JobKind, LongWork
from web.jobs.models import JobState
from web.jobs.queue import LEASE, JobLimits, Turn

IDLE = 1.0
"""Seconds between two looks at an empty queue."""
WAIT = 5.0
"""Seconds before the next attempt where the database or the index can't be used."""
CLEARING = 60.0
"""Seconds between two clearings of what is old."""
MOST_TRIES = 3
"""Beginnings of one step: what ends its runner each time, such as for want of memory, is given up."""
_READY = 4
"""Jobs whose work is kept prepared between their steps."""
_log = logging.getLogger("wenyuan.jobs")


class _Abandoned(Exception):
    """The job is not the runner's any more, or the runner is told to stop."""


class Runner:
    """A runner of the jobs in a database, over the published generation of an index. For one thread."""

    def __init__(self, storage: Storage, shelf: Shelf, kinds: Mapping[str, JobKind], limits: JobLimits) -> None:
        self._storage, self._shelf, self._kinds, self._limits = storage, shelf, kinds, limits
        self._name = secrets.token_hex(16)
        self._ready: OrderedDict[tuple[int, str], LongWork] = OrderedDict()
        self._stopping = threading.Event()

    def run(self, stopping: threading.Event) -> None:
        """Do what there is to do, until it is told to stop; then the step at hand is left to the next runner."""
        self._stopping = stopping
        cleared = -CLEARING
        while not stopping.is_set():
            try:
                if time.monotonic() >= cleared + CLEARING:
                    queue.clear(self._storage)
                    cleared = time.monotonic()
                pause = 0.0 if self.once() else IDLE
            except SQLAlchemyError as failure:
                _log.warning("the queue of jobs can't be read: %s", trouble(failure)[1])
                pause = WAIT
            except Unavailable:
                pause = WAIT
            stopping.wait(pause)

    def once(self) -> bool:
        """Take a job and do a step of it; return whether there was one.

        Raises:
            Unavailable: the index can't be reached.
            SQLAlchemyError: the database can't be used; the job is taken up later.
        """
        turn = queue.take(self._storage, self._name)
        if turn is None:
            return False
        if turn.tries > MOST_TRIES:
            self._fail(turn, "crashed")
            return True
        with self._renewing(turn) as lost:
            try:
                self._step(turn, lost)
            except (_Abandoned, Unavailable) as reason:
                queue.let_go(self._storage, turn)
                if isinstance(reason, Unavailable):
                    raise
            except SearchTimeout:
                self._fail(turn, "too-long")
            except SearchError as failure:
                self._fail(turn, f"{failure.code} {failure.detail}")
            except (SQLAlchemyError, MemoryError):
                raise
            except Exception as failure:
                _log.exception("job %s (%s) failed", turn.id, turn.kind, exc_info=failure)
                self._fail(turn, "index" if isinstance(failure, IndexFailure) else "internal")
        return True

    def _step(self, turn: Turn, lost: threading.Event) -> None:
        library = self._shelf.library()
        if turn.identity != library.identity:
            steps = self._work(turn, library).steps
            turn = queue.begin(self._storage, turn, library.identity, library.generation, steps)
        if turn.steps:
            began = time.monotonic()
            with deadline.within(self._limits.seconds - turn.seconds):
                result = self._work(turn, library).step(turn.done, lambda *_: self._go_on(lost))
            if turn.size + len(result) > self._limits.size:
                self._fail(turn, "too-large")
                return
            queue.keep(self._storage, turn, result, time.monotonic() - began)
        else:
            queue.end(self._storage, turn, JobState.DONE)
        if turn.done + 1 >= turn.steps:
            self._ready.pop((turn.id, turn.identity), None)
            _log.info("job %s (%s) is done", turn.id, turn.kind)

    def _work(self, turn: Turn, library: Library) -> LongWork:
        """Return the work of a job, prepared now or for the step before."""
        key = turn.id, library.identity
        if key not in self._ready:
            while len(self._ready) >= _READY:
                self._ready.popitem(last=False)
            view = library.without(frozenset(card.id for card in library.works()) - turn.works)
            self._ready[key] = self._kinds[turn.kind].begin(view, turn.asked)
        self._ready.move_to_end(key)
        return self._ready[key]

    def _go_on(self, lost: threading.Event) -> None:
        if lost.is_set() or self._stopping.is_set():
            raise _Abandoned

    def _fail(self, turn: Turn, reason: str) -> None:
        queue.end(self._storage, turn, JobState.FAILED, reason)
        self._ready.pop((turn.id, turn.identity), None)
        _log.info("job %s (%s) failed: %s", turn.id, turn.kind, reason.partition(" ")[0])

    @contextmanager
    def _renewing(self, turn: Turn) -> Iterator[threading.Event]:
        """Renew the lease of a job all the while; the event is set when it is lost."""
        lost, over = threading.Event(), threading.Event()

        def renew() -> None:
            while not over.wait(LEASE.total_seconds() / 6):
                try:
                    if not queue.renew(self._storage, turn):
                        lost.set()
                except SQLAlchemyError as failure:
                    _log.warning("the lease of a job could not be renewed: %s", trouble(failure)[1])

        renewing = threading.Thread(target=renew, daemon=True)
        renewing.start()
        try:
            yield lost
        finally:
            over.set()
            renewing.join()
