"""Inverted indexes behind one protocol; to add one, write a module and name it in ``ENGINES``.

An engine ranks: it names the passages that are most like a bag of characters and pairs, by BM25. Where an exact phrase
stands is known without it (:mod:`indexer.places`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Protocol

ENGINES = {"tantivy": "indexer.engines.tantivy", "whoosh": "indexer.engines.whoosh"}
DEFAULT = "tantivy"
SCOPES = ("text", "notes", "both")
"""What a ranking looks at. Text and notes together are one bag: ranked apart, short notes would drown the text."""


@dataclass(frozen=True, slots=True)
class Folded:
    """What an engine indexes of one passage: the folded runs of its text and of its notes.

    Each run counts as its characters and its pairs of adjacent ones.
    """

    passage: int
    work: str
    text: tuple[str, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Bag:
    """A query as a bag of characters and pairs, to be looked for in one of SCOPES."""

    grams: tuple[str, ...]
    scope: str


class Engine(Protocol):
    """A snapshot of an inverted index, for reading."""

    def rank(self, bag: Bag, works: Sequence[str] | None, limit: int) -> list[tuple[int, float]]:
        """The ``limit`` best passages by BM25, best first; within ``works`` where they are given."""


class EngineWriter(Protocol):
    """Writes one generation of an inverted index."""

    def add(self, passages: Iterable[Folded]) -> None:
        """Add passages."""

    def remove(self, works: Sequence[str]) -> None:
        """Remove every passage of these works (keys, as in ``Folded.work``)."""

    def commit(self) -> None:
        """Make everything durable; the writer is not used again."""


class EngineModule(Protocol):
    """What an engine's module offers."""

    def open_reader(self, folder: Path) -> Engine:
        """Open what a writer has committed."""

    def open_writer(self, folder: Path) -> EngineWriter:
        """Go on with what stands in the folder, or begin in an empty one."""


def engine(name: str) -> EngineModule:
    """The engine's module.

    Raises:
        KeyError: no engine has this name.
    """
    module: EngineModule = import_module(ENGINES[name])
    return module
