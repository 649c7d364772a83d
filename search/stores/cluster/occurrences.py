"""Occurrences in parts of texts, which are fetched again for what is to be seen of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from indexer.cluster.assembling import Assembled
from indexer.cluster.parts import PartKey
from search import deadline
from search.exact.matching import StreamRanges
from search.exact.occurrences import Columns, Numbers, OccurrenceBlock, SectionPlace, StoredOccurrences, place
from search.stores.cluster.deciding import Batch
from search.stores.cluster.gathering import gather
from search.stores.cluster.view import View

_PARTS = 256
"""Parts that are put together at once."""


class Gathered:
    """Occurrences as they are found, batch by batch, in order of place; their parts are numbered in that order."""

    def __init__(self) -> None:
        self._numbers: dict[PartKey, int] = {}
        self._columns: list[Columns] = []
        self.count = 0

    def add(self, batch: Batch) -> None:
        """Add what was found in some texts."""
        texts, ranges = batch.texts, batch.found.occurrences if batch.found else []
        if not ranges:
            return
        owners = [texts.part_of(found.passages) for found in ranges]
        numbers = np.zeros(len(texts.parts), np.int64)
        for at in np.unique(np.concatenate(owners)).tolist():
            numbers[at] = self._numbers.setdefault(texts.parts[at].key, len(self._numbers))
        begins = texts.passages["start"][texts.part_rows].astype(np.int64)
        for found, parts in zip(ranges, owners, strict=True):
            offsets = texts.streams[found.stream].original_starts(found.starts) - begins[parts]
            within = _moved(found, -texts.part_starts[found.stream][parts], -texts.part_rows[parts])
            self._columns.append(Columns.of(numbers[parts], within, place(numbers[parts], offsets)))
            self.count += len(found.starts)

    def occurrences(self, view: View, *, at_least: bool) -> StoredOccurrences:
        """Return all that was added."""
        texts = PartTexts(view, tuple(self._numbers))
        return StoredOccurrences(texts, Columns.joined(self._columns), at_least=at_least)


@dataclass(frozen=True)
class PartTexts:
    """See :class:`search.exact.occurrences.OccurrenceTexts`; the texts are parts, by number."""

    view: View
    parts: tuple[PartKey, ...]

    def sections(self, columns: Columns) -> tuple[Sequence[SectionPlace], Numbers]:
        """See :meth:`search.exact.occurrences.OccurrenceTexts.sections`."""
        known: dict[tuple[str, int], int] = {}
        table = np.zeros(len(self.parts), np.int64)
        for number in np.unique(columns.texts).tolist():
            work, section, _ = self.parts[number]
            table[number] = known.setdefault((work, section), len(known))
        works = self.view.works
        places = [SectionPlace(works[work].card, section, works[work].titles[section]) for work, section in known]
        return places, table[columns.texts]

    def blocks(self, columns: Columns, around: int, shown: int = 0) -> Iterator[OccurrenceBlock]:
        """See :meth:`search.exact.occurrences.OccurrenceTexts.blocks`."""
        order = np.argsort(columns.texts, kind="stable")
        numbers, firsts = np.unique(columns.texts[order], return_index=True)
        ends = np.append(firsts, len(order))
        for low in range(0, len(numbers), _PARTS):
            deadline.check()
            some = numbers[low : low + _PARTS]
            rows = order[ends[low] : ends[low + len(some)]]
            mine = columns.take(rows)
            keys = [self.parts[number] for number in some.tolist()]
            texts = gather(self.view, keys, partial(self._lacking, mine, around, shown))
            for here, found in self._found(texts, mine):
                yield OccurrenceBlock(texts, rows[here], found)

    def _found(self, texts: Assembled, columns: Columns) -> Iterator[tuple[Numbers, StreamRanges]]:
        """Yield the rows of occurrences in each stream, and where they are in texts that hold them."""
        known = {part.key: at for at, part in enumerate(texts.parts)}
        numbers, of_rows = np.unique(columns.texts, return_inverse=True)
        parts = np.array([known[self.parts[number]] for number in numbers.tolist()], np.int64)[of_rows]
        for stream in np.unique(columns.streams).tolist():
            rows = np.flatnonzero(columns.streams == stream)
            some = columns.take(rows)
            starts, ends, passages = (each.astype(np.int64) for each in (some.starts, some.ends, some.passages))
            within = StreamRanges(stream, starts, ends, some.typed, passages, some.slips)
            yield rows, _moved(within, texts.part_starts[stream][parts[rows]], texts.part_rows[parts[rows]])

    def _lacking(self, columns: Columns, around: int, shown: int, texts: Assembled) -> set[PartKey]:
        """Return the parts that are not here and hold what is wanted around occurrences."""
        lacking: set[PartKey] = set()
        for _, found in self._found(texts, columns):
            longest = int((found.ends - found.starts).max())
            lacking |= texts.lacking(np.unique(found.passages), around, around + longest)
            if shown and not lacking:
                stream = texts.streams[found.stream]
                first, last = stream.original_starts(found.starts) - shown, stream.original_ends(found.ends - 1) + shown
                lacking |= texts.lacking_text(found.passages, first, last)
        return lacking


def _moved(found: StreamRanges, places: Numbers, passages: Numbers) -> StreamRanges:
    """Return occurrences with their places and passages counted from elsewhere."""
    return replace(found, starts=found.starts + places, ends=found.ends + places, passages=found.passages + passages)
