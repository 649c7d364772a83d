"""Worker processes that write packs side by side, one a core; what each has done is durable.

Workers exit when their parent does, even if it was killed. Where a model can't be loaded at little cost, or
there is one pack to write, everything is done in this process.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from corpora.manifests import Catalogue
from corpora.model import Problem, Source, Work
from corpora.readers import read
from indexer.embedding import Embedder, StaticEmbedder, load_embedder
from indexer.errors import IndexFailure
from indexer.progress import Progress
from indexer.store.access import LOCAL
from indexer.store.writer import PackWriter

_LOOK = 0.2
"""Seconds between two looks at what the processes report."""


@dataclass(frozen=True, slots=True)
class PackTask:
    """A pack to write: its folder, its sources by their digests with their sizes in bytes, their collection, and the
    manifests, which have the records of works."""

    folder: Path
    sources: tuple[tuple[str, Source, int], ...]
    collection: str
    catalogue: Catalogue

    @property
    def size(self) -> int:
        """Bytes of all sources."""
        return sum(size for _, _, size in self.sources)


def write_packs(tasks: Sequence[PackTask], embedder: Embedder, model: Path | None, progress: Progress) -> None:
    """Write the pack of every task, the largest first; ``model`` is the folder that ``embedder`` was loaded from.

    Raises:
        IndexFailure: a process was ended from outside.
    """
    tally = _Tally(sum(task.size for task in tasks), progress)
    ordered = sorted(tasks, key=lambda task: -task.size)
    processes = min(len(tasks), os.cpu_count() or 1) if isinstance(embedder, StaticEmbedder) else 1
    if processes < 2:
        for number, task in enumerate(ordered):
            write_pack(task, embedder, partial(tally, number))
        return
    context = multiprocessing.get_context("spawn")
    reports: Any = context.Queue()
    stop = context.Event()
    pool = ProcessPoolExecutor(processes, context, _begin, (model, reports, stop))
    try:
        waiting = {pool.submit(_write, number, task) for number, task in enumerate(ordered)}
        while waiting:
            done, waiting = wait(waiting, _LOOK, FIRST_COMPLETED)
            while not reports.empty():
                tally(*reports.get())
            for future in done:
                future.result()
    except BrokenProcessPool as failure:
        reason = "a process that was writing was ended from outside, perhaps for want of memory"
        raise IndexFailure(f"{reason}; run the same command again to go on") from failure
    finally:
        stop.set()
        pool.shutdown(cancel_futures=True)
        reports.close()


def write_pack(task: PackTask, embedder: Embedder, progress: Progress) -> None:
    """Read a task's sources and write their pack."""
    writer = PackWriter()
    problems: dict[str, list[Problem]] = {}
    done = 0
    for key, source, size in task.sources:
        for item in read(source):
            if isinstance(item, Problem):
                problems.setdefault(key, []).append(_from_root(item, source.root))
            else:
                work, home = _catalogued(item, task.collection, task.catalogue)
                writer.add(work, home, key)
        done += size
        progress("read", done, task.size)
    writer.write(task.folder, problems, embedder, progress)


def _from_root(problem: Problem, root: Path) -> Problem:
    """Return the problem with its file named from the source's root, which may be called otherwise another time."""
    if problem.file.is_relative_to(root):
        return replace(problem, file=problem.file.relative_to(root))
    return problem


def _catalogued(work: Work, collection: str, catalogue: Catalogue) -> tuple[Work, str]:
    """Return the work with its manifest's record, if a manifest names it, and the collection that it belongs to."""
    known = catalogue.record_of(work.id)
    if known is None:
        return work, collection or LOCAL
    return replace(work, record=known[1]), collection or known[0]


class _Tally:
    """Progress of all tasks as one. Windows are known only when a task has read its sources."""

    def __init__(self, size: int, progress: Progress) -> None:
        self._size = size
        self._progress = progress
        self._done: dict[str, dict[int, tuple[int, int]]] = {}

    def __call__(self, number: int, step: str, done: int, total: int) -> None:
        tasks = self._done.setdefault(step, {})
        tasks[number] = (done, total)
        whole = self._size if step == "read" else sum(total for _, total in tasks.values())
        self._progress(step, sum(done for done, _ in tasks.values()), whole)


class _Stopped(Exception):
    """The parent process wants no more."""


_at_work: Callable[[int, PackTask], None]
"""In a process of the pool: writes the pack of a task."""


def _begin(model: Path | None, reports: Any, stop: Any) -> None:
    global _at_work
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches every process; one of them answers
    threading.Thread(target=_end_with_parent, daemon=True).start()
    embedder = load_embedder(model)

    def write(number: int, task: PackTask) -> None:
        def report(step: str, done: int, total: int) -> None:
            if stop.is_set():
                raise _Stopped
            reports.put((number, step, done, total))

        write_pack(task, embedder, report)

    _at_work = write


def _write(number: int, task: PackTask) -> None:
    _at_work(number, task)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os._exit(1)
