"""The parallels of works: all stretches that two works share, as plain frozen data.

A stretch is a chain of runs, aligned; it stands in one section, or one note, of either work.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from search.addresses import Address
from search.model import WorkCard, page_of
from search.parallels.model import Agreements

LEAST_RUN = 12
"""Characters of the shortest run, where nobody says otherwise."""
SHORTEST_RUN = 8
"""Characters of the shortest run that can be asked for."""
MOST_STRETCHES = 100_000
"""Stretches that are listed; whoever wants more asks for longer runs, or fewer works."""
STRETCHES = 50


@dataclass(frozen=True, slots=True)
class WorkParallelsRequest:
    """What works share, in runs of ``least`` characters or more.

    A ``work`` is compared with the works and collections that ``among`` names, none of which means all; or else every
    two works of a ``collection`` are. ``start`` is the number of the first stretch that is shown, from 1, ``limit``
    how many are.
    """

    work: str = ""
    among: tuple[str, ...] = ()
    least: int = LEAST_RUN
    start: int = 1
    limit: int = STRETCHES
    collection: str = ""


@dataclass(frozen=True, slots=True)
class StretchPlace:
    """Where a stretch stands in a work: a half-open range of a section's text, which ``text`` has as the edition does.

    ``at`` counts the searched characters of the work before it.
    """

    work: WorkCard
    section: str
    section_number: int
    page: str
    in_notes: bool
    start: int
    end: int
    text: str
    at: int

    @property
    def address(self) -> Address:
        """The permanent address of the place."""
        return Address(self.work.id, self.section_number, self.page, self.start, self.text)


@dataclass(frozen=True, slots=True)
class WorkStretch:
    """A stretch that two works share; ``longest`` is the length of its longest run."""

    here: StretchPlace
    there: StretchPlace
    agreements: Agreements
    longest: int


@dataclass(frozen=True, slots=True)
class WorkPair:
    """Two works that were compared: how many stretches they share, and how many runs are in these.

    With ``at_least`` there are more.
    """

    here: WorkCard
    there: WorkCard
    stretches: int
    runs: int
    at_least: bool


@dataclass(frozen=True, slots=True)
class WorkParallels:
    """The stretches that works share: as they stand in the first of the two, then as in the other.

    ``works`` are the first ones, ``among`` the others; of a collection both are all of its works. ``pairs`` are those
    that share anything. ``characters`` has the searched characters of each work, by id. With ``at_least`` there are
    more stretches.
    """

    request: WorkParallelsRequest
    works: tuple[WorkCard, ...]
    among: tuple[WorkCard, ...]
    rows: tuple[WorkStretch, ...]
    pairs: tuple[WorkPair, ...]
    characters: dict[str, int]
    at_least: bool
    generation: int
    took_ms: float

    @property
    def runs(self) -> int:
        """How many runs are in the stretches."""
        return sum(pair.runs for pair in self.pairs)

    @property
    def shown(self) -> tuple[WorkStretch, ...]:
        """The rows of the page that was asked for."""
        return page_of(self.rows, self.request)


def in_order(rows: Sequence[WorkStretch]) -> tuple[WorkStretch, ...]:
    """Return stretches as they stand in the first work, then as they do in the other."""
    return tuple(sorted(rows, key=_place))


def _place(row: WorkStretch) -> tuple[str, int, str, int]:
    return row.here.work.id, row.here.at, row.there.work.id, row.there.at


def added_up(pairs: Iterable[WorkPair]) -> Iterator[WorkPair]:
    """Yield each two works once that share anything, with what was counted in several steps, in the order of ids."""
    by_works: dict[tuple[str, str], list[WorkPair]] = {}
    for pair in pairs:
        by_works.setdefault((pair.here.id, pair.there.id), []).append(pair)
    for works in sorted(by_works):
        some = by_works[works]
        yield WorkPair(
            some[0].here,
            some[0].there,
            sum(pair.stretches for pair in some),
            sum(pair.runs for pair in some),
            any(pair.at_least for pair in some),
        )
