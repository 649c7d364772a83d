"""Comparisons of works that take long: an interrupted one is gone on with by the same command.

The results of steps are kept in a folder of the account's own cache until all are there, or for a day.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from indexer.progress import Progress
from indexer.store import files
from search.parallels.works import WorkParallels, WorkParallelsRequest

if TYPE_CHECKING:
    from search.library import Library

KEPT = timedelta(days=1)
"""The time for which what was interrupted can be gone on with."""


def resumed(library: Library, request: WorkParallelsRequest, progress: Progress) -> WorkParallels:
    """Find all that works share, from the step on at which the same was interrupted before.

    Raises:
        SearchError: a work or a collection is not there.
        click.ClickException: it was interrupted.
        OSError: the steps can't be kept.
    """
    from search.parallels import comparing, written  # they load the engines, which `--help` has no need of

    began = time.perf_counter()
    comparison = library.comparison(request)
    if comparison.size <= comparing.AT_ONCE:
        return library.work_parallels(request, progress)
    work = written.WrittenComparison(comparison)
    parent = files.caches() / "parallels"
    _clear(parent)
    folder = parent / _digest(library, request)
    files.make(folder)
    steps = [folder / f"{number:06}" for number in range(work.steps)]
    cards = {card.id: card for cards in library.works_compared(request) for card in cards}
    try:
        for number, file in enumerate(steps):
            if not file.exists():
                _write(file, work.step(number, progress))
        found = library.compared(request, (written.read(file.read_bytes(), cards) for file in steps))
    except KeyboardInterrupt as interrupted:
        done = sum(file.exists() for file in steps)
        raise click.ClickException(
            f"interrupted after {done:,} of {work.steps:,} steps; the same command goes on from there"
        ) from interrupted
    shutil.rmtree(folder)
    return replace(found, took_ms=(time.perf_counter() - began) * 1000)


def _digest(library: Library, request: WorkParallelsRequest) -> str:
    """Return a name for what is asked for of this state of the index; which rows are printed is no part of it."""
    asked = {**asdict(request), "start": 1, "limit": 1, "identity": library.identity}
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:32]


def _write(file: Path, data: bytes) -> None:
    """Write a file that is whole when it is there, for its owner alone."""
    part = file.with_suffix(f".{os.getpid()}")
    with files.create(part) as draft:
        draft.write(data)
    os.replace(part, file)


def _clear(parent: Path) -> None:
    """Remove what nobody has gone on with."""
    old = time.time() - KEPT.total_seconds()
    for folder in parent.glob("*"):
        if folder.stat().st_mtime < old:
            shutil.rmtree(folder)
