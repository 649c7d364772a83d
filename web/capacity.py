"""What is more than the machine can answer is turned away at once, with word of when to come again.

A search keeps a processor busy. If all that come were begun, each would take as long as all of them together, and in
the end none would be answered in time; so a few are worked on, some wait their turn, and the rest get a 503.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import cast

from flask import Flask, g, request
from werkzeug.exceptions import ServiceUnavailable

from web.config import Config
from web.timing import stage

ALWAYS = ("static", "health.alive", "health.ready", "metrics.metrics")
"""Endpoints that cost nothing, and that matter most when there is much to do."""

_GATE = "wenyuan.gate"


class Gate:
    """Lets ``running`` through at once; ``waiting`` more may wait, each at most ``patience`` seconds.

    Whoever leaves hands its place to the one that has waited longest: were it merely free, one that came just now could
    take it, and some would wait for ever.
    """

    def __init__(self, running: int, waiting: int, patience: float) -> None:
        self._free = running
        self._most = waiting
        self._patience = patience
        self._queue: deque[threading.Event] = deque()
        self._lock = threading.Lock()

    def is_full(self) -> bool:
        """Whether one that comes now has to wait, or is turned away."""
        return not self._free

    def enter(self) -> bool:
        """Whether one may go on; then it has to leave."""
        with self._lock:
            if self._free:
                self._free -= 1
                return True
            if len(self._queue) >= self._most:
                return False
            turn = threading.Event()
            self._queue.append(turn)
        if turn.wait(self._patience):
            return True
        with self._lock:
            if turn.is_set():  # at the last moment
                return True
            self._queue.remove(turn)
            return False

    def leave(self) -> None:
        """Make room for another."""
        with self._lock:
            if self._queue:
                self._queue.popleft().set()
            else:
                self._free += 1


def register(app: Flask, config: Config) -> None:
    """Bound what the application works on at once."""
    gate = app.extensions[_GATE] = Gate(config.threads, config.queue, config.patience)

    @app.before_request
    def enter() -> None:
        if request.endpoint not in ALWAYS:
            with stage("waiting"):
                entered = gate.enter()
            if not entered:
                raise ServiceUnavailable(
                    "More is asked at the moment than can be answered.", retry_after=config.retry_after
                )
            g.entered = True

    @app.teardown_request
    def leave(_: BaseException | None) -> None:
        if g.pop("entered", False):
            gate.leave()


def is_full(app: Flask) -> bool:
    """Whether this process has all the work that it takes on at once."""
    return cast(Gate, app.extensions[_GATE]).is_full()
