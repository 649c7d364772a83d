"""Where a phrase stands: verification on the folded streams. What this module finds is the truth; engines narrow.

Everything is vectorised over occurrences: a set of starts is grown by one pattern element at a time.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexer.pack import MAIN, STREAM_NAMES, Pack
from indexer.passages import BOUNDARY, Codes
from search.query import ANY_ONE, ANY_RUN, MAX_RUN, Element

Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Occurrences:
    """Half-open ranges of one pack's stream, sorted by start; ``typed`` says which are spelled as in the query."""

    stream: int
    starts: Places
    ends: Places
    typed: NDArray[np.bool_]

    def where(self, keep: NDArray[np.bool_]) -> Occurrences:
        """Those that a mask keeps."""
        return Occurrences(self.stream, self.starts[keep], self.ends[keep], self.typed[keep])


def find(
    pack: Pack, stream: int, pattern: tuple[Element, ...], typed: tuple[int, ...], passages: Places | None
) -> Occurrences:
    """Every occurrence of ``pattern``, overlapping ones too, one for each start (the shortest, where runs vary).

    ``typed`` are the pattern's characters as the reader typed them, one for each character element. Only starts in
    ``passages`` (numbers in the pack, sorted) are tried, all where it is None.
    """
    if passages is not None and not len(passages):
        nowhere = np.empty(0, np.int64)
        return Occurrences(stream, nowhere, nowhere, np.empty(0, dtype=bool))
    codes, offsets = pack.streams[stream].codes, pack.streams[stream].offsets
    text = pack.text
    first = pattern[0]
    if passages is None:
        starts = np.flatnonzero(codes == first) if isinstance(first, int) else np.flatnonzero(codes != BOUNDARY)
    else:
        starts = _spread(pack, stream, passages)
    at = starts.copy()
    as_typed = np.ones(len(starts), dtype=bool)
    spelled = iter(typed)
    for element in pattern:
        if element is ANY_RUN:
            starts, at, as_typed = _runs(codes, starts, at, as_typed)
            continue
        keep = at < len(codes)
        starts, at, as_typed = starts[keep], at[keep], as_typed[keep]
        keep = codes[at] != BOUNDARY if element is ANY_ONE else codes[at] == element
        starts, at, as_typed = starts[keep], at[keep], as_typed[keep]
        if isinstance(element, int):
            as_typed = as_typed & (text[offsets[at]] == next(spelled))
        at = at + 1
    if ANY_RUN in pattern:
        order = np.lexsort((at, ~as_typed, starts))
        _, unique = np.unique(starts[order], return_index=True)
        starts, at, as_typed = starts[order][unique], at[order][unique], as_typed[order][unique]
    return Occurrences(stream, starts, at, as_typed)


def _spread(pack: Pack, stream: int, passages: Places) -> Places:
    """Every place of the stream in these passages."""
    name = STREAM_NAMES[stream]
    rows = pack.passages[passages]
    begins = rows[f"{name}_start"].astype(np.int64)
    lengths = rows[f"{name}_end"].astype(np.int64) - begins
    shifts = np.repeat(begins - np.concatenate([[0], np.cumsum(lengths)[:-1]]), lengths)
    places: Places = np.arange(int(lengths.sum())) + shifts
    return places


def _runs(
    codes: Codes, starts: Places, at: Places, typed: NDArray[np.bool_]
) -> tuple[Places, Places, NDArray[np.bool_]]:
    """Every way to pass over up to MAX_RUN characters, none of them a boundary."""
    found = [(starts, at, typed)]
    for _ in range(MAX_RUN):
        keep = at < len(codes)
        starts, at, typed = starts[keep], at[keep], typed[keep]
        keep = codes[at] != BOUNDARY
        starts, at, typed = starts[keep], at[keep] + 1, typed[keep]
        found.append((starts, at, typed))
    return (
        np.concatenate([each[0] for each in found]),
        np.concatenate([each[1] for each in found]),
        np.concatenate([each[2] for each in found]),
    )


def near(pack: Pack, left: Occurrences, right: Occurrences, distance: int) -> Occurrences:
    """Those of ``left`` that have one of ``right`` within ``distance`` characters, before or after, not overlapping."""
    if not len(right.starts):
        return left.where(np.zeros(len(left.starts), dtype=bool))
    boundaries = np.flatnonzero(pack.streams[left.stream].codes == BOUNDARY)

    def stretch(places: Places) -> Places:
        return np.searchsorted(boundaries, places)

    keep = np.zeros(len(left.starts), dtype=bool)
    begins, ends = np.sort(right.starts), np.sort(right.ends)
    after = np.searchsorted(begins, left.ends)
    has = after < len(begins)
    other = begins[np.minimum(after, len(begins) - 1)]
    keep |= has & (other - left.ends <= distance) & (stretch(other) == stretch(left.starts))
    before = np.searchsorted(ends, left.starts, side="right") - 1
    has = before >= 0
    other = ends[np.maximum(before, 0)]
    keep |= has & (left.starts - other <= distance) & (stretch(np.maximum(other - 1, 0)) == stretch(left.starts))
    return left.where(keep)


def passages_of(pack: Pack, found: Occurrences) -> Places:
    """The passage in which each occurrence starts."""
    places: Places = np.searchsorted(pack.stream_starts[found.stream], found.starts, side="right") - 1
    return places


def whole(pack: Pack, found: Occurrences) -> NDArray[np.bool_]:
    """Which occurrences cut no word in two; none does where the text is classical, or a note."""
    if found.stream != MAIN or not len(pack.inside):
        return np.ones(len(found.starts), dtype=bool)
    return ~(np.isin(found.starts, pack.inside) | np.isin(found.ends, pack.inside))


def in_passage(pack: Pack, found: Occurrences, passage: int) -> Occurrences:
    """Those that start in one passage."""
    row = pack.passages[passage]
    name = STREAM_NAMES[found.stream]
    low, high = np.searchsorted(found.starts, (int(row[f"{name}_start"]), int(row[f"{name}_end"])))
    return Occurrences(found.stream, found.starts[low:high], found.ends[low:high], found.typed[low:high])


def original_ranges(pack: Pack, found: Occurrences) -> list[tuple[int, int]]:
    """The stretches of the pack's text that the occurrences cover, sorted and merged.

    Punctuation and line ends inside an occurrence are covered; a note that interrupts it is not.
    """
    offsets = pack.streams[found.stream].offsets
    ranges: list[tuple[int, int]] = []
    for start, end in zip(found.starts.tolist(), found.ends.tolist(), strict=True):
        first, last = int(offsets[start]), int(offsets[end - 1]) + 1
        if found.stream == 0:
            for note_start, note_end in list(pack.notes_between(first, last)):
                if note_start > first:
                    ranges.append((first, note_start))
                first = note_end
        if last > first:
            ranges.append((first, last))
    return merged(ranges)


def merged(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Sorted ranges without overlap.

    >>> merged([(4, 6), (0, 2), (1, 3)])
    [(0, 3), (4, 6)]
    """
    result: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return result
