"""The engines' protocol: an inverted index ranks the passages of a generation by BM25 over characters and pairs.

Where an exact phrase stands is known without it (:mod:`indexer.store.positions`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from indexer.store.checksums import Damage

SCOPES = ("text", "notes", "both")
"""The scopes of a ranking. Text and notes together are one bag: ranked apart, short notes would drown the text."""
COMMON, FEW = 0.05, 1000
"""The share of passages beyond which a character or pair is common, and how many passages may always have it."""


@dataclass(frozen=True, slots=True)
class Document:
    """The document that an engine indexes for one passage: the folded runs of its text and of its notes.

    Each run counts as its characters and its pairs of adjacent ones.
    """

    passage: int
    work: str
    text: tuple[str, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class GramQuery:
    """Characters and pairs that are looked for in one of :data:`SCOPES`."""

    grams: tuple[str, ...]
    scope: str


def discriminative(counts: Mapping[str, int], passages: int) -> tuple[str, ...]:
    """Return the discriminative grams, which tell passages apart; ``counts`` says how many ``passages`` have each.

    Common ones weigh next to nothing, and take most of the time: without them a ranking of 98 million characters takes
    a quarter of it, with as good a first page. Where all that stand anywhere are common, all are kept.

    >>> discriminative({"之": 900_000, "江": 40_000, "混同": 5, "甲乙": 0}, 1_000_000)
    ('江', '混同')
    """
    standing = tuple(gram for gram, count in counts.items() if count)
    rare = tuple(gram for gram in standing if counts[gram] <= max(COMMON * passages, FEW))
    return rare or standing


class Engine(Protocol):
    """A snapshot of an inverted index, for reading."""

    def rank(self, query: GramQuery, works: Sequence[str] | None, limit: int) -> list[tuple[int, float]]:
        """Return the ``limit`` best passages by BM25 of its discriminative grams, best first, of ``works`` if given."""


class EngineWriter(Protocol):
    """Writes one generation of an inverted index."""

    def add(self, passages: Iterable[Document]) -> None:
        """Add passages."""

    def remove(self, works: Sequence[str]) -> None:
        """Remove every passage of these works (keys, as in ``Document.work``)."""

    def commit(self) -> None:
        """Make everything durable; the writer is not used again."""


class EngineModule(Protocol):
    """The interface of a module whose engine keeps its files in a folder."""

    def open_reader(self, folder: Path) -> Engine:
        """Open what a writer has committed."""

    def open_writer(self, folder: Path) -> EngineWriter:
        """Open a writer that continues the index in the folder, or begins one in an empty folder."""


class EngineIndexes(Protocol):
    """The inverted indexes of an index's generations, by their numbers: how they begin, are kept, and go.

    They may stand in folders or in a service. One that is not published yet is nobody's to open, and one that was
    published never changes.
    """

    def begin(self, number: int, previous: int | None) -> EngineWriter:
        """Begin a generation's index, empty or as a copy of the previous one's; an unpublished one is dropped."""

    def publish(self, number: int, previous: int | None) -> None:
        """Make what was committed durable, and record what it holds; ``previous`` is what it began from, if any."""

    def open(self, number: int) -> Engine:
        """Open a published one for reading."""

    def keep(self, numbers: Collection[int]) -> None:
        """Drop all but these."""

    def size(self, number: int) -> int:
        """Return its bytes, as recorded; 0 where that can't be read."""

    def parts(self, number: int) -> int:
        """Return how many files, or the like, :meth:`verify` reads; 0 where that is not known."""

    def check(self, number: int) -> None:
        """Check what costs next to nothing: that it is there and of the size that was recorded.

        Raises:
            Damaged: it is not.
        """

    def verify(self, number: int, read: Callable[[int], None]) -> Iterator[Damage]:
        """Read all of it and name what is damaged; ``read`` is called with the bytes that were read since."""

    def folder(self, number: int) -> Path | None:
        """Return the folder whose files are all of it, and may be copied; None where there is no such folder."""
