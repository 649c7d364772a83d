"""The distribution: how often the words of some queries stand in each work, section, dynasty, category or year.

A count is that of the lines of a concordance. Beside it stands what it is out of: the characters that were searched, as
they are compared, so without punctuation, and of the text, the notes or both as the scope says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, get_args

import numpy as np

from search import deadline, fields
from search.model import Scope, WorkCard, page_of
from search.occurrences import Grouping, Occurrences, text_group
from search.ranking.pieces import Numbers
from search.selection import Selection

MOST_TERMS = 8
"""Queries that are counted side by side."""
ROWS = 50
"""Rows of a page, where nobody says otherwise."""
PER = 10_000
"""The characters that relative numbers are told for."""

Division = Literal[
    Grouping.WORK, Grouping.SECTION, Grouping.DYNASTY, Grouping.CATEGORY, Grouping.YEAR, Grouping.LANGUAGE
]
"""A grouping that divides texts, so that each group has its own characters: words and spellings have none."""


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


@dataclass(frozen=True, slots=True)
class SearchedTexts:
    """The texts of a generation: their works, the titles of a work's sections, and how long those are as searched."""

    cards: Sequence[WorkCard]
    titles: Callable[[str], Sequence[str]]
    characters: Callable[[str], Numbers]

    def chosen(self, selection: Selection) -> Iterator[tuple[WorkCard, Numbers, Numbers]]:
        """Yield the works that are chosen, with the numbers of their sections that are, and the characters of these."""
        by_work = [grouping for grouping in get_args(Division) if grouping is not Grouping.SECTION]
        by_section = any(each.grouping is Grouping.SECTION for each in (*selection.within, *selection.without))
        for card in self.cards:
            if not fields.accepts(card, selection.filters):
                continue
            if not all(selection.takes(grouping, text_group(grouping, card, 0, "")[0]) for grouping in by_work):
                continue
            lengths = in_scope(self.characters(card.id), selection.scope)
            numbers = np.arange(len(lengths))
            if by_section:
                values = [text_group(Grouping.SECTION, card, number, "")[0] for number in range(len(lengths))]
                numbers = np.flatnonzero([selection.takes(Grouping.SECTION, value) for value in values])
            if len(numbers):
                yield card, numbers, lengths[numbers]

    def divided(self, selection: Selection, grouping: Grouping) -> dict[str, tuple[str, int]]:
        """Return the label and the characters of each group of the texts that are chosen, by its value, as they lie."""
        found: dict[str, tuple[str, int]] = {}
        for card, numbers, lengths in self.chosen(selection):
            deadline.check()
            titles = self.titles(card.id) if grouping is Grouping.SECTION else ()
            parts = zip(numbers.tolist(), lengths.tolist(), strict=True) if titles else [(0, int(lengths.sum()))]
            for number, length in parts:
                value, label = text_group(grouping, card, number, titles[number] if titles else "")
                found[value] = (label, found.get(value, ("", 0))[1] + length)
        return found


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
        case RowOrder.PLACE, Grouping.YEAR:
            made.sort(key=lambda row: int(row.value or 0))
        case RowOrder.PLACE, Grouping.DYNASTY | Grouping.CATEGORY | Grouping.LANGUAGE:
            made.sort(key=lambda row: row.value)
    return sorted(made, key=lambda row: not row.value)  # what has no value is no group among others
