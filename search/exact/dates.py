"""Where dates stand whose years were asked for, as they were annotated when the texts were indexed."""

from __future__ import annotations

import numpy as np

from indexer.store.pack import PackView
from search.dates import When
from search.exact.matching import StreamRanges, first_of_each, passages_at


def find_dates(pack: PackView, number: int, when: When) -> StreamRanges:
    """Find every date of the text or the notes that may lie in the years; those that surely do count as typed.

    A date is sure if nothing about it is in doubt, and all its years are among those that were asked for.
    """
    rows = pack.dated[number]
    firsts, lasts = np.array(when.years, np.int64).T
    at = lasts.searchsorted(rows["first"])
    known = at < len(lasts)
    at = np.minimum(at, len(lasts) - 1)
    meant = known & (firsts[at] <= rows["last"])
    is_sure = meant & (firsts[at] <= rows["first"]) & (rows["last"] <= lasts[at]) & (rows["doubts"] == 0)
    starts = rows["start"][meant].astype(np.int64)
    fresh = first_of_each(starts)
    starts = starts[fresh]
    ends = rows["end"][meant][fresh].astype(np.int64)
    return StreamRanges.exact(number, starts, ends, is_sure[meant][fresh], passages_at(pack, number, starts))
