"""Load shedding: requests beyond capacity are refused at once, and no sender takes the places of all others.

A search keeps a processor busy. If all that come were begun, each would take as long as all of them together, and in
the end none would be answered in time; so a few are worked on, some wait their turn, and the rest get a 503.

Places go round between senders, as packets do between flows in fair queueing (Demers, Keshav and Shenker, SIGCOMM
1989); where the queue is full, the sender that fills most of it makes room (McKenney's longest queue drop, INFOCOM
1990). So a sender that is alone may have all places, and a reading room behind one address loses nothing.
"""

from __future__ import annotations

import threading
from collections import Counter, deque
from math import inf
from typing import cast

from flask import Flask, g, request
from werkzeug.exceptions import ServiceUnavailable

from search import deadline
from web.networks import networks
from web.serving.config import Config
from web.serving.timing import stage

ALWAYS = ("static", "health.alive", "health.ready", "metrics.metrics")
"""Endpoints that cost nothing, and that matter most when there is much to do."""

_GATE = "wenyuan.gate"


class _Turn:
    """A waiting request; ``may`` says whether it was let through once ``decided`` is set."""

    def __init__(self) -> None:
        self.decided = threading.Event()
        self.may = False

    def decide(self, may: bool) -> None:
        self.may = may
        self.decided.set()


class Gate:
    """A gate that lets ``running`` through at once, and one more whose sender has none running.

    ``waiting`` more may wait, each at most ``patience`` seconds. One that leaves hands its place on to the sender with
    the fewest running, in turn where several have as few, and there to the one that has waited longest: were it merely
    free, one that came just now could take it, and some would wait for ever.
    """

    def __init__(self, running: int, waiting: int, patience: float) -> None:
        self._most = running
        self._waiting = waiting
        self._patience = patience
        self._running: Counter[str] = Counter()
        self._queues: dict[str, deque[_Turn]] = {}  # of senders that wait, in the order of their turns
        self._lock = threading.Lock()

    def is_full(self) -> bool:
        """Return whether a request that comes now has to wait, or is turned away, unless its sender is a new one."""
        return self._running.total() >= self._most

    def enter(self, sender: str) -> bool:
        """Return whether a request may go on, waiting if need be; then it has to leave."""
        with self._lock:
            if self._has_place(sender):
                self._running[sender] += 1
                return True
            if not self._make_room(sender):
                return False
            turn = _Turn()
            self._queues.setdefault(sender, deque()).append(turn)
        turn.decided.wait(self._patience)
        with self._lock:
            if not turn.decided.is_set():
                self._remove(sender, turn)
            return turn.may

    def leave(self, sender: str) -> None:
        """Make room for another."""
        with self._lock:
            self._running[sender] -= 1
            if not self._running[sender]:
                del self._running[sender]
            while able := [each for each in self._queues if self._has_place(each)]:
                self._let_through(min(able, key=lambda each: self._running[each]))

    def _has_place(self, sender: str) -> bool:
        return self._running.total() < self._most + (sender not in self._running)

    def _let_through(self, sender: str) -> None:
        queue = self._queues.pop(sender)
        queue.popleft().decide(True)
        if queue:
            self._queues[sender] = queue  # behind all others
        self._running[sender] += 1

    def _make_room(self, sender: str) -> bool:
        """Return whether one more can wait; the last of the sender that has most waiting may have to go for it."""
        if sum(map(len, self._queues.values())) < self._waiting:
            return True
        most = max(self._queues, key=lambda each: len(self._queues[each]), default=None)
        if most is None or len(self._queues[most]) <= len(self._queues.get(sender, ())) + 1:
            return False
        self._queues[most].pop().decide(False)
        return True

    def _remove(self, sender: str, turn: _Turn) -> None:
        queue = self._queues[sender]
        queue.remove(turn)
        if not queue:
            del self._queues[sender]


def register(app: Flask, config: Config) -> None:
    """Bound what the application works on at once, and how long the searches of one request may take."""
    gate = app.extensions[_GATE] = Gate(config.threads, config.queue, config.patience)

    @app.before_request
    def enter() -> None:
        if request.endpoint not in ALWAYS:
            asking = networks()[0]
            with stage("waiting"):
                entered = gate.enter(asking)
            if not entered:
                raise ServiceUnavailable(
                    "More is asked at the moment than can be answered.", retry_after=config.retry_after
                )
            g.entered = asking
        deadline.begin(config.search_seconds)

    @app.teardown_request
    def leave(_: BaseException | None) -> None:
        deadline.begin(inf)
        if entered := g.pop("entered", None):
            gate.leave(entered)


def is_full(app: Flask) -> bool:
    """Return whether this process has all the work that it takes on at once."""
    return cast(Gate, app.extensions[_GATE]).is_full()
