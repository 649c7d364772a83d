"""Requests for parallels and their answers: plain frozen data, the same for page and command line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from search.addresses import Address
from search.model import WorkCard, page_of
from search.parallels.alignment import EDIT, SAME, Agreement, AlignedStretch

MOST_CHARACTERS = 20_000
"""The longest text whose parallels are looked for."""
LEAST = 10
"""Characters that a part of a parallel shares at least, where nobody says otherwise."""
ROWS = 50


class Likeness(StrEnum):
    """How a parallel is like the text."""

    EXACT = "exact"  # each of its parts says the same, character for character
    NEAR = "near"  # something is changed, missing or added
    MEANING = "meaning"  # it shares too little wording, but is near in meaning


@dataclass(frozen=True, slots=True)
class ParallelPart:
    """Stretches of a text and of another, aligned: half-open ranges of the two originals, in the order of both."""

    stretches: tuple[AlignedStretch, ...]

    @property
    def start(self) -> int:
        """Where it begins in the text that was asked for."""
        return self.stretches[0].start

    @property
    def end(self) -> int:
        """Where it ends in the text that was asked for."""
        return self.stretches[-1].end

    @property
    def here_start(self) -> int:
        """Where it begins in the section that it was found in."""
        return self.stretches[0].here_start

    @property
    def here_end(self) -> int:
        """Where it ends in the section that it was found in."""
        return self.stretches[-1].here_end


@dataclass(frozen=True, slots=True)
class Agreements:
    """How many characters are shared, changed, missing and added, as they are compared."""

    same: int = 0
    changed: int = 0
    missing: int = 0
    added: int = 0

    @classmethod
    def of(cls, stretches: Iterable[AlignedStretch]) -> Agreements:
        """Count the characters of folded texts that were aligned."""
        counts = dict.fromkeys(Agreement, 0)
        for each in stretches:
            counts[each.agreement] += max(each.end - each.start, each.here_end - each.here_start)
        return cls(*(counts[agreement] for agreement in Agreement))

    @property
    def identity(self) -> float:
        """The share of all columns of the alignment that are the same, 0 to 1."""
        return self.same / max(self.same + self.changed + self.missing + self.added, 1)

    @property
    def score(self) -> int:
        """The score of the alignment."""
        return SAME * self.same - EDIT * (self.changed + self.missing + self.added)


@dataclass(frozen=True, slots=True)
class Parallel:
    """A place elsewhere that is like a text, or a part of it. ``start`` and ``end`` are of the section's text.

    ``text`` is that range as the edition has it, ``left`` and ``right`` what stands around it. ``parts`` are in the
    order of the place, whatever their order in the text that was asked for. ``nearness`` is the cosine of what is
    near in meaning, 0 where that was not asked.
    """

    likeness: Likeness
    work: WorkCard
    section: str
    section_number: int
    page: str
    facsimile: str
    in_notes: bool
    start: int
    end: int
    text: str
    left: str
    right: str
    parts: tuple[ParallelPart, ...]
    agreements: Agreements
    nearness: float = 0.0

    @property
    def address(self) -> Address:
        """The permanent address of the place."""
        return Address(self.work.id, self.section_number, self.page, self.start, self.text)


@dataclass(frozen=True, slots=True)
class ParallelsRequest:
    """The parallels of a text: of ``q``, or of the text of the index that ``place`` is the address of.

    They are looked for in the works and collections that ``among`` names, none of which means all. A part of a parallel
    shares ``least`` characters or more in runs, or all of a shorter text. ``likenesses`` keep some kinds alone.
    ``start`` is the number of the first that is shown, from 1, ``limit`` how many are.
    """

    q: str = ""
    place: Address | None = None
    among: tuple[str, ...] = ()
    least: int = LEAST
    likenesses: tuple[Likeness, ...] = ()
    start: int = 1
    limit: int = ROWS


@dataclass(frozen=True, slots=True)
class Parallels:
    """The parallels of a text: what shares its wording, the best first, then what is near in meaning, likewise.

    ``text`` is what was asked for as it was written, or as the edition has it. ``rows`` are those of the kind that was
    asked for, ``counts`` those of each kind, ``by_work`` how many rows each work has. With ``at_least`` there may be
    more that share wording. Of the text's ``windows`` so many were ``compared`` in meaning.
    """

    request: ParallelsRequest
    text: str
    rows: tuple[Parallel, ...]
    counts: dict[Likeness, int]
    by_work: tuple[tuple[WorkCard, int], ...]
    at_least: bool
    windows: int
    compared: int
    generation: int
    took_ms: float

    @property
    def shown(self) -> tuple[Parallel, ...]:
        """The rows of the page that was asked for."""
        return page_of(self.rows, self.request)
