"""A script: one build or compaction again and again, killed at each of its calls to the file system in turn.

Its argument is JSON with the names of :func:`main`'s parameters. Of the calls every ``step``-th is taken, from
``first`` on. Each index that a killed build leaves is a folder of its own under ``out``, beginning as a copy of
``seed``. The script ends after the build that nothing killed.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from indexer.building import build as building
from indexer.building.build import build, compact
from indexer.text import folding

CHANGES = {"os.link", "os.mkdir", "os.remove", "os.rename", "os.rmdir", "shutil.rmtree"}
"""Names of audit events, besides ``open`` for writing. An event comes before what it announces."""
WRITING = os.O_WRONLY | os.O_RDWR
FIRST_ARRAYS = ("alphabet.npy", "text.npy", "lengths.npy")
"""Arrays are written one after another: to die at these is enough."""
NOW = 1_764_000_000
"""The time of every build, in seconds of UTC: only so can two of them come to the same."""
DELAYS = range(1, 11)
"""Milliseconds into the commit; a native engine's calls raise no events."""


def main(
    seed: str | None,
    out: str,
    texts: list[str],
    engine: str,
    remove: list[str],
    first: int,
    step: int,
    compacts: bool = False,
) -> None:
    building.utc_seconds = lambda: NOW
    folding.fingerprint()  # the tables that every build needs are made once, before the forks

    def end_of_build(name: str, prepare: Callable[[], Callable[[str, int, int], None]]) -> int:
        """How a build ended that ``prepare`` set the death of: its exit status, or minus the signal."""
        index = Path(out, name)
        if seed:
            shutil.copytree(seed, index)
        child = os.fork()
        if child == 0:
            if compacts:
                compact(index, on_progress=prepare())
            else:
                build([Path(text) for text in texts], index, engine=engine, remove=remove, on_progress=prepare())
            os._exit(0)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    for number in itertools.count(first, step):
        ended = end_of_build(f"call-{number:03}", partial(die_at_call, number))
        if ended != -signal.SIGKILL:
            break
    if ended:
        sys.exit(f"the build failed: {ended}")
    for delay in DELAYS:
        ended = end_of_build(f"commit-{delay:02}", partial(die_in_commit, delay / 1000))
        if ended not in (0, -signal.SIGALRM):
            sys.exit(f"the build failed: {ended}")


def die_at_call(number: int) -> Callable[[str, int, int], None]:
    """Have this process killed at its n-th call that changes the file system.

    Opening a file for writing counts twice: one dies before it, another when it has left an empty file.
    """
    calls = itertools.count(1)

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        name = str(arguments[0]) if arguments else ""
        opens = event == "open" and int(arguments[2] or 0) & WRITING
        if name.endswith(".npy") and not name.endswith(FIRST_ARRAYS):
            return
        if (opens or event in CHANGES) and next(calls) == number:
            die()
        if opens and next(calls) == number:
            sys.setprofile(lambda frame, what, value: die() if what == "c_return" else None)

    sys.addaudithook(watch)
    return lambda step, done, total: None


def die() -> None:
    """Have this process killed."""
    os.kill(os.getpid(), signal.SIGKILL)


def die_in_commit(delay: float) -> Callable[[str, int, int], None]:
    """Have this process end by a signal that it does not handle, ``delay`` seconds after a commit begins."""

    def watch(step: str, done: int, total: int) -> None:
        if step == "commit" and not done:
            signal.setitimer(signal.ITIMER_REAL, delay)

    return watch


if __name__ == "__main__":
    main(**json.loads(sys.argv[1]))
