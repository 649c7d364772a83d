"""The occurrences of a query as columns, wherever their texts are.

An occurrence is a row of eight columns, a few bytes each; its text, context and record are read when it is shown. So a
million of them fit in some tens of megabytes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from indexer.dates.date import NO_YEAR
from indexer.store.encoding import Letters
from indexer.store.layout import MAIN, NOTES
from indexer.store.pack import PackView
from indexer.store.streams import StoredStream
from indexer.text.folding import fold
from indexer.text.readings import fold_phrase
from indexer.text.streams import BOUNDARY, text_of
from indexer.text.words import MODERN
from search import deadline
from search.exact.grams import are_words
from search.exact.matching import SLIPS, Slips, StreamRanges, original_ranges
from search.grams import Unit
from search.model import WorkCard
from search.occurrences import (
    CONTEXT,
    Beside,
    Group,
    Grouping,
    Neighbours,
    Occurrence,
    Occurrences,
    Order,
    Side,
    text_group,
    year_value,
)
from search.ranges import among

MOST_COMPARED = 60
"""Characters of context that are compared in sorting; what is alike so far is in order of place."""
_AT_ONCE = 3
"""Characters of context that one comparison takes: three code points of 21 bits fit in 64."""
_CODE_POINT_BITS = 21
_CODE_POINTS = 0x110000
_OFFSET_BITS = 32
_LAST = np.iinfo(np.int64).max
_AROUND_AT_ONCE = 1 << 15
"""Occurrences whose surroundings are looked at together."""
_READ_AT_ONCE = 100
"""Occurrences that are read together where all are."""

Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Columns:
    """Occurrences as columns.

    ``texts`` are numbers of texts, that of each occurrence; ``streams``, half-open ranges and ``passages`` are those of
    its text. ``places`` sort as the works lie by id, and then by where the occurrence begins.
    """

    texts: NDArray[np.int32]
    streams: NDArray[np.int8]
    starts: NDArray[np.uint32]
    ends: NDArray[np.uint32]
    passages: NDArray[np.uint32]
    typed: NDArray[np.bool_]
    slips: Slips
    places: NDArray[np.uint64]

    @classmethod
    def of(cls, texts: int | Numbers, found: StreamRanges, places: Numbers) -> Columns:
        """Return occurrences in one stream of a text, or of some."""
        return cls(
            np.broadcast_to(np.int32(texts), len(found.starts)),
            np.full(len(found.starts), found.stream, np.int8),
            found.starts.astype(np.uint32),
            found.ends.astype(np.uint32),
            found.passages.astype(np.uint32),
            found.typed,
            found.slips,
            places.astype(np.uint64),
        )

    @classmethod
    def joined(cls, parts: Sequence[Columns]) -> Columns:
        """Return occurrences together, in order of place; what begins at one character, the shortest first."""
        none = np.empty(0, np.int64)
        empty = cls.of(0, StreamRanges.exact(0, none, none, none.astype(np.bool_), none), none)
        columns = cls(
            *(np.concatenate([getattr(part, name) for part in (empty, *parts)]) for name in cls.__dataclass_fields__)
        )
        return columns.take(columns.by_place())

    def __len__(self) -> int:
        return len(self.starts)

    def take(self, rows: Numbers | NDArray[np.intp]) -> Columns:
        """Return some rows, in their order."""
        return Columns(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))

    def by_place(self) -> NDArray[np.intp]:
        """Return the rows in order of place."""
        return np.lexsort((self.ends.astype(np.int64) - self.starts, self.streams, self.places))


def place(rank: Numbers, offset: Numbers) -> Numbers:
    """Return the places of offsets in texts, or works, of some rank among all."""
    return rank << _OFFSET_BITS | offset


class OccurrenceBlock(NamedTuple):
    """Occurrences in one stream of a view of texts: their rows among the columns, and where they are in the view."""

    view: PackView
    rows: Numbers
    found: StreamRanges


class SectionPlace(NamedTuple):
    """A section: the card of its work, its number there, and its title."""

    card: WorkCard
    number: int
    title: str


class Groups(NamedTuple):
    """The groups of a grouping: their values, their labels, and for each occurrence the number of its own."""

    values: Sequence[str]
    labels: Sequence[str]
    of_rows: Numbers


class OccurrenceTexts(Protocol):
    """The texts of occurrences."""

    def sections(self, columns: Columns) -> tuple[Sequence[SectionPlace], Numbers]:
        """Return the sections that occurrences are in, and for each occurrence the number of its own among them."""

    def blocks(self, columns: Columns, around: int, shown: int = 0) -> Iterator[OccurrenceBlock]:
        """Yield occurrences with their texts.

        These have as many characters of the stream ``around`` each as there are, and of the text as are ``shown``.
        """


class StoredOccurrences(Occurrences):
    """All occurrences of a query in some texts, in an order. See :class:`search.occurrences.Occurrences`."""

    def __init__(
        self,
        texts: OccurrenceTexts,
        columns: Columns,
        context: int = CONTEXT,
        *,
        at_least: bool = False,
        groups: Mapping[Grouping, Groups] | None = None,
    ) -> None:
        self._texts = texts
        self._columns = columns
        self._context = context
        self._at_least = at_least
        self._known = dict(groups or {})  # what is taken from these has them, too: texts are looked into once

    @property
    def at_least(self) -> bool:
        """See :attr:`search.occurrences.Occurrences.at_least`."""
        return self._at_least

    def __len__(self) -> int:
        return len(self._columns)

    def __getitem__(self, key: int | slice) -> Occurrence | tuple[Occurrence, ...]:  # type: ignore[override]  # as its base
        if isinstance(key, slice):
            return self._read(np.arange(len(self))[key])
        return self._read(np.array([range(len(self))[key]]))[0]

    def __iter__(self) -> Iterator[Occurrence]:
        for first in range(0, len(self), _READ_AT_ONCE):
            yield from self._read(np.arange(first, min(first + _READ_AT_ONCE, len(self))))

    def with_context(self, characters: int) -> StoredOccurrences:
        """See :meth:`search.occurrences.Occurrences.with_context`."""
        return StoredOccurrences(self._texts, self._columns, characters, at_least=self._at_least, groups=self._known)

    def sorted_by(self, order: Order) -> StoredOccurrences:
        """See :meth:`search.occurrences.Occurrences.sorted_by`."""
        by_place = self._columns.by_place()
        if order is Order.PLACE:
            return self._take(by_place)
        columns = self._columns.take(by_place)
        match order:
            case Order.YEAR:
                rows: Numbers | NDArray[np.intp] = _by_year(self._texts, columns)
            case Order.EVENT:
                rows = np.argsort(self._take(by_place)._event_keys(), kind="stable")
            case _:
                rows = _by_context(self._texts, columns, order)
        return self._take(by_place[rows])

    def _event_keys(self) -> Numbers:
        """Return for each occurrence the year of the event, what has none behind all others."""
        groups = self._groups(Grouping.EVENT)
        return np.array([int(value) if value else _LAST for value in groups.values], np.int64)[groups.of_rows]

    def grouped_by(self, grouping: Grouping) -> tuple[Group, ...]:
        """See :meth:`search.occurrences.Occurrences.grouped_by`."""
        values, labels, of_rows = self._groups(grouping)
        counts = np.bincount(of_rows, minlength=len(values)).tolist()
        groups = [
            Group(value, label, count)
            for value, label, count in zip(values, labels, counts, strict=True)
            if value and count
        ]
        return tuple(sorted(groups, key=lambda group: (-group.count, group.value)))

    def within(self, grouping: Grouping, *values: str) -> StoredOccurrences:
        """See :meth:`search.occurrences.Occurrences.within`."""
        return self._take(np.flatnonzero(self._are_in(grouping, values)))

    def without(self, grouping: Grouping, *values: str) -> StoredOccurrences:
        """See :meth:`search.occurrences.Occurrences.without`."""
        return self._take(np.flatnonzero(~self._are_in(grouping, values)))

    def sample(self, size: int, seed: int) -> StoredOccurrences:
        """See :meth:`search.occurrences.Occurrences.sample`."""
        rows = np.random.default_rng(seed).permutation(len(self))[:size]
        return self._take(np.sort(rows))

    def words(self) -> StoredOccurrences:
        """See :meth:`search.occurrences.Occurrences.words`."""
        modern = self._in_modern_text()
        are = np.zeros(len(modern), np.bool_)
        for view, rows, found in self._texts.blocks(self._columns.take(modern), 1):
            deadline.check()
            are[rows] = are_words(view, found.starts, found.ends)
        return self._take(modern[are])

    def _in_modern_text(self) -> NDArray[np.intp]:
        """Return the rows of those in the main text of modern works, which is cut into words."""
        sections, of_rows = self._texts.sections(self._columns)
        modern = np.array([each.card.record.language == MODERN for each in sections], np.bool_)
        return np.flatnonzero(modern[of_rows] & (self._columns.streams == MAIN))

    def beside(self, near: Beside) -> StoredOccurrences:
        """See :meth:`search.occurrences.Occurrences.beside`."""
        wanted = np.array([ord(char) for char in fold_phrase(near.words)], np.uint32)
        has = np.zeros(len(self), np.bool_)
        if near.word:
            for rows, parts in self._around_in_words(near.side, near.distance):
                for letters, ends in parts:
                    for first in range(near.distance - len(wanted) + 1) if len(wanted) else ():
                        end = first + len(wanted)
                        has[rows] |= (letters[:, first:end] == wanted).all(axis=1) & (ends[:, first] == end)
            return self._take(np.flatnonzero(has))
        for rows, stretches in self._around(near.side, near.distance):
            for letters in stretches:
                for first in range(near.distance - len(wanted) + 1) if len(wanted) else ():
                    has[rows] |= (letters[:, first : first + len(wanted)] == wanted).all(axis=1)
        return self._take(np.flatnonzero(has))

    def neighbours(self, side: Side, distance: int, unit: Unit) -> Neighbours:
        """See :meth:`search.occurrences.Occurrences.neighbours`."""
        if unit is Unit.WORD:
            return self._neighbouring_words(side, distance)
        size = unit.size
        keys, counts, places = [np.empty(0, np.uint64)], [np.empty(0, np.int64)], 0
        for _, stretches in self._around(side, distance):
            grams = np.concatenate([_grams(letters, size) for letters in stretches], axis=1)
            places += int(np.count_nonzero(grams))
            grams.sort(axis=1)
            # Of one occurrence each counts once.
            grams[:, 1:][grams[:, 1:] == grams[:, :-1]] = BOUNDARY
            some, how_many = np.unique(grams[grams != BOUNDARY], return_counts=True)
            keys.append(some)
            counts.append(how_many)
        different, numbers = np.unique(np.concatenate(keys), return_inverse=True)
        totals = np.bincount(numbers, np.concatenate(counts), len(different)).astype(np.int64)
        bits = np.arange((size - 1) * _CODE_POINT_BITS, -1, -_CODE_POINT_BITS, dtype=np.uint64)
        code_points = different[:, None] >> bits & np.uint64((1 << _CODE_POINT_BITS) - 1)
        text = text_of(code_points.ravel().astype(np.uint32))
        texts = tuple(text[at : at + size] for at in range(0, len(text), size))
        return Neighbours(texts, tuple(totals.tolist()), places)

    def _around(self, side: Side, distance: int) -> Iterator[tuple[Numbers, list[NDArray[np.uint32]]]]:
        """Yield rows with the folded characters on each side of them, in the order of the text."""
        for view, rows, found in self._texts.blocks(self._columns, distance):
            codes = view.streams[found.stream].codes
            for first in range(0, len(rows), _AROUND_AT_ONCE):
                deadline.check()
                some = slice(first, first + _AROUND_AT_ONCE)
                stretches = []
                for each in side.sides:
                    letters = _outward(codes, found.where(some), _ORDERS[each], 0, distance)
                    stretches.append(letters[:, ::-1] if each is Side.LEFT else letters)
                yield rows[some], stretches

    def _neighbouring_words(self, side: Side, distance: int) -> Neighbours:
        counts: Counter[str] = Counter()
        places = 0
        for _, parts in self._around_in_words(side, distance):
            near: set[tuple[int, str]] = set()  # of one occurrence each counts once
            for letters, ends in parts:
                rows, firsts = (each.tolist() for each in np.nonzero(ends))
                text, lasts = text_of(letters.ravel()), ends[ends > 0].tolist()
                places += len(lasts)
                near.update(
                    (row, text[row * distance + first : row * distance + last])
                    for row, first, last in zip(rows, firsts, lasts, strict=True)
                )
            counts.update(word for _, word in near)
        return Neighbours(tuple(counts), tuple(counts.values()), places)

    def _around_in_words(
        self, side: Side, distance: int
    ) -> Iterator[tuple[Numbers, list[tuple[NDArray[np.uint32], Numbers]]]]:
        """Yield rows with the folded characters on each side of them, and where the word that begins at each ends.

        It is 0 where none begins, or where it goes on behind these characters.
        """
        modern = self._in_modern_text()
        for view, rows, found in self._texts.blocks(self._columns.take(modern), distance + 1):
            codes = view.streams[MAIN].codes
            for begin in range(0, len(rows), _AROUND_AT_ONCE):
                deadline.check()
                some = found.where(slice(begin, begin + _AROUND_AT_ONCE))
                parts = []
                for each in side.sides:
                    letters = _outward(codes, some, _ORDERS[each], 0, distance)
                    firsts = some.ends
                    if each is Side.LEFT:
                        letters, firsts = letters[:, ::-1], some.starts - distance
                    bounds = ~among(firsts[:, None] + np.arange(distance + 1), view.inside)
                    parts.append((letters, _word_ends(bounds, letters)))
                yield modern[rows[begin : begin + _AROUND_AT_ONCE]], parts

    def _take(self, rows: Numbers | NDArray[np.intp]) -> StoredOccurrences:
        groups = {grouping: known._replace(of_rows=known.of_rows[rows]) for grouping, known in self._known.items()}
        return StoredOccurrences(
            self._texts, self._columns.take(rows), self._context, at_least=self._at_least, groups=groups
        )

    def _are_in(self, grouping: Grouping, values: Sequence[str]) -> NDArray[np.bool_]:
        """Return of each occurrence whether it is in one of some groups."""
        wanted = set(map(fold, values) if grouping is Grouping.WORDS else values)
        groups = self._groups(grouping)
        return np.array([value in wanted for value in groups.values], np.bool_)[groups.of_rows]

    def _groups(self, grouping: Grouping) -> Groups:
        if grouping not in self._known:
            match grouping:
                case Grouping.SPELLING:
                    self._known[grouping] = self._spelled(_in_the_edition)
                case Grouping.WORDS:
                    self._known[grouping] = self._spelled(_folded)
                case Grouping.EVENT:
                    self._known[grouping] = self._of_events()
                case _:
                    self._known[grouping] = self._of_sections(grouping)
        return self._known[grouping]

    def _of_sections(self, grouping: Grouping) -> Groups:
        sections, of_rows = self._texts.sections(self._columns)
        names: dict[tuple[str, str], int] = {}
        table = np.array(
            [names.setdefault(text_group(grouping, *section), len(names)) for section in sections], np.int64
        )
        return Groups([value for value, _ in names], [label for _, label in names], table[of_rows])

    def _of_events(self) -> Groups:
        years = np.full(len(self), NO_YEAR)
        for view, rows, found in self._texts.blocks(self._columns, 0):
            deadline.check()
            years[rows] = _events(view, found)
        different, of_rows = np.unique(years, return_inverse=True)
        values = list(map(year_value, different.tolist()))
        return Groups(values, values, of_rows.astype(np.int64))

    def _spelled(self, spell: _Spell) -> Groups:
        lengths = self._columns.ends.astype(np.int64) - self._columns.starts
        longer: list[str] = []
        letters = {
            length: np.zeros((int(count), length), np.uint32)
            for length, count in zip(*(each.tolist() for each in np.unique(lengths, return_counts=True)), strict=True)
        }
        within = np.zeros(len(self), np.int64)
        for length in letters:
            mine = np.flatnonzero(lengths == length)
            within[mine] = np.arange(len(mine))
        for view, rows, found in self._texts.blocks(self._columns, 0):
            deadline.check()
            sizes = lengths[rows]
            for length in np.unique(sizes).tolist():
                mine = np.flatnonzero(sizes == length)
                places = found.starts[mine][:, None] + np.arange(length)
                letters[length][within[rows[mine]]] = spell(view, view.streams[found.stream], places, longer)
        keys = np.zeros(len(self), np.int64)
        values: list[str] = []
        for length, rows_of_letters in letters.items():
            different, inverse = _unique_rows(rows_of_letters)
            keys[lengths == length] = inverse + len(values)
            values += [_text(row, longer) for row in different]
        return Groups(values, values, keys)

    def _read(self, rows: Numbers) -> tuple[Occurrence, ...]:
        columns = self._columns.take(rows)
        sections, of_rows = self._texts.sections(columns)
        read: list[Occurrence | None] = [None] * len(rows)
        for view, some, found in self._texts.blocks(columns, 0, self._context):
            for number, row in enumerate(some.tolist()):
                one = found.where(slice(number, number + 1))
                read[row] = self._occurrence(view, one, sections[int(of_rows[row])])
        return tuple(each for each in read if each)

    def _occurrence(self, view: PackView, one: StreamRanges, section: SectionPlace) -> Occurrence:
        passage = view.passages[one.passages[0]]
        begin, stop = (int(view.sections[end][passage["section"]]) for end in ("start", "end"))
        ranges = original_ranges(view, one)
        first, last = ranges[0][0], ranges[-1][1]
        label, facsimile = view.page(int(passage["page"]))
        return Occurrence(
            work=section.card,
            section=section.title,
            section_number=section.number,
            page=label,
            facsimile=facsimile,
            start=first - begin,
            end=last - begin,
            ranges=tuple((a - begin, b - begin) for a, b in ranges),
            text=text_of(view.text[first:last]),
            left=text_of(view.text[max(begin, first - self._context) : first]),
            right=text_of(view.text[last : min(stop, last + self._context)]),
            in_notes=one.stream == NOTES,
            typed=bool(one.typed[0]),
            slip=SLIPS[one.slips[0]],
            event=None if (year := int(_events(view, one)[0])) == NO_YEAR else year,
        )


def _events(view: PackView, found: StreamRanges) -> Numbers:
    """Return the year that the section of each occurrence has named last."""
    sections = view.passages["section"][found.passages]
    return view.years_at(sections, view.streams[found.stream].original_starts(found.starts))


_ORDERS = {Side.LEFT: Order.LEFT, Side.RIGHT: Order.RIGHT}


def _grams(letters: NDArray[np.uint32], size: int) -> NDArray[np.uint64]:
    """Return the grams of one or two characters in rows of text as numbers, 0 where a boundary is in one."""
    wide = letters.astype(np.uint64)
    if size == 1:
        return wide
    pairs: NDArray[np.uint64] = wide[:, :-1] << np.uint64(_CODE_POINT_BITS) | wide[:, 1:]
    return np.where((wide[:, :-1] == BOUNDARY) | (wide[:, 1:] == BOUNDARY), np.uint64(0), pairs)


_Spell = Callable[[PackView, StoredStream, Numbers, list[str]], NDArray[np.uint32]]
"""A function to what stands at some places of a stream, as :func:`_in_the_edition` returns it."""


def _word_ends(bounds: NDArray[np.bool_], letters: NDArray[np.uint32]) -> Numbers:
    """Return where the word that begins at each letter of some rows ends, 0 where none does that ends in the row.

    >>> _word_ends(np.array([[True, False, True, True, False]]), np.array([[19996, 21271, 22823, 23398]], np.uint32))
    array([[2, 0, 3, 0]])
    """
    ends = np.zeros(letters.shape, np.int64)
    nearest = np.zeros(len(letters), np.int64)
    for at in range(letters.shape[1] - 1, -1, -1):
        nearest = np.where(bounds[:, at + 1], at + 1, nearest)
        ends[:, at] = np.where(bounds[:, at] & (letters[:, at] != BOUNDARY), nearest, 0)
    return ends


def _folded(_: PackView, stream: StoredStream, places: Numbers, __: list[str]) -> NDArray[np.uint32]:
    """Return the folded characters at some places."""
    return stream.codes.take(places)


def _in_the_edition(view: PackView, stream: StoredStream, places: Numbers, longer: list[str]) -> NDArray[np.uint32]:
    """Return what stands in the text at some places: a code point, or a number above all of them.

    The number leads to what several code points stand for, which is added to ``longer`` where it is not there yet.
    """
    starts = stream.original_starts(places)
    letters: NDArray[np.uint32] = view.text[starts]
    ends = stream.original_ends(places)
    for at in zip(*np.nonzero(ends - starts > 1), strict=True):
        text = text_of(view.text[int(starts[at]) : int(ends[at])])
        if text not in longer:
            longer.append(text)
        letters[at] = _CODE_POINTS + longer.index(text)
    return letters


def _text(letters: NDArray[np.uint32], longer: Sequence[str]) -> str:
    """Return the text of what :func:`_in_the_edition` returned."""
    return "".join(chr(each) if each < _CODE_POINTS else longer[each - _CODE_POINTS] for each in letters.tolist())


def _unique_rows(letters: NDArray[np.uint32]) -> tuple[NDArray[np.uint32], Numbers]:
    """Return the different rows, and for each row the number of its like; by columns, which is far quicker."""
    group = np.zeros(len(letters), np.int64)
    for column in letters.T:
        _, codes = np.unique(column, return_inverse=True)
        _, group = np.unique(group * (int(codes.max(initial=0)) + 1) + codes, return_inverse=True)
    _, firsts = np.unique(group, return_index=True)
    return letters[firsts], group.astype(np.int64)


def _by_year(texts: OccurrenceTexts, columns: Columns) -> NDArray[np.intp]:
    """Return the rows in order of their works' years; equals stay as they are, and what has no year comes last."""
    sections, of_rows = texts.sections(columns)
    years = np.array([_LAST if (year := each.card.record.year) is None else year for each in sections], np.int64)
    return np.argsort(years[of_rows], kind="stable")


def _by_context(texts: OccurrenceTexts, columns: Columns, side: Order) -> Numbers:
    """Return the rows in order of the folded characters on one side, read outward; equals stay as they are.

    The rows are parted into groups of equal context, which are parted again by the next characters until each is alone
    or its context ends: only what is still equal is looked at again (multikey sort, Bentley and Sedgewick, SODA 1997).
    """
    ranks = np.zeros(len(columns), np.int64)  # the position at which a row's group begins
    rows = np.arange(len(columns))
    depth, step = 0, _AT_ONCE
    while len(rows) and depth < MOST_COMPARED:
        step = min(step, MOST_COMPARED - depth)
        keys = _context_keys(texts, columns.take(rows), side, depth, step)
        order = np.lexsort((*keys[::-1], ranks[rows]))
        rows, keys = rows[order], keys[:, order]
        old = ranks[rows]
        outer = np.append(True, old[1:] != old[:-1])
        inner = np.flatnonzero(outer | np.append(True, (keys[:, 1:] != keys[:, :-1]).any(axis=0)))
        outer = np.flatnonzero(outer)
        sizes = np.diff(inner, append=len(rows))
        begins = old[inner] + inner - outer[np.searchsorted(outer, inner, side="right") - 1]
        ranks[rows] = np.repeat(begins, sizes)
        ended = keys[-1] & np.uint64((1 << _CODE_POINT_BITS) - 1) == BOUNDARY
        rows = rows[np.repeat(sizes > 1, sizes) & ~ended]
        # Few are still equal, and texts that are elsewhere are fetched again for each step.
        depth, step = depth + step, 2 * step
    return np.argsort(ranks, kind="stable").astype(np.int64)


def _context_keys(texts: OccurrenceTexts, columns: Columns, side: Order, depth: int, step: int) -> NDArray[np.uint64]:
    """Return the next characters of each row's context as numbers, a row of keys for each few of them.

    Behind a boundary there is nothing more.
    """
    keys = np.zeros((step // _AT_ONCE, len(columns)), np.uint64)
    for view, rows, found in texts.blocks(columns, depth + step):
        deadline.check()
        letters = _outward(view.streams[found.stream].codes, found, side, depth, step)
        for number in range(step):
            key = number // _AT_ONCE
            keys[key, rows] = keys[key, rows] << np.uint64(_CODE_POINT_BITS) | letters[:, number]
    return keys


def _outward(codes: Letters, found: StreamRanges, side: Order, depth: int, step: int) -> NDArray[np.uint32]:
    """Return the characters on a side of each occurrence, from ``depth`` on, read outward; 0 from a boundary on."""
    away = depth + np.arange(step)
    places = found.ends[:, None] + away if side is Order.RIGHT else found.starts[:, None] - 1 - away
    inside = (places >= 0) & (places < len(codes))
    letters = codes.take(np.clip(places, 0, max(len(codes) - 1, 0)))
    letters[np.logical_or.accumulate(~inside | (letters == BOUNDARY), axis=1)] = BOUNDARY
    return letters
