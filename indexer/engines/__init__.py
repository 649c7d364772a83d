"""Inverted indexes behind one protocol; to add one, write a module and name it in ``ENGINES``.

An engine narrows: it names the passages where a phrase may start, and ranks passages by BM25. What it names is
verified on the folded text, so an engine may name too many passages and never too few.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

TAIL = 16
"""Characters of the following text that a passage is indexed with, so that a phrase across its end is found."""

ENGINES = {"tantivy": "indexer.engines.tantivy", "whoosh": "indexer.engines.whoosh"}
DEFAULT = "tantivy"
STREAMS = ("text", "notes")
SCOPES = (*STREAMS, "both")
"""What a ranking looks at. Text and notes together are one bag: ranked apart, short notes would drown the text."""


@dataclass(frozen=True, slots=True)
class PassageTokens:
    """What an engine indexes of one passage: for each stream its characters, for each scope its bag.

    ``chars`` run on past the passage's end by TAIL; the bags do not.
    """

    passage: int
    work: str
    chars: dict[str, Sequence[str]]
    grams: dict[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Bag:
    """A query as a bag of characters and bigrams, to be looked for in one of SCOPES."""

    grams: tuple[str, ...]
    scope: str


class Engine(Protocol):
    """A snapshot of an inverted index, for reading."""

    def candidates(self, stream: str, phrase: str, limit: int) -> NDArray[np.uint64] | None:
        """Passages where ``phrase`` (folded, any length) may start, sorted; None where there are over ``limit``."""

    def rank(self, bag: Bag, works: Sequence[str] | None, limit: int) -> list[tuple[int, float]]:
        """The ``limit`` best passages by BM25, best first; within ``works`` where they are given."""


class EngineWriter(Protocol):
    """Writes one generation of an inverted index."""

    def add(self, passages: Iterable[PassageTokens]) -> None:
        """Add passages."""

    def remove(self, works: Sequence[str]) -> None:
        """Remove every passage of these works (keys, as in ``PassageTokens.work``)."""

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
