"""How fast and how large: the build of a collection, and the latency of its three kinds of search, in-process."""

from __future__ import annotations

import multiprocessing
import resource
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from eval.pools import packs
from indexer.build import build
from indexer.folding import fold
from indexer.pack import MAIN, Progress
from indexer.passages import BOUNDARY, text_of
from search.library import Library
from search.results import Mode, SearchRequest

PHRASES = 300
_LENGTHS = range(2, 7)
_WARM_UP = 20


@dataclass(frozen=True, slots=True)
class Built:
    """What a build took: wall seconds, and the most memory its process held, in bytes."""

    seconds: float
    peak_memory: int


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds that half of the searches, and 95 of 100, stay within."""

    queries: int
    p50: float
    p95: float


def build_measured(paths: Sequence[Path], index: Path) -> Built:
    """Build in a process of its own, so that its peak memory is its own."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(_build, list(paths), index).result()


def _build(paths: list[Path], index: Path) -> Built:
    began = time.perf_counter()
    build(paths, index)
    seconds = time.perf_counter() - began
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return Built(seconds, peak if sys.platform == "darwin" else peak * 1024)


def phrases(index: Path, count: int = PHRASES) -> list[str]:
    """Phrases of 2 to 6 characters, drawn from anywhere in the folded text, the same at every call."""
    streams = [pack.streams[MAIN].codes for pack in packs(index)]
    random = np.random.default_rng(7)
    sizes = np.array([len(stream) for stream in streams])
    drawn: list[str] = []
    while len(drawn) < count:
        stream = streams[int(random.choice(len(streams), p=sizes / sizes.sum()))]
        length = int(random.choice(_LENGTHS))
        start = int(random.integers(max(len(stream) - length, 1)))
        codes = stream[start : start + length]
        if not (codes == BOUNDARY).any() and fold(text_of(codes)):
            drawn.append(text_of(codes))
    return drawn


def latency(library: Library, queries: Sequence[str], mode: Mode, on_progress: Progress) -> Latency:
    """Ask as the page asks, ten hits with facets, one query after another, after a short warm-up."""
    for query in queries[:_WARM_UP]:
        library.search(_request(query, mode))
    times = []
    for done, query in enumerate(queries, start=1):
        began = time.perf_counter()
        library.search(_request(query, mode))
        times.append(1000 * (time.perf_counter() - began))
        on_progress(str(mode), done, len(queries))
    p50, p95 = np.percentile(times, [50, 95]).tolist()
    return Latency(len(queries), p50, p95)


def _request(query: str, mode: Mode) -> SearchRequest:
    quoted = f'"{query}"' if mode is Mode.EXACT else query
    return SearchRequest(quoted, mode=mode, facets=True)
