"""Errors of an index, in words for the person at the keyboard."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_SAID = (
    "No space left",
    "Disk quota exceeded",
    "File too large",
    "os error 28",
    "could not write",
    "write error",
    " written",
)
"""Messages of native libraries when there is no room; they know no error numbers."""


class IndexFailure(Exception):
    """The index can't be built or opened; the message says what is wrong, where, and what to do."""


class Unavailable(IndexFailure):
    """The index can't answer now, though nothing is wrong with it: what was asked may be asked again."""


class Unreachable(Unavailable):
    """No node of the cluster answers in time."""


class Incomplete(Unavailable):
    """The cluster answered from a part of the index only, and of that no answer is made."""


class Superseded(Unavailable):
    """The generation that was opened is gone, for the index has changed since: it is to be opened again."""


@contextmanager
def no_room(index: Path) -> Iterator[None]:
    """Turn any library's disk-full error into an :class:`IndexFailure`.

    Raises:
        IndexFailure: there was no room for what was written.
    """
    try:
        yield
    except IndexFailure:
        raise
    except Exception as failure:
        if getattr(failure, "errno", None) in _FULL or any(said in str(failure) for said in _SAID):
            advice = "make room and run the command again; what was published is as it was"
            raise IndexFailure(f"{index}: no room is left on the disk ({failure}); {advice}") from failure
        raise


def need(module: str, extra: str) -> None:
    """Check that a library of an extra in setup.cfg is installed, before work begins that it is needed for.

    Raises:
        IndexFailure: it is not; the message says how to install it.
    """
    if find_spec(module) is None:
        raise IndexFailure(f'{module} is not installed; install it with `pip install "wenyuan[{extra}]"`')
