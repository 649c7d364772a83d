"""Chains: shared runs that follow each other in both texts, close together, become one stretch."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from indexer.text.streams import BOUNDARY, Codes
from search import deadline
from search.parallels.alignment import EDIT, SAME
from search.parallels.runs import Runs

FAR = 30
"""Characters between two runs of a chain in either text, at most."""
_BACK = 60
"""Runs before one that are looked at for the one that it follows."""


def by_segment(text: Codes, runs: Runs) -> Iterator[tuple[int, int, Runs]]:
    """Yield the runs of each unbroken segment of a text that has any, with where it starts and ends."""
    boundaries = np.flatnonzero(text == BOUNDARY)
    of = boundaries.searchsorted(runs.at)
    for number in np.unique(of).tolist():
        low = int(boundaries[number - 1]) + 1 if number else 0
        high = int(boundaries[number]) if number < len(boundaries) else len(text)
        yield low, high, runs.take(of == number)


def chained(runs: Runs) -> list[Runs]:
    """Return the chains of runs, each run in one of them, the best chain first.

    Of all runs that one can follow it follows that by which the score of an alignment becomes the greatest: so much
    for a shared character, so much off for each that would be another one between them (Lastz's chaining: Harris, 2007,
    in one dimension less). Where two runs overlap in one of the texts, the later one begins behind the overlap.
    """
    order = np.lexsort((runs.at, runs.places))
    at, places, lengths = (column[order].tolist() for column in runs)
    best: list[int] = []
    before: list[int] = []
    for row in range(len(order)):
        if row % 1000 == 0:
            deadline.check()
        gain, chosen = 0, -1
        for other in range(row - 1, max(row - 1 - _BACK, -1), -1):
            ahead = min(at[row] - at[other], places[row] - places[other])
            if ahead <= 0:
                continue
            overlap = lengths[other] - ahead
            if overlap >= lengths[row]:
                continue
            between = max(at[row] - at[other], places[row] - places[other]) - lengths[other] + max(overlap, 0)
            if between > FAR:
                continue
            better = best[other] - max(overlap, 0) * SAME - between * EDIT
            if better > gain:
                gain, chosen = better, other
        best.append(lengths[row] * SAME + gain)
        before.append(chosen)
    return [_trimmed(at, places, lengths, chain) for chain in _traced(best, before)]


def _traced(best: list[int], before: list[int]) -> list[list[int]]:
    """Return the rows of chains from their ends, the best first; what belongs to a better one ends another."""
    used = [False] * len(best)
    chains = []
    for row in sorted(range(len(best)), key=lambda row: -best[row]):
        chain = []
        while row >= 0 and not used[row]:
            used[row] = True
            chain.append(row)
            row = before[row]
        if chain:
            chains.append(chain[::-1])
    return chains


def _trimmed(at: list[int], places: list[int], lengths: list[int], chain: list[int]) -> Runs:
    """Return the runs of a chain without what two of them would share."""
    rows: list[tuple[int, int, int]] = []
    for row in chain:
        cut = 0
        if rows:
            last_at, last_place, last_length = rows[-1]
            cut = max(last_at + last_length - at[row], last_place + last_length - places[row], 0)
        if cut < lengths[row]:
            rows.append((at[row] + cut, places[row] + cut, lengths[row] - cut))
    return Runs(*np.array(rows, np.int64).T)
