"""Speed and size: the cost of building a collection, and the latency of each kind of search, in-process."""

from __future__ import annotations

import multiprocessing
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import numpy as np

from eval.quality.pools import packs
from indexer.building.build import build
from indexer.errors import IndexFailure
from indexer.progress import Progress
from indexer.store.encoding import Letters
from indexer.store.layout import MAIN
from indexer.text.folding import fold
from indexer.text.streams import BOUNDARY, text_of
from search.library import Library
from search.model import Mode, Scope, SearchError, SearchRequest
from search.ranking.signals import by_words
from search.stores.base import Eligible, Store

PHRASES = 300
ADDED = 1_000_000
"""Characters of the work that is added and removed."""
WORST = ("之", "不", "之?", "?之", "之*之", "不?不", "不*不*不", "?*之", "之 AND 不", "之 NEAR/100 不")
"""The worst that a person can type."""
_LENGTHS = range(2, 7)
_WARM_UP = 20
_TRIES = 10_000
"""Failed draws in a row before the texts are held to be too short."""
_ID = "bench-added"
_FIRST_ANSWER = """
import sys
from pathlib import Path
from search.library import Library
from search.model import SearchRequest
assert Library.open(Path(sys.argv[1])).search(SearchRequest(sys.argv[2], facets=True)).generation
"""


@dataclass(frozen=True, slots=True)
class Built:
    """What a build took: wall seconds, processor seconds, and the memory of its processes in bytes, at most."""

    seconds: float
    processor: float
    peak_memory: int


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds that half of the searches, and 95 of 100, stay within."""

    queries: int
    p50: float
    p95: float


def build_measured(paths: Sequence[Path], index: Path, remove: Sequence[str] = ()) -> Built:
    """Build in a process of its own, so that its peak memory is its own.

    Of the processes that write packs the largest counts for each, which is more than they took together.
    """
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_build, list(paths), index, tuple(remove)).result()


def _build(paths: list[Path], index: Path, remove: tuple[str, ...]) -> Built:
    began = time.perf_counter()
    build(paths, index, remove=remove)
    seconds = time.perf_counter() - began
    own, others = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    peak = own.ru_maxrss + (os.cpu_count() or 1) * others.ru_maxrss
    processor = own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime
    return Built(seconds, processor, peak if sys.platform == "darwin" else peak * 1024)


def changed(index: Path) -> tuple[Built, Built]:
    """Measure adding a work of :data:`ADDED` characters to an index, and removing it; the index is unchanged after.

    The work is made of the index's own passages, drawn at random.
    """
    with tempfile.TemporaryDirectory(dir=index.parent) as folder:
        copy, text = Path(folder, "index"), Path(folder, f"{_ID}.txt")
        shutil.copytree(index, copy, copy_function=_link)
        text.write_text("".join(_drawn(index)), "utf-8")
        return build_measured([text], copy), build_measured([], copy, [_ID])


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # a file system without hard links
        shutil.copy2(source, target)


def _drawn(index: Path) -> Iterator[str]:
    random = np.random.default_rng(7)
    searched = packs(index)
    size = 0
    while size < ADDED:
        pack = searched[int(random.integers(len(searched)))]
        row = pack.passages[int(random.integers(len(pack.passages)))]
        text = text_of(pack.text[int(row["start"]) : int(row["end"])]).replace("\n", "") + "\n"
        size += len(text)
        yield text


def first_answer(index: Path, query: str) -> float:
    """Measure the seconds from the start of a process to its first answer."""
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", _FIRST_ANSWER, str(index), query], check=True)
    return time.perf_counter() - began


def phrases(index: Path, count: int = PHRASES) -> list[str]:
    """Draw phrases of 2 to 6 characters from anywhere in the folded text, the same at every call."""
    drawn = _stretches(index, _LENGTHS)
    return [next(drawn) for _ in range(count)]


def combined(index: Path, count: int = PHRASES) -> list[str]:
    """Draw pairs of words of two characters that are near each other, with AND, OR, NOT and NEAR in turn."""
    drawn = _stretches(index, range(10, 25))
    operators = cycle(["AND", "OR", "NOT", "NEAR/20"])
    pairs = ((text[:2], text[-2:]) for text in drawn)
    return [f'"{one}" {next(operators)} "{other}"' for _, (one, other) in zip(range(count), pairs, strict=False)]


def _stretches(index: Path, lengths: range) -> Iterator[str]:
    """Draw stretches of the main streams without a boundary in them, at random.

    Raises:
        IndexFailure: hardly any can be drawn; the texts are too short.
    """
    streams: list[Letters] = [pack.streams[MAIN].codes for pack in packs(index)]
    random = np.random.default_rng(7)
    sizes = np.array([len(stream) for stream in streams])
    missed = 0
    while missed < _TRIES:
        stream = streams[int(random.choice(len(streams), p=sizes / sizes.sum()))]
        length = int(random.choice(lengths))
        start = int(random.integers(max(len(stream) - length, 1)))
        codes = stream[start : start + length]
        if (codes == BOUNDARY).any() or not fold(text_of(codes)):
            missed += 1
            continue
        missed = 0
        yield text_of(codes)
    raise IndexFailure("the texts are too short to draw queries from; name a PATH with longer ones")


def latency(library: Library, queries: Sequence[str], mode: Mode, on_progress: Progress) -> Latency:
    """Measure searches as the page runs them, ten hits with facets, one after another, after a short warm-up."""
    return timed(queries, lambda query: library.search(_request(query, mode)), str(mode), on_progress)


def ranked(store: Store, queries: Sequence[str], on_progress: Progress) -> Latency:
    """Measure rankings by words alone, of as many passages as a hybrid search takes from them."""
    return timed(queries, lambda query: by_words(store, query, Scope.BOTH, Eligible()), "words", on_progress)


def worst(library: Library, on_progress: Progress) -> list[tuple[str, str, str]]:
    """Measure the worst queries: the milliseconds that the exact and the hybrid mode take, or why they are refused."""
    rows = []
    for done, query in enumerate(WORST, start=1):
        times = []
        for mode in (Mode.EXACT, Mode.HYBRID):
            began = time.perf_counter()
            try:
                library.search(SearchRequest(query, mode=mode, facets=True))
                times.append(f"{1000 * (time.perf_counter() - began):.0f}")
            except SearchError as refusal:
                times.append(refusal.code)
        rows.append((query, times[0], times[1]))
        on_progress("worst", done, len(WORST))
    return rows


def timed(queries: Sequence[str], ask: Callable[[str], object], step: str, on_progress: Progress) -> Latency:
    """Measure what asks for each of some queries, one after another, after a short warm-up."""
    for query in queries[:_WARM_UP]:
        ask(query)
    times = []
    for done, query in enumerate(queries, start=1):
        began = time.perf_counter()
        ask(query)
        times.append(1000 * (time.perf_counter() - began))
        on_progress(step, done, len(queries))
    p50, p95 = np.percentile(times, [50, 95]).tolist()
    return Latency(len(queries), p50, p95)


def _request(query: str, mode: Mode) -> SearchRequest:
    plain = mode is not Mode.EXACT or query.startswith('"')
    return SearchRequest(query if plain else f'"{query}"', mode=mode, facets=True)
