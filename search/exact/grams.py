"""Grams of a view of texts: how often each stands there, as often as exact search finds it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from indexer.store.layout import MAIN, PRINTED
from indexer.store.pack import PackView
from indexer.store.positions import Places
from indexer.text.streams import BOUNDARY, text_of
from search import deadline
from search.exact.matching import Mask
from search.ranges import among

_AT_ONCE = 1 << 20
"""Characters that are read together."""
_GAP = chr(BOUNDARY)


def grams_in(view: PackView, size: int, streams: Sequence[int], allowed: Mask | None) -> Counter[str]:
    """Return how often each gram of so many characters stands in streams of allowed passages; None for all."""
    counts: Counter[str] = Counter()
    for number in streams:
        if number == PRINTED:
            counts.update(_in_print_alone(view, size, allowed))
            continue
        for text in _read(view, number, size - 1, allowed):
            counts.update(text[at : at + size] for at in range(len(text) - size + 1))
    return Counter({gram: count for gram, count in counts.items() if _GAP not in gram})


def words_in(view: PackView, allowed: Mask | None) -> Counter[str]:
    """Return how often each word stands in the main text of allowed passages, which are of modern works."""
    counts: Counter[str] = Counter()
    codes = view.streams[MAIN].codes
    for low, high in _regions(view, MAIN, allowed):
        deadline.check()
        text = text_of(codes[low:high])
        free = np.ones(high - low + 1, dtype=bool)
        first, last = view.inside.searchsorted((low, high))
        free[view.inside[first:last].astype(np.int64) - low] = False
        bounds = np.flatnonzero(free).tolist()
        counts.update(text[start:end] for start, end in pairwise(bounds))
    del counts[_GAP]
    return counts


def ranges_of(view: PackView, number: int, allowed: Mask) -> Places:
    """Return where the ranges of a stream begin and end, in turn, that allowed passages take up."""
    steps = np.flatnonzero(np.diff(np.concatenate([[False], allowed, [False]]).astype(np.int8)))
    starts = np.append(view.stream_starts[number], np.uint32(len(view.streams[number].codes)))
    ranges: Places = starts[steps].astype(np.int64)
    return ranges


def are_in(places: NDArray[np.integer], ranges: Places) -> Mask:
    """Return which places are in ranges that begin and end at some places, in turn."""
    inside: Mask = np.searchsorted(ranges, places, side="right") % 2 == 1
    return inside


def _regions(view: PackView, number: int, allowed: Mask | None) -> Iterator[tuple[int, int]]:
    """Yield the ranges of a stream that allowed passages take up, but for empty ones."""
    whole = np.array([0, len(view.streams[number].codes)])
    ranges = whole if allowed is None else ranges_of(view, number, allowed)
    for low, high in ranges.reshape(-1, 2).tolist():
        if high > low:
            yield low, high


def _read(view: PackView, number: int, overlap: int, allowed: Mask | None) -> Iterator[str]:
    """Yield the folded text of a stream in pieces, each with so many characters of the one before."""
    codes = view.streams[number].codes
    for low, high in _regions(view, number, allowed):
        for start in range(low, high, _AT_ONCE):
            deadline.check()
            yield text_of(codes[max(start - overlap, low) : min(start + _AT_ONCE, high)])


def _in_print_alone(view: PackView, size: int, allowed: Mask | None) -> Iterator[str]:
    """Yield each place of a gram that the printed order alone has: over a seam, or with what it reads otherwise."""
    printed = view.printed
    total = len(printed.codes)
    if not total:
        return
    seams = printed.segments.starts[1:-1].astype(np.int64)
    repeats = printed.repeats.astype(np.int64)
    near = [seams - back for back in range(1, size)] + [repeats - back for back in range(size)]
    places = np.unique(np.concatenate(near)) if near else np.empty(0, np.int64)
    places = places[(places >= 0) & (places + size <= total)]
    if allowed is not None:
        places = places[are_in(places, ranges_of(view, PRINTED, allowed))]
    for first in range(0, len(places), _AT_ONCE):
        deadline.check()
        rows = printed.codes.take(places[first : first + _AT_ONCE, None] + np.arange(size))
        text = text_of(rows.ravel())
        yield from (text[at : at + size] for at in range(0, len(text), size))


def are_words(view: PackView, starts: Places, ends: Places) -> Mask:
    """Return which ranges of the main stream of modern works are one word each, and none of its parts."""
    inner = view.inside.searchsorted(ends) - view.inside.searchsorted(starts, side="right")
    one: Mask = ~among(starts, view.inside) & ~among(ends, view.inside) & (inner == ends - starts - 1)
    return one
