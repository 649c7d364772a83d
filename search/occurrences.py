"""Occurrences: every place where a query's words are, as one value that is counted, sorted, grouped and paged.

Analyses (concordance, distribution) are functions of this value, from any store.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import overload

from corpora.catalogue import FIELDS
from indexer.dates.date import NO_YEAR
from search.addresses import Address
from search.grams import Unit
from search.model import Slip, WorkCard

CONTEXT = 20
"""Characters of context on either side, where nobody says otherwise."""


class Order(StrEnum):
    """The order of occurrences."""

    PLACE = "place"
    LEFT = "left"  # by what goes before, read from the occurrence outward
    RIGHT = "right"  # by what follows
    YEAR = "year"  # by the year of the work; works without one come last
    EVENT = "event"  # by the year that the text has named last; what no date goes before comes last


class Grouping(StrEnum):
    """The values by which occurrences are grouped."""

    WORK = "work"
    SECTION = "section"
    DYNASTY = "dynasty"
    CATEGORY = "category"
    YEAR = "year"
    LANGUAGE = "language"
    EVENT = "event"  # the year that the section has named last, at the occurrence or before it
    WORDS = "words"  # the words themselves, folded: names that were looked for beside one another are told apart
    SPELLING = "spelling"  # the characters of the edition that are the words, without what stands between them


@dataclass(frozen=True, slots=True)
class GroupName:
    """One group of a grouping, as an address and a command line name it; without a value, what has none of it."""

    grouping: Grouping
    value: str

    def __str__(self) -> str:
        """Write it as one text; :meth:`parse` reads it.

        >>> str(GroupName(Grouping.SPELLING, "會寧府"))
        'spelling:會寧府'
        """
        return f"{self.grouping}:{self.value}"

    @classmethod
    def parse(cls, text: str) -> GroupName:
        """Read what was written.

        Raises:
            ValueError: there is no such grouping, or none is named.
        """
        grouping, colon, value = text.partition(":")
        if not colon:
            raise ValueError(f"{text[:80]!r} names no group; spelling:會寧府 does")
        return cls(Grouping(grouping), value)


@dataclass(frozen=True, slots=True)
class Group:
    """Occurrences that share a value; ``label`` is what a reader sees."""

    value: str
    label: str
    count: int


class Side(StrEnum):
    """A side of an occurrence."""

    BOTH = "both"
    LEFT = "left"
    RIGHT = "right"

    @property
    def sides(self) -> tuple[Side, ...]:
        """The sides that it is made of."""
        return (Side.LEFT, Side.RIGHT) if self is Side.BOTH else (self,)


FARTHEST = 50
"""Characters within which words are looked for beside an occurrence, at most."""


@dataclass(frozen=True, slots=True)
class Beside:
    """Words that stand within ``distance`` folded characters of an occurrence, in its stream, all of them on one side.

    They may be in any script. With ``word`` they are one word of modern text there (:mod:`search.grams`).
    """

    side: Side
    distance: int
    words: str
    word: bool = False

    def __str__(self) -> str:
        """Write it as one text; :meth:`parse` reads it.

        >>> str(Beside(Side.RIGHT, 5, "太祖")), str(Beside(Side.LEFT, 3, "大学", word=True))
        ('right:5:太祖', 'left:3:|大学|')
        """
        return f"{self.side}:{self.distance}:{f'|{self.words}|' if self.word else self.words}"

    @classmethod
    def parse(cls, text: str) -> Beside:
        """Read what was written.

        Raises:
            ValueError: it is not of this form, or too far.
        """
        side, _, rest = text.partition(":")
        distance, _, words = rest.partition(":")
        if not words or not 0 < int(distance) <= FARTHEST:
            raise ValueError(f"{text[:80]!r} is not of the form right:5:太祖, with 1 to {FARTHEST} characters")
        is_word = len(words) > 2 and words[0] == words[-1] == "|"
        return cls(Side(side), int(distance), words[1:-1] if is_word else words, is_word)


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What stands around occurrences: the different grams of a unit, folded, and near how many of them each stands.

    ``places`` counts all places of grams around all occurrences.
    """

    grams: tuple[str, ...]
    counts: tuple[int, ...]
    places: int


def text_group(grouping: Grouping, card: WorkCard, section: int, title: str) -> tuple[str, str]:
    """Return value and label of the group that a section of a work is in, by what is known of it; empty for none."""
    if grouping is Grouping.SECTION:
        return f"{card.id}/{section}", f"{card.record.title} {title}"
    field = FIELDS[grouping]
    value = next(iter(field.values(card)), "")
    return value, field.title(card, value)


def year_value(year: int) -> str:
    """Return the value of the group of what has a year of the event, empty for :data:`NO_YEAR`."""
    return "" if year == NO_YEAR else str(year)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One place where the words occur. ``start``, ``end`` and ``ranges`` are code points of the section's text.

    ``text`` is that range as the edition has it; where a note interrupts the words, ``ranges`` are their parts.
    ``left`` and ``right`` are the characters of the edition around it, within the section. ``typed`` says whether it is
    spelled as in the query, ``in_notes`` whether all of it stands in an interlinear note. ``slip`` is what is wrong
    with it, where the query lets one character be so. ``event`` is the year that the section has named last, there or
    before: most likely that of which is told.
    """

    work: WorkCard
    section: str
    section_number: int
    page: str
    facsimile: str
    start: int
    end: int
    ranges: tuple[tuple[int, int], ...]
    text: str
    left: str
    right: str
    in_notes: bool
    typed: bool
    slip: Slip
    event: int | None

    @property
    def address(self) -> Address:
        """The occurrence's permanent address."""
        return Address(self.work.id, self.section_number, self.page, self.start, self.text)


class Occurrences(Sequence[Occurrence]):
    """All occurrences of a query in a generation, in an order. ``len()`` counts them; an index or a slice reads some.

    Every method that narrows or sorts returns another value and leaves this one as it is. The order of place is that of
    work ids, then of where the words begin in the work; what begins at one character is in order of its length.
    """

    @abstractmethod
    def __len__(self) -> int: ...

    @property
    @abstractmethod
    def at_least(self) -> bool:
        """Whether there may be more: a bound on what is looked at was reached, which the store's documents name."""

    @overload
    def __getitem__(self, key: int) -> Occurrence: ...

    @overload
    def __getitem__(self, key: slice) -> tuple[Occurrence, ...]: ...

    @abstractmethod
    def __getitem__(self, key: int | slice) -> Occurrence | tuple[Occurrence, ...]: ...

    @abstractmethod
    def with_context(self, characters: int) -> Occurrences:
        """Return the same with so many characters of context on either side."""

    @abstractmethod
    def sorted_by(self, order: Order) -> Occurrences:
        """Return the same in another order; what is equal in it stays in order of place."""

    @abstractmethod
    def grouped_by(self, grouping: Grouping) -> tuple[Group, ...]:
        """Return the groups, the largest first, then by value; what has no value is left out."""

    @abstractmethod
    def within(self, grouping: Grouping, *values: str) -> Occurrences:
        """Return the occurrences of some groups, in the order they are in. Words may be in any script."""

    @abstractmethod
    def without(self, grouping: Grouping, *values: str) -> Occurrences:
        """Return the occurrences of all but some groups, and those of none, in the order they are in."""

    @abstractmethod
    def sample(self, size: int, seed: int) -> Occurrences:
        """Return a random sample without replacement, in the order they are in; the same for the same seed."""

    @abstractmethod
    def words(self) -> Occurrences:
        """Return the occurrences that are one word of modern text each (:mod:`search.grams`), in their order."""

    @abstractmethod
    def beside(self, near: Beside) -> Occurrences:
        """Return the occurrences that have some words near them, in the order they are in."""

    @abstractmethod
    def neighbours(self, side: Side, distance: int, unit: Unit) -> Neighbours:
        """Return the grams of a unit that stand within so many characters, on a side or on both.

        The unit is characters, pairs or words; of words, those are found alone that stand near in the main text of
        modern works.
        """
