"""The distribution: how often the words of some queries stand in each work, section, dynasty, category or year.

Of years there are two: that in which a work was written, and that which its text has named last, which divides a
section as it divides the occurrences in it.

A count is that of the lines of a concordance. Beside it stands what it is out of: the characters that were searched, as
they are compared, so without punctuation, and of the text, the notes or both as the scope says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal, NamedTuple, get_args

import numpy as np

from search import deadline, fields
from search.model import Scope, WorkCard, page_of
from search.occurrences import Grouping, Occurrences, text_group, year_value
from search.ranking.pieces import Numbers
from search.selection import Selection

MOST_TERMS = 8
"""Queries that are counted side by side."""
ROWS = 50
"""Rows of a page, where nobody says otherwise."""
PER = 10_000
"""The characters that relative numbers are told for."""

Division = Literal[
    Grouping.WORK,
    Grouping.SECTION,
    Grouping.DYNASTY,
    Grouping.CATEGORY,
    Grouping.YEAR,
    Grouping.EVENT,
    Grouping.LANGUAGE,
]
"""A grouping that divides texts, so that each group has its own characters: words and spellings have none."""
_OF_WORKS = [grouping for grouping in get_args(Division) if grouping not in (Grouping.SECTION, Grouping.EVENT)]


class RowOrder(StrEnum):
    """The order of groups."""

    COUNT = "count"  # the most occurrences first
    FREQUENCY = "frequency"  # the most for so many characters first
    PLACE = "place"  # works and sections as they stand, years as they follow, others by name


@dataclass(frozen=True, slots=True)
class DistributionRequest(Selection):
    """Some queries side by side, by the values of a grouping.

    ``start`` is the number of the first group that is shown, from 1, ``limit`` how many are.
    """

    q: tuple[str, ...]
    group: Division = Grouping.WORK
    order: RowOrder = RowOrder.COUNT
    start: int = 1
    limit: int = ROWS

    @property
    def terms(self) -> tuple[str, ...]:
        """The queries that say something, each once."""
        return tuple(dict.fromkeys(each for each in self.q if each.strip()))


def timeline(asked: DistributionRequest) -> DistributionRequest:
    """Return the same by the years that the texts speak of, one after another."""
    return replace(asked, group=Grouping.EVENT, order=RowOrder.PLACE, start=1)


@dataclass(frozen=True, slots=True)
class DistributionRow:
    """A group of texts: how many characters of it are searched, and how often the words of each term stand there."""

    value: str
    label: str
    characters: int
    counts: tuple[int, ...]

    @property
    def frequencies(self) -> tuple[float, ...]:
        """The counts for every :data:`PER` characters; 0 where there are none."""
        return tuple(PER * count / self.characters if self.characters else 0.0 for count in self.counts)


@dataclass(frozen=True, slots=True)
class Distribution:
    """How some terms are distributed.

    ``rows`` are all groups that have characters, in the order that was asked for, with what has no value of the
    grouping, if there is any, as the last; ``total`` is their sum. ``at_least`` says of each term whether there may be
    more.
    """

    request: DistributionRequest
    rows: tuple[DistributionRow, ...]
    total: DistributionRow
    at_least: tuple[bool, ...]
    explanations: tuple[tuple[str, str], ...]
    generation: int
    took_ms: float

    @property
    def shown(self) -> tuple[DistributionRow, ...]:
        """The rows of the page that was asked for."""
        return page_of(self.rows, self.request)


class ChosenTexts(NamedTuple):
    """What is chosen of a work: the numbers of sections, and how many characters of each; with ``years``, of each."""

    card: WorkCard
    sections: Numbers
    years: Numbers | None
    characters: Numbers


@dataclass(frozen=True, slots=True)
class SearchedTexts:
    """The texts of a generation: their works, the titles of a work's sections, and how long those are as searched.

    ``dated`` are their lengths by the year that they have named last, too; see
    :meth:`search.stores.base.Store.dated_characters`.
    """

    cards: Sequence[WorkCard]
    titles: Callable[[str], Sequence[str]]
    characters: Callable[[str], Numbers]
    dated: Callable[[str], Numbers]

    def chosen(self, selection: Selection, *, by_event: bool = False) -> Iterator[ChosenTexts]:
        """Yield what is chosen of each work that is; where years of events choose, or ``by_event``, by these, too."""
        named = {each.grouping for each in (*selection.within, *selection.without)}
        of_works = [grouping for grouping in _OF_WORKS if grouping in named]
        for card in self.cards:
            if not fields.accepts(card, selection.filters):
                continue
            if not all(selection.takes(grouping, text_group(grouping, card, 0, "")[0]) for grouping in of_works):
                continue
            some = self._of(card, selection.scope, by_event or Grouping.EVENT in named)
            if Grouping.SECTION in named:
                some = _taken(some, some.sections, selection, Grouping.SECTION)
            if some.years is not None:
                some = _taken(some, some.years, selection, Grouping.EVENT)
            if len(some.sections):
                yield some

    def _of(self, card: WorkCard, scope: Scope, by_event: bool) -> ChosenTexts:
        if not by_event:
            lengths = in_scope(self.characters(card.id), scope)
            return ChosenTexts(card, np.arange(len(lengths)), None, lengths)
        rows = self.dated(card.id)
        lengths = in_scope(rows[:, 2:], scope)
        rows, lengths = rows[lengths > 0], lengths[lengths > 0]
        return ChosenTexts(card, rows[:, 0], rows[:, 1], lengths)

    def divided(self, selection: Selection, grouping: Grouping) -> dict[str, tuple[str, int]]:
        """Return the label and the characters of each group of the texts that are chosen, by its value, as they lie."""
        found: dict[str, tuple[str, int]] = {}
        for some in self.chosen(selection, by_event=grouping is Grouping.EVENT):
            deadline.check()
            titles = self.titles(some.card.id) if grouping is Grouping.SECTION else ()
            for key, length in _sums(some, grouping):
                value, label = _group(grouping, some.card, key, titles[key] if titles else "")
                found[value] = (label, found.get(value, ("", 0))[1] + length)
        return found


def _sums(some: ChosenTexts, grouping: Grouping) -> Iterable[tuple[int, int]]:
    """Return the keys of the groups that a work's texts are in, see :func:`_group`, with the characters of each."""
    keys = some.sections if grouping is Grouping.SECTION else some.years if grouping is Grouping.EVENT else None
    if keys is None:  # it is in one as a whole
        return [(0, int(some.characters.sum()))]
    different, rows = np.unique(keys, return_inverse=True)
    sums = np.bincount(rows, some.characters, len(different)).astype(np.int64)
    return zip(different.tolist(), sums.tolist(), strict=True)


def _group(grouping: Grouping, card: WorkCard, key: int, title: str) -> tuple[str, str]:
    """Return value and label of a group of a work's texts; ``key`` is the number of a section, or a year."""
    return (year_value(key),) * 2 if grouping is Grouping.EVENT else text_group(grouping, card, key, title)


def _taken(some: ChosenTexts, keys: Numbers, selection: Selection, grouping: Grouping) -> ChosenTexts:
    """Return of what is chosen that whose group of a grouping is chosen, too."""
    different, rows = np.unique(keys, return_inverse=True)
    values = [_group(grouping, some.card, key, "")[0] for key in different.tolist()]
    kept = np.flatnonzero(np.array([selection.takes(grouping, value) for value in values], bool)[rows])
    years = None if some.years is None else some.years[kept]
    return ChosenTexts(some.card, some.sections[kept], years, some.characters[kept])


def in_scope(characters: Numbers, scope: Scope) -> Numbers:
    """Return the characters of sections that are searched in a scope; see :meth:`search.stores.base.Store.characters`.

    >>> in_scope(np.array([[20, 3], [5, 0]]), Scope.BOTH).tolist()
    [23, 5]
    """
    columns = {Scope.TEXT: [0], Scope.NOTES: [1], Scope.BOTH: [0, 1]}[scope]
    searched: Numbers = characters[:, columns].sum(axis=1)
    return searched


def rows(
    request: DistributionRequest, texts: SearchedTexts, found: Iterable[Occurrences]
) -> tuple[tuple[DistributionRow, ...], DistributionRow]:
    """Return the groups of the texts that are chosen, with how many of what was found for each term, and their sum."""
    groups = texts.divided(request, request.group)
    counted: list[dict[str, int]] = []
    totals: list[int] = []
    for each in found:
        left = request.narrowed(each)
        counts = {group.value: group.count for group in left.grouped_by(request.group)}
        counts[""] = len(left) - sum(counts.values())
        counted.append(counts)
        totals.append(len(left))
    made = [
        DistributionRow(value, label, characters, tuple(counts.get(value, 0) for counts in counted))
        for value, (label, characters) in groups.items()
    ]
    characters = sum(row.characters for row in made)
    return tuple(_ordered(made, request)), DistributionRow("", "", characters, tuple(totals))


def _ordered(made: list[DistributionRow], request: DistributionRequest) -> list[DistributionRow]:
    match request.order, request.group:
        case RowOrder.COUNT, _:
            made.sort(key=lambda row: (-sum(row.counts), row.value))
        case RowOrder.FREQUENCY, _:
            made.sort(key=lambda row: (-sum(row.frequencies), row.value))
        case RowOrder.PLACE, Grouping.YEAR | Grouping.EVENT:
            made.sort(key=lambda row: int(row.value or 0))
        case RowOrder.PLACE, Grouping.DYNASTY | Grouping.CATEGORY | Grouping.LANGUAGE:
            made.sort(key=lambda row: row.value)
    return sorted(made, key=lambda row: not row.value)  # what has no value is no group among others
