"""What is more than the machine can answer is turned away at once, with word of when to come again.

A search keeps a processor busy. If all that come were begun, each would take as long as all of them together, and in
the end none would be answered in time; so a few are worked on, some wait their turn, and the rest get a 503.
"""

from __future__ import annotations

import threading

from flask import Flask, g, request
from werkzeug.exceptions import ServiceUnavailable

from web.config import Config

ALWAYS = ("static", "health.alive", "health.ready", "metrics.metrics")
"""Endpoints that cost nothing, and that matter most when there is much to do."""


class Gate:
    """Lets ``running`` through at once; ``waiting`` more may wait, each at most ``patience`` seconds."""

    def __init__(self, running: int, waiting: int, patience: float) -> None:
        self._running = threading.Semaphore(running)
        self._waiting = threading.Semaphore(waiting)
        self._patience = patience

    def enter(self) -> bool:
        """Whether one may go on; then it has to leave."""
        if self._running.acquire(blocking=False):
            return True
        if not self._waiting.acquire(blocking=False):
            return False
        try:
            return self._running.acquire(timeout=self._patience)
        finally:
            self._waiting.release()

    def leave(self) -> None:
        """Make room for another."""
        self._running.release()


def register(app: Flask, config: Config) -> None:
    """Bound what the application works on at once."""
    gate = Gate(config.threads, config.queue, config.patience)

    @app.before_request
    def enter() -> None:
        if request.endpoint not in ALWAYS:
            if not gate.enter():
                raise ServiceUnavailable(
                    "More is asked at the moment than can be answered.", retry_after=config.retry_after
                )
            g.entered = True

    @app.teardown_request
    def leave(_: BaseException | None) -> None:
        if g.pop("entered", False):
            gate.leave()
