"""What stands near what: within some characters of a stream, on either side or after it, or within a section."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from indexer.store.pack import PackView
from indexer.store.positions import Places
from search.exact.matching import Mask, StreamRanges
from search.model import SearchError

MOST_PAIRS = 5_000_000
"""Pairs of phrases near each other that are found in a pack; a hundred megabytes of them."""
_NEVER = np.iinfo(np.int64).max


def near(pack: PackView, ranges: StreamRanges, others: StreamRanges, distance: int) -> Mask:
    """Return which ranges have one of the others within a distance, on either side, not overlapping."""
    keep = leading(pack, ranges, others, distance)
    rest = np.flatnonzero(~keep)
    keep[rest] = following(pack, ranges.where(rest), others, distance)
    return keep


def leading(pack: PackView, ranges: StreamRanges, others: StreamRanges, distance: int) -> Mask:
    """Return which ranges have one of the others behind them within a distance."""
    keep = np.zeros(len(ranges.starts), dtype=bool)
    if len(others.starts):
        after = np.searchsorted(others.starts, ranges.ends)
        nearest = others.starts[np.minimum(after, len(others.starts) - 1)]
        rows = np.flatnonzero((after < len(others.starts)) & (nearest - ranges.ends <= distance))
        keep[rows] = pack.streams[ranges.stream].unbroken(ranges.starts[rows], nearest[rows])
    return keep


def following(pack: PackView, ranges: StreamRanges, others: StreamRanges, distance: int) -> Mask:
    """Return which ranges have one of the others before them within a distance."""
    keep = np.zeros(len(ranges.starts), dtype=bool)
    if len(others.starts):
        ends = np.sort(others.ends, kind="stable")
        before = np.searchsorted(ends, ranges.starts, side="right") - 1
        nearest = ends[np.maximum(before, 0)]
        rows = np.flatnonzero((before >= 0) & (ranges.starts - nearest <= distance))
        keep[rows] = pack.streams[ranges.stream].unbroken(nearest[rows] - 1, ranges.starts[rows])
    return keep


def near_pairs(pack: PackView, left: StreamRanges, right: StreamRanges, distance: int) -> StreamRanges:
    """Return the stretch of each pair of one of ``left`` and one of ``right`` that follows within the distance.

    Raises:
        SearchError: there are more than :data:`MOST_PAIRS` in the pack.
    """
    order = np.argsort(right.starts, kind="stable")
    begins = right.starts[order]
    low = np.searchsorted(begins, left.ends)
    counts = np.searchsorted(begins, left.ends + distance, side="right") - low
    if (pairs := int(counts.sum())) > MOST_PAIRS:
        raise SearchError("query-too-complex", f"NEAR/{distance}")
    ones = np.repeat(np.arange(len(left.starts)), counts)
    others = order[np.arange(pairs) - np.repeat(np.cumsum(counts) - counts, counts) + np.repeat(low, counts)]
    keep = pack.streams[left.stream].unbroken(left.starts[ones], right.starts[others])
    ones, others = ones[keep], others[keep]
    ends, typed = right.ends[others], left.typed[ones] & right.typed[others]
    slips = np.maximum(left.slips[ones], right.slips[others])
    return StreamRanges(left.stream, left.starts[ones], ends, typed, left.passages[ones], slips)


@dataclass(frozen=True, slots=True)
class SectionExtents:
    """For each section of a pack, where the first of some occurrences ends in its text, and where the last begins.

    They are of any stream: what stands in a note is in its section as the text around it is.
    """

    pack: PackView
    first_ends: Places
    last_starts: Places

    @classmethod
    def of(cls, pack: PackView, found: Sequence[StreamRanges]) -> SectionExtents:
        """Measure occurrences."""
        first_ends = np.full(len(pack.sections), _NEVER)
        last_starts = np.full(len(pack.sections), -1)
        for each in found:
            sections, starts, ends = _in_text(pack, each)
            np.minimum.at(first_ends, sections, ends)
            np.maximum.at(last_starts, sections, starts)
        return cls(pack, first_ends, last_starts)

    def after(self, ranges: StreamRanges) -> Mask:
        """Return which ranges have one of the occurrences behind them in their section."""
        sections, _, ends = _in_text(self.pack, ranges)
        behind: Mask = self.last_starts[sections] >= ends
        return behind

    def before(self, ranges: StreamRanges) -> Mask:
        """Return which ranges have one of the occurrences before them in their section."""
        sections, starts, _ = _in_text(self.pack, ranges)
        ahead: Mask = self.first_ends[sections] <= starts
        return ahead


def _in_text(pack: PackView, found: StreamRanges) -> tuple[Places, Places, Places]:
    """Return the section of each range, and where in the pack's text it begins and ends."""
    stream = pack.streams[found.stream]
    sections = pack.passages["section"][found.passages].astype(np.int64)
    return sections, stream.original_starts(found.starts), stream.original_ends(found.ends - 1)
