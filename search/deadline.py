"""Deadlines of searches: the caller sets a bound, and the loops of the search look at the clock.

Nothing is cut short: a search that is out of time is given up with :class:`SearchTimeout`, and answers nothing at all.
What can't be given up half-way is a single call into numpy, FAISS or an engine, over one pack at most or, for vectors
and for words, over one index; the bound is noticed when that call returns.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from math import inf

_ends: ContextVar[float] = ContextVar("ends", default=inf)
_clock = time.monotonic


class SearchTimeout(Exception):
    """A search was given up because its time was over."""

    def __init__(self) -> None:
        super().__init__("The search took longer than is allowed and was given up; nothing was counted.")


def begin(seconds: float) -> None:
    """Set the deadline of this thread's searches, in seconds from now, until the next call; infinity removes it."""
    _ends.set(_clock() + seconds)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Set a deadline, in seconds from now, for the searches in this block."""
    token = _ends.set(_clock() + seconds)
    try:
        yield
    finally:
        _ends.reset(token)


def left() -> float:
    """Return the seconds that are left to this thread's search; infinity where no deadline is set."""
    return _ends.get() - _clock()


def check() -> None:
    """Raise an error where the deadline has passed.

    Raises:
        SearchTimeout: it is.
    """
    if _clock() > _ends.get():
        raise SearchTimeout
