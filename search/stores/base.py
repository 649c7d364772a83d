"""The store's protocol: what a generation can be asked, wherever its texts, counts and vectors are.

Nothing here knows a folder, a pack or a cluster. Queries come as trees and vectors, answers as values; what matches a
query stays where it is, behind :class:`Matches`, and only what is shown is read. The query's model, late interaction
and the fusion of rankings are on this side of the protocol.

Everything that is equal in an order is in the order of place: by the work's id, then by its sections, then by offset.
So answers do not depend on how a store has laid out its works, and those of several stores can be merged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from corpora.model import Page, Section
from indexer.embedding import Embedder, Vectors
from indexer.engines.base import GramQuery
from indexer.store.access import Declared
from indexer.text.streams import Codes
from search.grams import Unit
from search.model import Scope, Slip, Sort, WorkCard
from search.occurrences import Occurrences
from search.parallels.shared import SharedTexts, TextRange
from search.query import Field, Phrase, Tree
from search.ranking.pieces import Numbers, Pieces, Stretch

Filters = Mapping[str, tuple[str, ...]]
"""The accepted values of catalogue fields; no value means no filter."""


class Ref(Protocol):
    """A store's own name for a passage, opaque to others; refs of one store sort in the order of place.

    It holds for the generation that gave it; :class:`PassageRef` is what others may keep.
    """

    def __hash__(self) -> int: ...

    def __lt__(self, other: Any, /) -> bool: ...


class PassageRef(NamedTuple):
    """A passage by its place: the work's id, the section's number there, the offset of its first character."""

    work: str
    section: int
    offset: int

    def __str__(self) -> str:
        """Write it as hits and addresses name it.

        >>> str(PassageRef("KR2a0035", 2, 120))
        'KR2a0035.2.120'
        """
        return f"{self.work}.{self.section}.{self.offset}"


@dataclass(frozen=True, slots=True)
class ExactQuery:
    """A condition on passages. ``asked`` is the tree without other names and slips, where ``tree`` has any."""

    tree: Tree
    scope: Scope = Scope.BOTH
    strict: bool = False
    filters: Filters = field(default_factory=dict)
    asked: Tree | None = None


@dataclass(frozen=True, slots=True)
class Eligible:
    """The passages that a ranking may name: those that pass the filters, satisfy every field, and match.

    Matches are of the same store.
    """

    filters: Filters = field(default_factory=dict)
    fields: tuple[Field, ...] = ()
    matches: Matches | None = None

    @property
    def is_everything(self) -> bool:
        """Whether nothing is left out."""
        return not any(self.filters.values()) and not self.fields and self.matches is None


class Ranked(NamedTuple):
    """A passage and its score."""

    passage: Ref
    score: float


class NearWindow(NamedTuple):
    """A passage, the cosine of its nearest window, times the passage's weight, and that window."""

    passage: Ref
    likeness: float
    window: Stretch


class Marks(NamedTuple):
    """The ranges of a query's words in a passage.

    ``ranges`` are half-open ranges of its section's text, sorted and without overlap; none where the catalogue record
    alone matches. They begin in the passage, and the last may end after it. ``typed`` says whether some are spelled as
    in the query, ``asked`` whether it takes no other name and no slip, and ``slips`` what slips there are.
    """

    ranges: tuple[tuple[int, int], ...]
    typed: bool
    asked: bool
    slips: tuple[Slip, ...]


class SectionMarks(NamedTuple):
    """The ranges of a query's words in a section's text, as in :class:`Marks`, and the number of occurrences."""

    ranges: tuple[tuple[int, int], ...]
    occurrences: int


class Wanted(NamedTuple):
    """A passage to be read, to ``until`` in its section at least, and a stretch whose place is wanted."""

    passage: Ref
    until: int = 0
    stretch: Stretch | None = None


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """A passage as the edition has it.

    ``start`` is where ``text`` begins in its section. ``notes`` are ranges of ``text``, and ``stretch`` is the part
    that was asked for, as far as it lies in ``text``. ``folded`` has what each character folds to, 0 for nothing.
    """

    work: WorkCard
    section: str
    section_number: int
    start: int
    page: str
    facsimile: str
    text: str
    notes: tuple[tuple[int, int], ...]
    folded: Codes
    stretch: tuple[int, int] | None = None

    @property
    def ref(self) -> PassageRef:
        """The passage's name that others may keep."""
        return PassageRef(self.work.id, self.section_number, self.start)


class Matches(Protocol):
    """All passages that satisfy a query, as a handle: counted, ordered and read where they are."""

    @property
    def passages(self) -> int:
        """How many there are."""

    @property
    def occurrences(self) -> int:
        """How many occurrences of its phrases are in them."""

    @property
    def at_least(self) -> bool:
        """Whether there may be more: a bound on what is looked at was reached, which the store's documents name."""

    def by_work(self) -> Sequence[tuple[WorkCard, int]]:
        """Return the works that have some, with how many."""

    def page(self, sort: Sort, offset: int, limit: int) -> Sequence[Ranked]:
        """Return some of them in an order: the best first, by place, or by date (without a year last) and place.

        Within a tier a score is below 1: what an occurrence adds dies away as in BM25 (Robertson et al., TREC 1994),
        and is multiplied by the passage's weight. A passage's length plays no part: none is longer than a page, and by
        length a list of names would beat every sentence. Tiers go before it:

        * 0 and 1: tables of contents, prefaces and the like (:mod:`indexer.text.prominence`), and passages in which the
          words stand in a running head alone; 1 where they stand as asked, not under another name or with a slip;
        * 2 and 3: all other text, likewise; and 4 where the words are spelled as typed, but for lists.
        """

    def scores_of(self, passages: Sequence[Ref]) -> Mapping[Ref, float]:
        """Return the scores of those of some passages that match, as :meth:`page` has them."""

    def marks(self, passages: Sequence[Ref]) -> Sequence[Marks | None]:
        """Return where the words stand in each of some passages; None for one that does not match."""


def literal_queries(words: Sequence[str], scope: Scope, filters: Filters) -> list[ExactQuery]:
    """Return the queries for words that are folded already, each as it is."""
    phrases = (Phrase(word, tuple(map(ord, word))) for word in words)
    return [ExactQuery(phrase, scope, filters=filters) for phrase in phrases]


class Watch(Protocol):
    """A published generation as seen once."""

    @property
    def found(self) -> bool:
        """Whether there was one."""

    def is_outdated(self) -> bool:
        """Return whether another is published by now.

        Raises:
            Unavailable: the index can't be asked now.
        """

    def close(self) -> None:
        """Release what is held open."""


class Store(Protocol):
    """One generation, or what may be seen of it. Nothing in it changes; safe to share between threads.

    A search that is out of time is given up with :class:`search.deadline.SearchTimeout`.
    """

    @property
    def name(self) -> str:
        """Where it is, as a person names it."""

    @property
    def generation(self) -> int:
        """The number of the generation."""

    @property
    def identity(self) -> str:
        """A fingerprint of this state, of this index or of a rebuilt one; nothing unseen counts in it."""

    @property
    def folding(self) -> str:
        """The fingerprint of the tables that its texts were folded by."""

    @property
    def declared(self) -> Declared:
        """What the index says of who may read its works."""

    @property
    def embedder(self) -> Embedder:
        """The model that its vectors are of, which runs here.

        Raises:
            IndexFailure: it is not here.
        """

    def works(self) -> Sequence[WorkCard]:
        """Return every work, by id."""

    def without(self, works: frozenset[str]) -> Store:
        """Return the store as if it had never had these works; only statistics behind :meth:`rank` may know them."""

    def match(self, query: ExactQuery) -> Matches:
        """Find the passages that satisfy a query.

        Raises:
            SearchError: it costs too much.
        """

    def find(self, query: ExactQuery) -> Occurrences:
        """Find every occurrence of a query's phrases, in order of place; of NEAR, the stretch of each pair.

        Raises:
            SearchError: it costs too much.
        """

    def frequencies(self, words: Sequence[str], scope: Scope, filters: Filters) -> Sequence[int]:
        """Return how often each of some words, folded, stands in works that pass the filters.

        It is the number of occurrences that :meth:`find` finds of each.
        """

    def affordable(self, unit: Unit) -> int:
        """Return how many grams of a unit :meth:`frequencies` is asked of at most, so that it is quick."""

    def grams(self, unit: Unit, scope: Scope, filters: Filters) -> Mapping[str, int]:
        """Return how often each gram, folded, stands in works that pass the filters, which are read through.

        It is the number of occurrences that :meth:`find` finds of each; of words, of those that are one word each.
        """

    def rank(self, query: GramQuery, eligible: Eligible, limit: int) -> Sequence[Ranked]:
        """Return the best passages by BM25 of the discriminative grams, times the passage's weight, best first."""

    def nearest(self, vector: Vectors, scope: Scope, eligible: Eligible, limit: int) -> Sequence[Ranked]:
        """Return the passages with the windows nearest to a unit vector, the nearest first.

        The score is the cosine, times the passage's weight. A window is of the passage in which its middle stands. An
        answer may be approximate where windows are many.
        """

    def windows(self, vector: Vectors, scope: Scope, passages: Sequence[Ref]) -> Mapping[Ref, Stretch]:
        """Return the window of each of some passages that is nearest to a unit vector, of those that have any."""

    def nearest_windows(self, vectors: Vectors, filters: Filters, limit: int) -> Sequence[Sequence[NearWindow]]:
        """Return what :meth:`nearest` and :meth:`windows` would for each of some unit vectors, all at once."""

    def shared(self, text: Codes, least: int, filters: Filters, but: TextRange | None) -> SharedTexts:
        """Find what shares ``least`` characters or more with a text, in runs of some, in works that pass the filters.

        ``text`` is folded; a boundary parts what does not follow each other. Runs that begin in ``but`` do not count.
        Of very many those are found that share most. A run has :data:`search.parallels.shared.SEED` characters or more.

        Raises:
            SearchError: it costs too much.
        """

    def texts(self, passages: Sequence[Ref], scope: Scope) -> Pieces:
        """Return the folded text and notes of passages, and what surrounds them, for comparing; see :class:`Pieces`."""

    def passages(self, wanted: Sequence[Wanted]) -> Sequence[StoredPassage]:
        """Read passages."""

    def works_of(self, passages: Sequence[Ref]) -> Sequence[WorkCard]:
        """Return the work of each passage."""

    def contents(self, work: str) -> Sequence[str]:
        """Return the titles of a work's sections, in order; no text is read.

        Raises:
            KeyError: there is no such work.
        """

    def pages(self, work: str) -> Sequence[tuple[Page, ...]]:
        """Return the pages of each section of a work, in order; no text is read.

        Raises:
            KeyError: there is no such work.
        """

    def paths(self, work: str) -> Sequence[tuple[str, ...]]:
        """Return the paths of a work's sections, as :class:`corpora.model.Section` has them, in order.

        Raises:
            KeyError: there is no such work.
        """

    def characters(self, work: str) -> Numbers:
        """Return how many characters of each section of a work are searched: a column of its text, one of its notes.

        Raises:
            KeyError: there is no such work.
        """

    def dated_characters(self, work: str) -> Numbers:
        """Return the same by the year that a section has named last: rows of a section, a year, its text, its notes.

        The year is that of :attr:`search.occurrences.Occurrence.event` of what begins there, or
        :data:`indexer.dates.date.NO_YEAR`.

        Raises:
            KeyError: there is no such work.
        """

    def weights_of(self, passages: Sequence[Ref]) -> Sequence[float]:
        """Return how much each passage counts in a ranking (:mod:`indexer.text.prominence`)."""

    def section(self, work: str, number: int) -> Section:
        """Read a section.

        Raises:
            KeyError: there is no such section.
        """

    def section_marks(self, work: str, number: int, query: ExactQuery) -> SectionMarks:
        """Return where a query's words stand in a section.

        Raises:
            KeyError: there is no such section.
            SearchError: it costs too much.
        """

    def stands(self, words: Sequence[str]) -> frozenset[str]:
        """Return those of some words, folded, that stand anywhere."""

    def spellings(self, words: Sequence[str], language: str) -> Sequence[str]:
        """Return how works in a language spell words of one or two characters, in their main text.

        That is the word itself where it stands so anywhere, unless it is what its spellings fold to, which nobody may
        have meant; else the commonest of a sample, which each store draws as it can. It is empty where the word stands
        nowhere.
        """

    def status(self) -> dict[str, Any]:
        """Return what is in it, with sizes in bytes."""

    def warm_up(self) -> None:
        """Load what searches need, before processes that share it part."""
