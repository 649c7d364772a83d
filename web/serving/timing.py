"""Timing of a request and its stages: measured once, for the log and for the figures."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask, g


def register(app: Flask) -> None:
    """Start the clock of each request from here on; what is registered before this is not timed."""

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()
        g.stages = {}


def elapsed() -> float:
    """Return seconds since the request began."""
    return time.perf_counter() - float(g.began)


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Add the time that is spent here to a stage of the request."""
    began = time.perf_counter()
    try:
        yield
    finally:
        g.stages[name] = g.stages.get(name, 0.0) + time.perf_counter() - began


def stages() -> dict[str, float]:
    """Return seconds of each stage that the request went through."""
    return dict(g.stages)
