"""The order of results."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from search.model import Sort
from search.snapshot import Snapshot

_LATEST = 1 << 31
"""Sorts works without a year behind all others."""


def ordered(
    snapshot: Snapshot, sort: Sort, passages: NDArray[np.int64], scores: NDArray[np.float64], end: int
) -> NDArray[np.int64]:
    """Return the positions of the passages that come first, at least ``end`` of them where there are so many."""
    if sort is Sort.RELEVANCE:
        best = np.arange(len(scores))
        if len(scores) > end:
            # All that is as good as the last one shown: what is equal is told apart by its place.
            best = np.flatnonzero(scores >= np.partition(scores, -end)[-end])
        return best[np.lexsort((passages[best], -scores[best]))]
    ranks = snapshot.of_works(passages, snapshot.ranks)
    if sort is Sort.PLACE:
        return np.lexsort((passages, ranks)).astype(np.int64)
    years = {place: _LATEST if card.record.year is None else card.record.year for place, card in snapshot.cards.items()}
    return np.lexsort((passages, ranks, snapshot.of_works(passages, years))).astype(np.int64)
