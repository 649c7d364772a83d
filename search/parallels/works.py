"""The parallels of a work: all stretches that it shares with other works, which are read section by section.

Every run of :attr:`WorkParallelsRequest.least` folded characters or more that stands in both is in one of the
stretches. A stretch is a chain of such runs, aligned; it stands in one section, or one note, of either work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from corpora.model import Section
from indexer.progress import Progress
from indexer.text.streams import BOUNDARY, Codes, code_points, main_stream, notes_stream
from search import deadline
from search.addresses import Address
from search.model import WorkCard, page_of
from search.parallels.alignment import aligned
from search.parallels.asked import without_heads
from search.parallels.chains import by_segment, chained
from search.parallels.model import Agreements
from search.parallels.runs import Runs, Shingles
from search.ranking.pieces import Numbers

LEAST_RUN = 12
"""Characters of the shortest run, where nobody says otherwise."""
SHORTEST_RUN = 8
"""Characters of the shortest run that can be asked for."""
MOST_STRETCHES = 20_000
"""Stretches that are listed; whoever wants more asks for longer runs, or one work at a time."""
MOST_RUNS = 100_000
"""Runs of a section that are looked at: a refrain in both works is one with every other."""
STRETCHES = 50


@dataclass(frozen=True, slots=True)
class WorkParallelsRequest:
    """What a work shares with other works and collections, in runs of ``least`` characters or more.

    ``among`` are works and collections; none means all. ``start`` is the number of the first stretch that is shown,
    from 1, ``limit`` how many are.
    """

    work: str
    among: tuple[str, ...] = ()
    least: int = LEAST_RUN
    start: int = 1
    limit: int = STRETCHES


@dataclass(frozen=True, slots=True)
class StretchPlace:
    """Where a stretch stands in a work: a half-open range of a section's text, which ``text`` has as the edition does.

    ``at`` counts the characters of the work before it that are compared.
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
class WorkParallels:
    """The stretches that a work shares with others: as they stand in it, then as the others do.

    ``runs`` counts the runs in them. ``characters`` has the searched characters of the work, and of each other one, by
    id. With ``at_least`` there are more stretches.
    """

    request: WorkParallelsRequest
    work: WorkCard
    among: tuple[WorkCard, ...]
    rows: tuple[WorkStretch, ...]
    runs: int
    characters: dict[str, int]
    at_least: bool
    generation: int
    took_ms: float

    @property
    def shown(self) -> tuple[WorkStretch, ...]:
        """The rows of the page that was asked for."""
        return page_of(self.rows, self.request)


Read = Callable[[str, int], Section]
"""A function that reads a section of a work, by its number."""


@dataclass(frozen=True, slots=True)
class ReadSections:
    """Some sections of a work and their folded streams, one after another, with boundaries between.

    ``owners`` are the sections of characters, by their number among these, ``noted`` says which stand in notes,
    ``ranks`` how many are compared before each, and in all.
    """

    card: WorkCard
    numbers: tuple[int, ...]
    sections: tuple[Section, ...]
    codes: Codes
    offsets: Numbers
    ends: Numbers
    owners: Numbers
    noted: Numbers
    ranks: Numbers

    @classmethod
    def of(cls, card: WorkCard, numbers: Sequence[int], read: Read) -> ReadSections:
        """Read sections of a work."""
        sections: list[Section] = []
        # Of each stream a column of characters, and four of numbers.
        characters = [np.empty(0, np.uint32)]
        numbers_of = [np.empty((4, 0), np.int64)]
        for at, number in enumerate(numbers):
            deadline.check()
            section = read(card.id, number)
            sections.append(section)
            codes = code_points(section.text)
            main, notes = main_stream(section, codes), notes_stream(section, codes)
            for kind, stream, kept in ((0, main, without_heads(section, main)), (1, notes, notes.codes)):
                characters.append(kept)
                owner, until = np.full(len(kept), at), stream.offsets + stream.lengths
                numbers_of.append(np.stack([stream.offsets, until, owner, np.full(len(kept), kind)]).astype(np.int64))
        together = np.concatenate(characters)
        ranks = np.append(0, np.cumsum(together != BOUNDARY))
        offsets, ends, owners, noted = np.concatenate(numbers_of, axis=1)
        return cls(card, tuple(numbers), tuple(sections), together, offsets, ends, owners, noted, ranks)

    def place(self, low: int, high: int, before: int) -> StretchPlace:
        """Return where a range of characters stands; ``before`` counts those of the work before these sections."""
        owner = int(self.owners[low])
        section = self.sections[owner]
        start, end = int(self.offsets[low]), int(self.ends[high - 1])
        page = next((page.label for page in reversed(section.pages) if page.start <= start), "")
        said = section.text[start:end]
        noted, at = bool(self.noted[low]), before + int(self.ranks[low])
        return StretchPlace(self.card, section.title, self.numbers[owner], page, noted, start, end, said, at)


def compared(
    work: WorkCard, others: Sequence[WorkCard], least: int, read: Read, progress: Progress
) -> Iterator[tuple[list[WorkStretch], int, bool]]:
    """Yield, for each section of the other works, the stretches, how many runs are in them, and whether there are more.

    Memory holds the work and one section of another at a time.

    Raises:
        SearchTimeout: it takes longer than the caller has allowed.
    """
    mine = ReadSections.of(work, range(work.sections), read)
    shingles = Shingles(mine.codes, least)
    total = sum(card.sections for card in others)
    done = 0
    for card in others:
        before = 0
        for number in range(card.sections):
            theirs = ReadSections.of(card, (number,), read)
            runs, at_least = _runs(shingles, theirs.codes)
            yield list(_stretches(mine, theirs, runs, before)), len(runs.at), at_least
            before += int(theirs.ranks[-1])
            done += 1
            progress("compare", done, total)


def _runs(shingles: Shingles, codes: Codes) -> tuple[Runs, bool]:
    """Return the runs of a section, as many as are looked at, and whether there are more."""
    parts: list[Runs] = []
    count = 0
    for part in shingles.shared(codes):
        parts.append(part)
        count += len(part.at)
        if count > MOST_RUNS:
            break
    return Runs.joined(parts).take(slice(MOST_RUNS)), count > MOST_RUNS


def _stretches(mine: ReadSections, theirs: ReadSections, runs: Runs, before: int) -> Iterator[WorkStretch]:
    for low, high, some in by_segment(mine.codes, runs):
        for here_low, here_high, turned in by_segment(theirs.codes, some.turned()):
            text, other = mine.codes[low:high], theirs.codes[here_low:here_high]
            for chain in chained(turned.turned().moved(-low, -here_low)):
                steps = aligned(text, other, chain)
                first, last = steps[0], steps[-1]
                yield WorkStretch(
                    mine.place(low + first.start, low + last.end, 0),
                    theirs.place(here_low + first.here_start, here_low + last.here_end, before),
                    Agreements.of(steps),
                    int(chain.lengths.max()),
                )


def in_order(rows: Sequence[WorkStretch]) -> tuple[WorkStretch, ...]:
    """Return stretches as they stand in the work, then as they do in the others."""
    return tuple(sorted(rows, key=lambda row: (row.here.at, row.there.work.id, row.there.at)))
