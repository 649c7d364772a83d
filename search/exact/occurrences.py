"""The occurrences of a query in packs, as columns.

An occurrence is a row of five columns, a few bytes each; its text, context and record are read when it is shown. So a
million of them fit in some tens of megabytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.store.layout import NOTES
from indexer.store.pack import Pack
from indexer.text.streams import BOUNDARY, text_of
from search import deadline
from search.exact.matching import StreamRanges, original_ranges
from search.model import WorkCard
from search.occurrences import CONTEXT, Group, Grouping, Occurrence, Occurrences, Order
from search.stores.embedded.snapshot import Snapshot

MOST_COMPARED = 60
"""Characters of context that are compared in sorting; what is alike so far is in order of place."""
_AT_ONCE = 3
"""Characters of context that one comparison takes: three code points of 21 bits fit in 64."""
_CODE_POINT_BITS = 21
_STREAMS = 3

Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class _Columns:
    """Occurrences as columns: pack, stream, half-open range of the stream, passage, and whether spelled as typed."""

    packs: NDArray[np.int32]
    streams: NDArray[np.int8]
    starts: NDArray[np.uint32]
    ends: NDArray[np.uint32]
    passages: NDArray[np.uint32]
    typed: NDArray[np.bool_]

    @classmethod
    def of(cls, found: Mapping[int, Sequence[StreamRanges]]) -> _Columns:
        parts = [(number, each) for number, ranges in found.items() for each in ranges]
        sizes = [len(each.starts) for _, each in parts]
        return cls(
            np.repeat(np.array([number for number, _ in parts], np.int32), sizes),
            np.repeat(np.array([each.stream for _, each in parts], np.int8), sizes),
            _joined([each.starts for _, each in parts], np.uint32),
            _joined([each.ends for _, each in parts], np.uint32),
            _joined([each.passages for _, each in parts], np.uint32),
            _joined([each.typed for _, each in parts], np.bool_),
        )

    def __len__(self) -> int:
        return len(self.starts)

    def take(self, rows: Numbers) -> _Columns:
        """Return some rows, in their order."""
        return _Columns(
            self.packs[rows],
            self.streams[rows],
            self.starts[rows],
            self.ends[rows],
            self.passages[rows],
            self.typed[rows],
        )

    @cached_property
    def blocks(self) -> list[tuple[int, int, Numbers]]:
        """Pack, stream and rows of every stream that has some."""
        key = self.packs.astype(np.int64) * _STREAMS + self.streams
        found = np.unique(key).tolist()
        return [(each // _STREAMS, each % _STREAMS, np.flatnonzero(key == each)) for each in found]


class StoredOccurrences(Occurrences):
    """All occurrences of a query in a snapshot, in an order. See :class:`search.occurrences.Occurrences`."""

    def __init__(self, snapshot: Snapshot, columns: _Columns, context: int = CONTEXT) -> None:
        self._snapshot = snapshot
        self._columns = columns
        self._context = context

    @classmethod
    def of(cls, snapshot: Snapshot, found: Mapping[int, Sequence[StreamRanges]]) -> StoredOccurrences:
        """Return the occurrences found in each pack, in order of place: works by id, then as they stand."""
        columns = _Columns.of(found)
        return cls(snapshot, columns.take(_by_place(snapshot, columns)))

    def __len__(self) -> int:
        return len(self._columns)

    def __getitem__(self, key: int | slice) -> Occurrence | tuple[Occurrence, ...]:  # type: ignore[override]  # as its base
        if isinstance(key, slice):
            return tuple(self._read(row) for row in range(*key.indices(len(self))))
        return self._read(range(len(self))[key])

    def __iter__(self) -> Iterator[Occurrence]:
        return map(self._read, range(len(self)))

    def with_context(self, characters: int) -> StoredOccurrences:
        """See :meth:`search.occurrences.Occurrences.with_context`."""
        return StoredOccurrences(self._snapshot, self._columns, characters)

    def sorted_by(self, order: Order) -> StoredOccurrences:
        """See :meth:`search.occurrences.Occurrences.sorted_by`."""
        by_place = self._columns.take(_by_place(self._snapshot, self._columns))
        if order is not Order.PLACE:
            by_place = by_place.take(_by_context(self._snapshot, by_place, order))
        return StoredOccurrences(self._snapshot, by_place, self._context)

    def grouped_by(self, grouping: Grouping) -> tuple[Group, ...]:
        """See :meth:`search.occurrences.Occurrences.grouped_by`."""
        values, labels, of_rows = self._groups(grouping)
        counts = np.bincount(of_rows, minlength=len(values)).tolist()
        groups = [
            Group(value, label, count) for value, label, count in zip(values, labels, counts, strict=True) if value
        ]
        return tuple(sorted(groups, key=lambda group: (-group.count, group.value)))

    def within(self, grouping: Grouping, value: str) -> StoredOccurrences:
        """See :meth:`search.occurrences.Occurrences.within`."""
        values, _, of_rows = self._groups(grouping)
        if value not in values:
            return StoredOccurrences(self._snapshot, self._columns.take(np.empty(0, np.int64)), self._context)
        rows = np.flatnonzero(of_rows == values.index(value))
        return StoredOccurrences(self._snapshot, self._columns.take(rows), self._context)

    def sample(self, size: int, seed: int) -> StoredOccurrences:
        """See :meth:`search.occurrences.Occurrences.sample`."""
        rows = np.random.default_rng(seed).permutation(len(self))[:size]
        return StoredOccurrences(self._snapshot, self._columns.take(np.sort(rows)), self._context)

    def _groups(self, grouping: Grouping) -> tuple[list[str], list[str], Numbers]:
        """Return the values of a grouping, their labels, and for each occurrence the number of its value."""
        if grouping is Grouping.SPELLING:
            return self._spellings()
        keys = np.zeros(len(self), np.int64)
        names: dict[tuple[str, str], int] = {}
        for number, _, rows in self._columns.blocks:
            pack = self._snapshot.packs[number]
            passages = self._columns.passages[rows]
            sections = pack.passages["section"][passages]
            table = np.zeros(len(pack.sections), np.int64)
            for section in np.flatnonzero(np.bincount(sections, minlength=len(pack.sections))).tolist():
                row = pack.sections[section]
                card = self._snapshot.cards[number, int(row["work"])]
                table[section] = names.setdefault(_named(grouping, card, pack, section), len(names))
            keys[rows] = table[sections]
        return [value for value, _ in names], [label for _, label in names], keys

    def _spellings(self) -> tuple[list[str], list[str], Numbers]:
        keys = np.zeros(len(self), np.int64)
        values: list[str] = []
        columns = self._columns
        lengths = (columns.ends - columns.starts).astype(np.int64)
        for length in np.unique(lengths).tolist():
            mine = np.flatnonzero(lengths == length)
            some = columns.take(mine)
            letters = np.zeros((len(mine), length), np.uint32)
            for number, stream, rows in some.blocks:
                pack = self._snapshot.packs[number]
                places = some.starts[rows].astype(np.int64)[:, None] + np.arange(length)
                letters[rows] = pack.text[pack.streams[stream].offsets[places]]
            found, inverse = _unique_rows(letters)
            keys[mine] = inverse + len(values)
            values += [text_of(row) for row in found]
        return values, values, keys

    def _read(self, row: int) -> Occurrence:
        columns = self._columns
        number, stream = int(columns.packs[row]), int(columns.streams[row])
        pack = self._snapshot.packs[number]
        passage = pack.passages[columns.passages[row]]
        section = pack.sections[passage["section"]]
        begin, stop = int(section["start"]), int(section["end"])
        one = slice(row, row + 1)
        ranges = original_ranges(
            pack,
            StreamRanges(
                stream,
                columns.starts[one].astype(np.int64),
                columns.ends[one].astype(np.int64),
                columns.typed[one],
                columns.passages[one].astype(np.int64),
            ),
        )
        first, last = ranges[0][0], ranges[-1][1]
        label, facsimile = pack.page(int(passage["page"]))
        work, section_number = int(section["work"]), int(section["number"])
        return Occurrence(
            work=self._snapshot.cards[number, work],
            section=pack.works[work].section_titles[section_number],
            section_number=section_number,
            page=label,
            facsimile=facsimile,
            start=first - begin,
            end=last - begin,
            ranges=tuple((a - begin, b - begin) for a, b in ranges),
            text=text_of(pack.text[first:last]),
            left=text_of(pack.text[max(begin, first - self._context) : first]),
            right=text_of(pack.text[last : min(stop, last + self._context)]),
            in_notes=stream == NOTES,
            typed=bool(columns.typed[row]),
        )


def _joined(parts: Sequence[NDArray[Any]], kind: type[np.generic]) -> NDArray[Any]:
    return np.concatenate([np.empty(0, kind), *(part.astype(kind) for part in parts)])


def _named(grouping: Grouping, card: WorkCard, pack: Pack, section: int) -> tuple[str, str]:
    """Return value and label of a section's group."""
    record = card.record
    match grouping:
        case Grouping.SECTION:
            number = int(pack.sections["number"][section])
            title = pack.works[int(pack.sections["work"][section])].section_titles[number]
            return f"{card.id}/{number}", f"{record.title} {title}"
        case Grouping.DYNASTY:
            return record.dynasty, record.dynasty
        case Grouping.CATEGORY:
            return record.category, record.category
        case _:
            return card.id, record.title


def _unique_rows(letters: NDArray[np.uint32]) -> tuple[NDArray[np.uint32], Numbers]:
    """Return the different rows, and for each row the number of its like; by columns, which is far quicker."""
    group = np.zeros(len(letters), np.int64)
    for column in letters.T:
        _, codes = np.unique(column, return_inverse=True)
        _, group = np.unique(group * (int(codes.max(initial=0)) + 1) + codes, return_inverse=True)
    _, firsts = np.unique(group, return_index=True)
    return letters[firsts], group.astype(np.int64)


def _by_place(snapshot: Snapshot, columns: _Columns) -> Numbers:
    """Return the rows in order of place: by the work's id, then by where they stand in it, then the shortest first."""
    keys = np.zeros(len(columns), np.uint64)
    for number, stream, rows in columns.blocks:
        deadline.check()
        pack = snapshot.packs[number]
        ranks = np.array([snapshot.ranks.get((number, work), 0) for work in range(len(pack.works))], np.uint64)
        works = pack.passage_works[columns.passages[rows]]
        offsets = pack.streams[stream].offsets[columns.starts[rows].astype(np.int64)]
        keys[rows] = ranks[works] << np.uint64(32) | offsets.astype(np.uint64)
    return np.lexsort((columns.ends, columns.streams, keys)).astype(np.int64)


def _by_context(snapshot: Snapshot, columns: _Columns, side: Order) -> Numbers:
    """Return the rows in order of the folded characters on one side, read outward; equals stay as they are.

    The rows are parted into groups of equal context, which are parted again by the next characters until each is alone
    or its context ends: only what is still equal is looked at again (multikey sort, Bentley and Sedgewick, SODA 1997).
    """
    ranks = np.zeros(len(columns), np.int64)  # the position at which a row's group begins
    rows = np.arange(len(columns))
    for depth in range(0, MOST_COMPARED, _AT_ONCE):
        if not len(rows):
            break
        keys = _context_keys(snapshot, columns.take(rows), side, depth)
        order = np.lexsort((keys, ranks[rows]))
        rows, keys = rows[order], keys[order]
        old = ranks[rows]
        outer = np.flatnonzero(np.append(True, old[1:] != old[:-1]))
        inner = np.flatnonzero(np.append(True, (old[1:] != old[:-1]) | (keys[1:] != keys[:-1])))
        sizes = np.diff(inner, append=len(rows))
        begins = old[inner] + inner - outer[np.searchsorted(outer, inner, side="right") - 1]
        ranks[rows] = np.repeat(begins, sizes)
        ended = keys & np.uint64((1 << _CODE_POINT_BITS) - 1) == BOUNDARY
        rows = rows[np.repeat(sizes > 1, sizes) & ~ended]
    return np.argsort(ranks, kind="stable").astype(np.int64)


def _context_keys(snapshot: Snapshot, columns: _Columns, side: Order, depth: int) -> NDArray[np.uint64]:
    """Return the next characters of each row's context as one number; behind a boundary there is nothing more."""
    keys = np.zeros(len(columns), np.uint64)
    for number, stream, rows in columns.blocks:
        deadline.check()
        codes = snapshot.packs[number].streams[stream].codes
        going = np.ones(len(rows), dtype=bool)
        for step in range(depth, depth + _AT_ONCE):
            if side is Order.RIGHT:
                places = columns.ends[rows].astype(np.int64) + step
            else:
                places = columns.starts[rows].astype(np.int64) - 1 - step
            inside = (places >= 0) & (places < len(codes))
            letters = np.where(inside, codes.take(np.clip(places, 0, len(codes) - 1)), BOUNDARY)
            going &= letters != BOUNDARY
            keys[rows] = keys[rows] << np.uint64(_CODE_POINT_BITS) | np.where(going, letters, BOUNDARY).astype(
                np.uint64
            )
    return keys
