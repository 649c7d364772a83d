"""The table of eras (``eras.tsv``) and of what regimes are called (``regimes.tsv``), both our own.

An era name may belong to several regimes (大安: 西夏, 遼, 金), and twice to one (元's 至元). Names are found folded, so
in both scripts.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import TypeVar

from indexer.text.folding import fold

_Value = TypeVar("_Value")
_ERAS = Path(__file__).with_name("eras.tsv")
_REGIMES = Path(__file__).with_name("regimes.tsv")
_EXCHANGED = (("祐", "佑"), ("弘", "宏"))
"""Characters of era names that editions exchange; of each pair the second stands for the first."""


class EraKind(StrEnum):
    """Whether a name can be taken for an era wherever it stands."""

    ERA = "era"
    WORD = "word"  # it is a common word or the name of a place, too: a number of years must follow
    RULER = "ruler"  # the regime counted by its ruler's years, for it had no eras yet


@dataclass(frozen=True, slots=True)
class Era:
    """A row of ``eras.tsv``.

    ``first`` is the western year in which most of the first year falls; ``since`` and ``last`` say from when to when
    the regime counted by it, ``since`` being later where it took up another's count (後漢: 天福十二年). ``doubtful``
    says that historians disagree about its years, ``source`` what gives its name.
    """

    regime: str
    name: str
    first: int
    since: int
    last: int
    kind: EraKind
    doubtful: bool
    forms: tuple[str, ...]
    source: str

    def year(self, number: int) -> int | None:
        """Return the western year of a year of the era; None where the era has no such year."""
        year = self.first + number - 1
        return year if self.covers(year) else None

    def number(self, year: int) -> int:
        """Return which year of the era a western year is."""
        return year - self.first + 1

    def covers(self, year: int) -> bool:
        """Return whether the regime counted a year by this era."""
        return self.since <= year <= self.last

    def spellings(self) -> Iterator[str]:
        """Yield its name in every spelling, folded."""
        for name in (self.name, *self.forms):
            yield fold(name)
            for character, other in _EXCHANGED:
                if character in name:
                    yield fold(name.replace(character, other))


@dataclass(frozen=True, slots=True)
class Regime:
    """A row of ``regimes.tsv``: what a regime is called before a date, and in titles of books about it."""

    name: str
    names: tuple[str, ...]
    is_major: bool
    titles: tuple[str, ...]


@cache
def eras() -> tuple[Era, ...]:
    """Return the rows of the table of eras, in its order."""
    return tuple(
        Era(
            row["regime"],
            row["era"],
            int(row["first"]),
            int(row["since"]),
            int(row["last"]),
            EraKind(row["kind"]),
            row["doubtful"] == "yes",
            _parts(row["forms"]),
            row["source"],
        )
        for row in _rows(_ERAS)
    )


@cache
def regimes() -> Mapping[str, Regime]:
    """Return the regimes by their names in the table of eras."""
    return {
        row["regime"]: Regime(row["regime"], _parts(row["names"]), row["major"] == "yes", _parts(row["titles"]))
        for row in _rows(_REGIMES)
    }


def named(name: str, called: str = "") -> tuple[Era, ...]:
    """Return the eras of a name in any spelling; of the regimes that are ``called`` so, where that is given.

    >>> [era.regime for era in named("大安")], [era.regime for era in named("大安", "金")]
    (['西晉', '後涼', '遼', '西夏', '金'], ['金'])
    """
    found = by_name().get(fold(name), ())
    mine = by_call().get(fold(called), frozenset()) if called else None
    return tuple(era for era in found if mine is None or era.regime in mine)


def in_year(year: int) -> tuple[Era, ...]:
    """Return the eras by which regimes counted a year, in the order of the table."""
    return tuple(era for era in eras() if era.covers(year))


def regimes_in(title: str) -> tuple[str, ...]:
    """Return the regimes that a book is about by its title.

    >>> regimes_in("欽定重訂大金國志"), regimes_in("金剛經")
    (('金',), ())
    """
    folded = fold(title)
    return tuple(each.name for each in regimes().values() if any(fold(word) in folded for word in each.titles))


@cache
def by_name() -> Mapping[str, tuple[Era, ...]]:
    """Return the eras by every spelling of their names, folded."""
    return _gathered((spelling, era) for era in eras() for spelling in dict.fromkeys(era.spellings()))


@cache
def by_call() -> Mapping[str, Collection[str]]:
    """Return the regimes by each of the names they are called by, folded."""
    return _gathered((fold(call), each.name) for each in regimes().values() for call in each.names)


def _gathered(pairs: Iterable[tuple[str, _Value]]) -> dict[str, tuple[_Value, ...]]:
    found: defaultdict[str, list[_Value]] = defaultdict(list)
    for key, value in pairs:
        found[key].append(value)
    return {key: tuple(values) for key, values in found.items()}


def _parts(cell: str) -> tuple[str, ...]:
    return tuple(filter(None, cell.split(";")))


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader((line for line in lines if not line.startswith("#")), delimiter="\t")
