"""What a script runs: the jobs in a database are done by runners of which each is killed, until nothing is left to do.

A runner is a process; it dies when it has taken a job, within its step,
within the transaction that keeps the step, or when it has kept it. It prints how often each happened.
"""

from __future__ import annotations

import itertools
import os
import signal
import sys
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import NoReturn

from search.parallels.comparing import CollectionComparison
from search.shelf import Shelf
from web.database.storage import Storage
from web.jobs import queue, setup
from web.jobs.queue import LEASE, JobLimits
from web.jobs.runner import Runner

LIMITS = JobLimits(jobs=9, each=9, seconds=600, size=1 << 20)
DEATHS = ("taken", "step", "kept", "step", "transaction", "kept")
"""Twice a step is begun in vain; a third time would be one too many."""


def main(database: str, index: str) -> None:
    died: Counter[str] = Counter()
    for number, death in enumerate(itertools.cycle(DEATHS)):
        child = os.fork()
        if child == 0:
            run(database, Path(index), death, number * LEASE)
        ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if ended != -signal.SIGKILL:
            break
        died[death] += 1
    if ended:
        sys.exit(f"a runner failed: {ended}")
    print(*died.elements())


def run(database: str, index: Path, death: str, later: timedelta) -> NoReturn:
    """Do a step of a job, or die of it; the clock is so much later than it is."""
    moment = queue.now() + later
    queue.now = lambda: moment
    match death:
        case "taken":
            Shelf.library = die
        case "step":
            CollectionComparison.step = die
        case "transaction":
            queue.JobStep = die
    worked = Runner(Storage.open(database), Shelf(index), setup.KINDS, LIMITS).once()
    if worked:
        die()
    os._exit(0)


def die(*_: object, **__: object) -> datetime:
    """Have this process killed."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError
