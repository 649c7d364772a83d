"""Runs that two texts share: stretches in which they agree character for character, as rows of numbers.

A run is maximal where the characters before it differ, and those after it, or there are none. A
:data:`indexer.text.streams.BOUNDARY` is in no run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import copy
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from indexer.text.streams import BOUNDARY, Codes
from search import deadline
from search.ranking.pieces import Numbers

AT_ONCE = 1 << 20
"""Places that are compared together."""
_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)
"""An odd number near 2^64 over the golden ratio, which spreads keys evenly (Knuth, TAOCP 3, 6.4)."""


class Runs(NamedTuple):
    """Runs, a row each: where it begins in a text, where in another, and its length in characters."""

    at: Numbers
    places: Numbers
    lengths: Numbers

    @classmethod
    def none(cls) -> Runs:
        """Return no runs."""
        return cls(*(np.empty(0, np.int64) for _ in cls._fields))

    @classmethod
    def joined(cls, parts: Sequence[Runs]) -> Runs:
        """Return the runs of all parts, one after another."""
        return cls(*map(np.concatenate, zip(cls.none(), *parts, strict=True)))

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_] | slice) -> Runs:
        """Return some rows, in their order."""
        return Runs(self.at[rows], self.places[rows], self.lengths[rows])

    def turned(self) -> Runs:
        """Return them as runs that the other text shares with the first."""
        return Runs(self.places, self.at, self.lengths)

    def moved(self, at: int, places: int) -> Runs:
        """Return them counted from elsewhere in both texts."""
        return Runs(self.at + at, self.places + places, self.lengths)


def united(pieces: Runs) -> Runs:
    """Return the runs that pieces of them make, which overlap or touch; in order of the diagonal, then of place."""
    diagonals = pieces.places - pieces.at
    order = np.lexsort((pieces.at, diagonals))
    diagonals, starts = diagonals[order], pieces.at[order]
    ends = starts + pieces.lengths[order]
    if not len(order):
        return Runs.none()
    # Ends rise over all diagonals when each diagonal is lifted above the one before.
    numbers = np.cumsum(np.append(0, np.diff(diagonals) != 0))
    lift = numbers * (int(ends.max()) + 1)
    reached = np.maximum.accumulate(ends + lift)
    fresh = np.append(True, starts[1:] + lift[1:] > reached[:-1])
    firsts = np.flatnonzero(fresh)
    lasts = np.append(firsts[1:], len(order)) - 1
    at = starts[firsts]
    return Runs(at, at + diagonals[firsts], (reached - lift)[lasts] - at)


class Shingles:
    """The shingles of a text, sorted, by which runs that it shares with others are found.

    A shingle is so many characters in a row (Broder, “On the resemblance and containment of documents”, 1997), known by
    a number of 64 bits; those that are equal are compared character by character before they count.
    """

    def __init__(self, text: Codes, size: int) -> None:
        self._text, self._size = text, size
        hashes, places = _hashes(text, size)
        order = np.argsort(hashes, kind="stable")
        self._hashes, self._places = hashes[order], places[order]

    def within(self, start: int, end: int) -> Shingles:
        """Return those of a stretch of the text, before and behind which it has a boundary, or nothing."""
        if start == 0 and end >= len(self._text):
            return self
        found, kept = copy(self), (start <= self._places) & (self._places < end)
        found._hashes, found._places = self._hashes[kept], self._places[kept]
        return found

    def shared(self, other: Codes) -> Iterator[Runs]:
        """Yield all maximal runs of the size or more that another text shares, some at a time.

        Time and memory go with the lengths of both texts and the number of runs; what repeats itself in both takes time
        with every pair of places, never memory.

        Raises:
            SearchTimeout: it takes longer than the caller has allowed.
        """
        hashes, places = _hashes(other, self._size)
        low = self._hashes.searchsorted(hashes)
        known = np.flatnonzero(low < len(self._hashes))
        known = known[self._hashes[low[known]] == hashes[known]]
        low, places, hashes = low[known], places[known], hashes[known]
        counts = self._hashes.searchsorted(hashes, side="right") - low
        for first, last in _batches(counts):
            deadline.check()
            mine = counts[first:last]
            rows = np.arange(int(mine.sum())) - np.repeat(np.cumsum(mine) - mine - low[first:last], mine)
            yield self._begun(other, self._places[rows], np.repeat(places[first:last], mine))

    def _begun(self, other: Codes, at: Numbers, places: Numbers) -> Runs:
        """Return the maximal runs that begin at pairs of places where shingles seem to be equal."""
        text = self._text
        before = (at > 0) & (places > 0)
        goes_on = before & (text[at - 1] == other[places - 1]) & (text[at - 1] != BOUNDARY)
        at, places = at[~goes_on], places[~goes_on]
        lengths = np.zeros(len(at), np.int64)
        active = np.arange(len(at))
        while len(active):
            deadline.check()
            here, there = at[active] + lengths[active], places[active] + lengths[active]
            steps = np.arange(_STEP)
            ours = text.take(here[:, None] + steps, mode="clip")
            theirs = other.take(there[:, None] + steps, mode="clip")
            inside = (here[:, None] + steps < len(text)) & (there[:, None] + steps < len(other))
            same = inside & (ours == theirs) & (ours != BOUNDARY)
            agreed = np.where(same.all(axis=1), _STEP, same.argmin(axis=1))
            lengths[active] += agreed
            active = active[agreed == _STEP]
        return Runs(at, places, lengths).take(lengths >= self._size)


_STEP = 32
"""Characters by which runs are followed."""


def _hashes(text: Codes, size: int) -> tuple[NDArray[np.uint64], Numbers]:
    """Return the hashes of all shingles without a boundary, and where each begins.

    That of a longer one is made of those of two shorter ones, which may overlap, so that it takes few steps.
    """
    count = len(text) - size + 1
    if count <= 0:
        return np.empty(0, np.uint64), np.empty(0, np.int64)
    hashes, known = text.astype(np.uint64), 1
    while known < size:
        step = min(known, size - known)
        hashes = _mixed(hashes[:-step] * _MULTIPLIER + hashes[step:])
        known += step
    boundaries = np.cumsum(np.append(0, text == BOUNDARY))
    places = np.flatnonzero(boundaries[size:] == boundaries[:-size])
    return hashes[places], places


def _mixed(hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    return (hashes ^ (hashes >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)


def _batches(counts: Numbers) -> Iterator[tuple[int, int]]:
    """Yield half-open ranges of rows that have some :data:`AT_ONCE` in sum, and one row at least."""
    totals = np.append(0, np.cumsum(counts))
    first = 0
    while first < len(counts):
        last = max(int(totals.searchsorted(totals[first] + AT_ONCE, side="right")) - 1, first + 1)
        yield first, last
        first = last
