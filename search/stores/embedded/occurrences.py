"""Occurrences in the packs of a snapshot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from search import deadline
from search.exact.matching import StreamRanges
from search.exact.occurrences import Columns, Numbers, OccurrenceBlock, SectionPlace, StoredOccurrences, place
from search.stores.embedded.snapshot import Snapshot


def occurrences_of(snapshot: Snapshot, found: Mapping[int, Sequence[StreamRanges]]) -> StoredOccurrences:
    """Return the occurrences found in each pack, in order of place."""
    columns = [_columns(snapshot, number, each) for number, ranges in found.items() for each in ranges]
    return StoredOccurrences(PackTexts(snapshot), Columns.joined(columns))


def _columns(snapshot: Snapshot, number: int, found: StreamRanges) -> Columns:
    deadline.check()
    pack = snapshot.packs[number]
    ranks = np.array([snapshot.ranks.get((number, work), 0) for work in range(len(pack.works))], np.int64)
    offsets = pack.streams[found.stream].original_starts(found.starts)
    return Columns.of(number, found, place(ranks[pack.passage_works[found.passages]], offsets))


@dataclass(frozen=True)
class PackTexts:
    """See :class:`search.exact.occurrences.OccurrenceTexts`; the texts are packs, by number."""

    snapshot: Snapshot

    def sections(self, columns: Columns) -> tuple[Sequence[SectionPlace], Numbers]:
        """See :meth:`search.exact.occurrences.OccurrenceTexts.sections`."""
        keys = np.zeros(len(columns), np.int64)
        places: list[SectionPlace] = []
        for number in np.unique(columns.texts).tolist():
            pack, rows = self.snapshot.packs[number], np.flatnonzero(columns.texts == number)
            sections = pack.passages["section"][columns.passages[rows]]
            table = np.zeros(len(pack.sections), np.int64)
            for section in np.flatnonzero(np.bincount(sections, minlength=len(pack.sections))).tolist():
                table[section] = len(places)
                work, within = (int(pack.sections[section][name]) for name in ("work", "number"))
                title = pack.works[work].section_titles[within]
                places.append(SectionPlace(self.snapshot.cards[number, work], within, title))
            keys[rows] = table[sections]
        return places, keys

    def blocks(self, columns: Columns, around: int, shown: int = 0) -> Iterator[OccurrenceBlock]:
        """See :meth:`search.exact.occurrences.OccurrenceTexts.blocks`; here all of a text is at hand."""
        for number in np.unique(columns.texts).tolist():
            mine = columns.texts == number
            for stream in np.unique(columns.streams[mine]).tolist():
                deadline.check()
                rows = np.flatnonzero(mine & (columns.streams == stream))
                some = columns.take(rows)
                starts, ends, passages = (each.astype(np.int64) for each in (some.starts, some.ends, some.passages))
                yield OccurrenceBlock(
                    self.snapshot.packs[number],
                    rows,
                    StreamRanges(stream, starts, ends, some.typed, passages, some.slips),
                )
