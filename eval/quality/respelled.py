"""Quality of the table of names: an old spelling should find the Siku editors' one, and little else.

The sentences of the 金史 stand in the data twice: as a modern edition has them, with the old spellings, and as the
Siku edition does. A sentence is right for a name where the modern edition has the name in it; it is found where the
Siku text has one of the spellings that a search for the name looks for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from eval.datasets.liaojin import aligned, located
from indexer.text.folding import fold
from search.words.aliases import Names

FEWEST = 3
"""Sentences that must have a name, for it to be measured."""


@dataclass(frozen=True, slots=True)
class AlignedRow:
    """A sentence in both editions, folded."""

    modern: str
    siku: str


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts over all names: the sentences that have the name, those that are found, and those that are both."""

    names: int
    right: int
    found: int
    both: int

    @property
    def precision(self) -> float:
        """The share of what is found that is right."""
        return self.both / self.found if self.found else 0.0

    @property
    def recall(self) -> float:
        """The share of what is right that is found."""
        return self.both / self.right if self.right else 0.0


def read(path: Path) -> list[AlignedRow]:
    """Read the odd rows of an alignment file whose two texts agree well enough.

    Raises OSError where it cannot be read, and KeyError or ValueError where it is no alignment file.
    """
    rows = located(aligned(path, "odd"))
    return [AlignedRow(fold(row["classical_simplified"]), fold(row["kanripo_text"])) for row in rows]


def measure(rows: Iterable[AlignedRow], names: Names, *, aliases: bool) -> Tally:
    """Search for every name of the table that occurs often enough; with its other spellings, or alone."""
    rows = list(rows)
    measured, right, found, both = 0, 0, 0, 0
    for name in names:
        truly = {at for at, row in enumerate(rows) if name in row.modern}
        if len(truly) < FEWEST:
            continue
        spellings = (name, *(fold(other) for other in names.others(name) if aliases))
        hits = {at for at, row in enumerate(rows) if any(each in row.siku for each in spellings)}
        measured, right = measured + 1, right + len(truly)
        found, both = found + len(hits), both + len(hits & truly)
    return Tally(measured, right, found, both)
