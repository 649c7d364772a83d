"""Requests and responses of a search: plain frozen data, the same for page, endpoint and command line."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol, TypeVar

from corpora.catalogue import CatalogueRecord
from corpora.model import Section
from search.addresses import Address

R = TypeVar("R")

MAX_CHARACTERS = 1_000
"""The longest query."""


class Mode(StrEnum):
    """How a query is matched."""

    HYBRID = "hybrid"
    EXACT = "exact"
    SEMANTIC = "semantic"


class Scope(StrEnum):
    """Which stream of the text is searched."""

    TEXT = "text"
    NOTES = "notes"
    BOTH = "both"


class Sort(StrEnum):
    """The order of hits; by place and by date only passages in which the words stand are listed."""

    RELEVANCE = "relevance"
    PLACE = "place"
    DATE = "date"


class Slip(StrEnum):
    """What is wrong with words that stand somewhere with one character wrong, missing or too much."""

    NONE = ""
    LOOKALIKE = "lookalike"  # one character is another that is easily taken for it
    WRONG = "wrong"  # one is any other
    EXTRA = "extra"  # there is one too much
    MISSING = "missing"  # one is not there


class Why(StrEnum):
    """The reason for a hit."""

    EXACT = "exact"  # the words stand there as typed
    FOLDED = "folded"  # they stand there in another script or variant
    DOUBTFUL = "doubtful"  # a date stands there that may be of the years that were asked for
    ALIAS = "alias"  # another name of what was asked for stands there
    LOOKALIKE = "lookalike"  # the words stand there with a slip, of that name in :class:`Slip`
    WRONG = "wrong"
    EXTRA = "extra"
    MISSING = "missing"
    WORDS = "words"  # shares characters and words with the query
    MEANING = "meaning"  # near in meaning
    DATE = "date"  # the text speaks of the year that was asked for


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """One search. Filters hold the accepted values of a field; no value means no filter.

    ``aliases`` asks for other names of what is named, too, in the hybrid mode; ``strict`` switches them off. ``event``
    are years, as ``when:`` takes them: only passages in which a date of theirs begins are found.
    """

    q: str
    mode: Mode = Mode.HYBRID
    scope: Scope = Scope.BOTH
    strict: bool = False
    aliases: bool = True
    filters: dict[str, tuple[str, ...]] = field(default_factory=dict)  # collection work dynasty author category
    event: str = ""
    sort: Sort = Sort.RELEVANCE
    limit: int = 10
    cursor: str = ""
    facets: bool = False

    @property
    def expands(self) -> bool:
        """Whether other names are looked for, too: never where just what is written is to be found and counted."""
        return self.aliases and not self.strict and self.mode is Mode.HYBRID


@dataclass(frozen=True, slots=True)
class WorkCard:
    """A work as results name it."""

    id: str
    collection: str
    record: CatalogueRecord
    sections: int


@dataclass(frozen=True, slots=True)
class Hit:
    """One passage. All ranges are half-open code points in ``text``.

    ``matched`` says whether the query's words stand in it; else it is only alike, in wording or meaning.
    ``text`` is the whole passage, ``excerpt`` the part of it around what answers the query, to be shown first.
    ``notes`` are the ranges of interlinear notes; ``nearest_passage_range`` is the stretch nearest in meaning, if that
    is why the hit is here. ``start`` is where ``text`` begins in its section.
    """

    id: str
    score: float
    matched: bool
    why: tuple[Why, ...]
    work: WorkCard
    section: str
    section_number: int
    start: int
    page: str
    facsimile: str
    text: str
    highlights: tuple[tuple[int, int], ...]
    notes: tuple[tuple[int, int], ...]
    excerpt: tuple[int, int]
    nearest_passage_range: tuple[int, int] | None = None

    @property
    def address(self) -> Address:
        """The permanent address of the passage."""
        return Address(self.work.id, self.section_number, self.page, self.start, self.text)


@dataclass(frozen=True, slots=True)
class FacetValue:
    """One value of a facet: what the filter takes and what the reader sees.

    ``count`` is how many passages with the value hold the query's words, ``alike`` how many are only alike; both as if
    no value of this facet were chosen, and those of other filters were.
    """

    value: str
    label: str
    count: int
    alike: int = 0


@dataclass(frozen=True, slots=True)
class Total:
    """The total of a search: the passages that hold the query's words, and how often they occur.

    ``alike`` counts the passages that are only alike. No other number says anything of those. With ``at_least`` there
    may be more passages and occurrences than were counted (:attr:`search.stores.base.Matches.at_least`).
    """

    passages: int
    occurrences: int
    alike: int = 0
    at_least: bool = False


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A modern word of the query, as typed, and the classical words that the collection has for it, as it has them."""

    word: str
    classical: tuple[str, ...]


class Meant(StrEnum):
    """What makes a proposal of what was typed."""

    WRITING = "writing"  # operators and fields are written as they have to be
    PINYIN = "pinyin"  # letters are read as pinyin
    CHARACTER = "character"  # a character is exchanged for one that sounds or looks like it
    SLIP = "slip"  # one character may be any other, missing or too much


@dataclass(frozen=True, slots=True)
class Proposal:
    """A query that was likely meant, what makes it of the one that was typed, and in how many passages it stands."""

    q: str
    why: Meant
    passages: int


@dataclass(frozen=True, slots=True)
class SearchResponse:
    """The response to a search. ``explanations`` are (code, detail) pairs that say how an odd query was read.

    ``expanded_names`` are the names that were searched beside those asked for.

    ``unknown_words`` are words of the query that are met nowhere; where ``has_close_match`` is false they make up so
    much of it that the hits, nearest though they are, can't be what was asked for.

    ``start`` is the number of the first hit in the whole list, from 1; ``next`` and ``previous`` are the cursors of the
    pages around, empty where there is none.
    """

    request: SearchRequest
    total: Total
    hits: tuple[Hit, ...]
    facets: dict[str, tuple[FacetValue, ...]]
    next: str
    took_ms: float
    generation: int
    explanations: tuple[tuple[str, str], ...] = ()
    expanded_names: tuple[str, ...] = ()
    unknown_words: tuple[str, ...] = ()
    has_close_match: bool = True
    suggestions: tuple[Suggestion, ...] = ()
    proposals: tuple[Proposal, ...] = ()
    start: int = 1
    previous: str = ""

    @property
    def listed(self) -> int:
        """How many hits the whole list has: by relevance what is only alike comes in, too."""
        return self.total.passages + (self.total.alike if self.request.sort is Sort.RELEVANCE else 0)


@dataclass(frozen=True, slots=True)
class SectionOutline:
    """A section by its title, and how many characters are searched of its main text and of its notes."""

    title: str
    text: int
    notes: int


@dataclass(frozen=True, slots=True)
class ImageCount:
    """How many pages a work has, and of how many there is an image."""

    pages: int
    images: int


@dataclass(frozen=True, slots=True)
class SectionView:
    """A section for reading; ``number`` counts from 0.

    ``highlights`` are ranges in ``section.text``, those that touch joined; ``occurrences`` counts what begins in it.
    ``shared`` are the stretches that a passage which is only alike has in common with the query.
    """

    work: WorkCard
    section: Section
    number: int
    highlights: tuple[tuple[int, int], ...] = ()
    occurrences: int = 0
    shared: tuple[tuple[int, int], ...] = ()


class SearchError(Exception):
    """The search can't be answered. ``code`` is stable (query-too-long, bad-cursor, …); ``detail`` names the value."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


class PageRequest(Protocol):
    """A request for one page of all rows: ``start`` is the number of the first, from 1, ``limit`` how many they are."""

    @property
    def start(self) -> int:
        """The number of the first row, from 1."""

    @property
    def limit(self) -> int:
        """How many rows there are at most."""


def page_of(rows: tuple[R, ...], request: PageRequest) -> tuple[R, ...]:
    """Return the rows of the page that was asked for."""
    first = request.start - 1
    return rows[first : first + request.limit]
