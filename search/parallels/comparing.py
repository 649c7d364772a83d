"""The comparison of works, in steps of a few seconds that are done in any order, or again.

Every run of :attr:`WorkParallelsRequest.least` folded characters or more that stands in both works is in one of the
stretches. In a step a portion of the sections of some works is held against a portion of those of others, and memory
holds the one portion and one section of the other, however long the works are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

import numpy as np

from corpora.model import Section
from indexer.progress import Progress, silent
from indexer.text.streams import BOUNDARY, Codes, code_points, main_stream, notes_stream
from search import deadline
from search.model import WorkCard
from search.parallels.alignment import aligned
from search.parallels.asked import without_heads
from search.parallels.chains import by_segment, chained
from search.parallels.model import Agreements
from search.parallels.runs import Runs, Shingles
from search.parallels.works import MOST_STRETCHES, StretchPlace, WorkPair, WorkStretch, added_up
from search.ranking.pieces import Numbers

AT_ONCE = 1_500_000
"""Characters that are read in a second or two; what takes more had better be done step by step."""
HELD = 1_000_000
"""Characters of a portion that is held, unless a single section has more: each takes some hundred bytes."""
READ = 250_000
"""Characters of a portion that is read against it."""
MOST_RUNS = 100_000
"""Runs of a section that are looked at: a refrain in both works is one with every other."""

Read = Callable[[str, int], Section]
"""A function that reads a section of a work, by its number."""


class PlacedSection(NamedTuple):
    """A section of a work that is compared: the work's number among them, and its searched characters before it."""

    card: WorkCard
    order: int
    number: int
    before: int
    characters: int


Portion = tuple[PlacedSection, ...]


@dataclass(frozen=True, slots=True)
class ComparedPortions:
    """What a step finds: stretches, and of each two works that share any how many."""

    stretches: tuple[WorkStretch, ...]
    pairs: tuple[WorkPair, ...]


class CollectionComparison:
    """Works, and all others that each of them is compared with: those that come after it.

    Its steps are the same, and find the same, as long as the texts are. Not to be shared between threads.
    """

    def __init__(
        self,
        works: Sequence[WorkCard],
        among: Sequence[WorkCard],
        least: int,
        read: Read,
        characters: Callable[[str], Numbers],
    ) -> None:
        """Prepare to compare a work with others, or those of a collection, which are both ``works`` and ``among``."""
        cards = {card.id: card for card in (*works, *among)}
        sections: dict[str, Portion] = {}
        for order, card in enumerate(cards.values()):
            lengths = characters(card.id).sum(axis=1).tolist()
            begins = np.cumsum([0, *lengths]).tolist()
            numbers = range(card.sections)
            sections[card.id] = tuple(PlacedSection(card, order, each, begins[each], lengths[each]) for each in numbers)
        held = _portions([section for card in works for section in sections[card.id]], HELD)
        read_portions = _portions([section for card in among for section in sections[card.id]], READ)
        self.steps = tuple((one, other) for one in held for other in read_portions if one[0].order < other[-1].order)
        self._least, self._read = least, read
        self._held: tuple[Portion, ReadSections, Shingles] | None = None

    @property
    def size(self) -> int:
        """How many characters are read, each as often as it is."""
        held = {id(one): one for one, _ in self.steps}.values()
        portions = [*held, *(other for _, other in self.steps)]
        return sum(section.characters for portion in portions for section in portion)

    def step(self, number: int, progress: Progress = silent) -> ComparedPortions:
        """Do a step, and tell how many sections of the whole comparison are read.

        Raises:
            SearchTimeout: it takes longer than the caller has allowed.
        """
        portion, others = self.steps[number]
        done, total = sum(len(other) for _, other in self.steps[:number]), sum(len(other) for _, other in self.steps)
        mine, shingles = self._hold(portion)
        stretches: list[WorkStretch] = []
        pairs: list[WorkPair] = []
        for at, section in enumerate(others, 1):
            for here, some, found, more in self._with(mine, shingles, section):
                stretches += some
                pairs.append(WorkPair(here, section.card, len(some), found, more))
            progress("compare", done + at, total)
        return ComparedPortions(tuple(stretches), tuple(added_up(pairs)))

    def _hold(self, portion: Portion) -> tuple[ReadSections, Shingles]:
        """Return the sections of a portion and their shingles, which the next step may need again."""
        if self._held is None or self._held[0] is not portion:
            self._held = None  # two of them would be twice as much
            mine = ReadSections.of(portion, self._read)
            self._held = portion, mine, Shingles(mine.codes, self._least)
        return self._held[1:]

    def _with(
        self, mine: ReadSections, shingles: Shingles, section: PlacedSection
    ) -> Iterator[tuple[WorkCard, list[WorkStretch], int, bool]]:
        """Yield for each work before a section's what they share, how many runs, and whether there are more."""
        if mine.placed[0].order >= section.order:
            return
        theirs = ReadSections.of((section,), self._read)
        works = [each for each in mine.works() if each.order < section.order]
        runs, at_least = _runs(shingles.within(0, works[-1].end), theirs.codes)
        for each in works:
            if at_least:  # what is left out of one work's runs is no other's business
                some, more = _runs(shingles.within(each.start, each.end), theirs.codes)
            else:
                some, more = runs.take((each.start <= runs.at) & (runs.at < each.end)), False
            if len(some.at) or more:
                yield each.card, list(_stretches(mine, theirs, some)), len(some.at), more


def _portions(sections: Sequence[PlacedSection], most: int) -> list[Portion]:
    """Return sections in portions of so many characters at most, and one section at least."""
    portions: list[list[PlacedSection]] = []
    size = 0
    for section in sections:
        if not portions or size + section.characters > most:
            portions.append([])
            size = 0
        portions[-1].append(section)
        size += section.characters
    return [tuple(portion) for portion in portions]


class ReadWork(NamedTuple):
    """A work of which sections are read: its number among all works, and where its characters start and end."""

    card: WorkCard
    order: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ReadSections:
    """Sections and their folded streams, one after another, with boundaries between.

    ``begins`` are where each section's characters begin, ``owners`` the sections of characters, by their number among
    these, ``noted`` says which stand in notes, ``ranks`` how many are compared before
    each, and in all.
    """

    placed: Portion
    sections: tuple[Section, ...]
    codes: Codes
    offsets: Numbers
    ends: Numbers
    begins: Numbers
    owners: Numbers
    noted: Numbers
    ranks: Numbers

    @classmethod
    def of(cls, placed: Portion, read: Read) -> ReadSections:
        """Read sections."""
        sections: list[Section] = []
        # Of each stream a column of characters, and four of numbers.
        characters = [np.empty(0, np.uint32)]
        numbers_of = [np.empty((4, 0), np.int64)]
        lengths = [0]
        for at, each in enumerate(placed):
            deadline.check()
            section = read(each.card.id, each.number)
            sections.append(section)
            codes = code_points(section.text)
            main, notes = main_stream(section, codes), notes_stream(section, codes)
            for kind, stream, kept in ((0, main, without_heads(section, main)), (1, notes, notes.codes)):
                characters.append(kept)
                owner, until = np.full(len(kept), at), stream.offsets + stream.lengths
                numbers_of.append(np.stack([stream.offsets, until, owner, np.full(len(kept), kind)]).astype(np.int64))
            lengths.append(len(main.codes) + len(notes.codes))
        together = np.concatenate(characters)
        ranks = np.append(0, np.cumsum(together != BOUNDARY))
        offsets, ends, owners, noted = np.concatenate(numbers_of, axis=1)
        begins = np.cumsum(lengths)
        return cls(placed, tuple(sections), together, offsets, ends, begins, owners, noted, ranks)

    def works(self) -> Iterator[ReadWork]:
        """Yield the works of the sections."""
        for order, some in groupby(range(len(self.placed)), key=lambda at: self.placed[at].order):
            numbers = list(some)
            start, end = self.begins[numbers[0]], self.begins[numbers[-1] + 1]
            yield ReadWork(self.placed[numbers[0]].card, order, int(start), int(end))

    def place(self, low: int, high: int) -> StretchPlace:
        """Return where a range of characters stands."""
        owner = int(self.owners[low])
        section, placed = self.sections[owner], self.placed[owner]
        start, end = int(self.offsets[low]), int(self.ends[high - 1])
        page = next((page.label for page in reversed(section.pages) if page.start <= start), "")
        at = placed.before + int(self.ranks[low] - self.ranks[self.begins[owner]])
        noted, said = bool(self.noted[low]), section.text[start:end]
        return StretchPlace(placed.card, section.title, placed.number, page, noted, start, end, said, at)


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


def _stretches(mine: ReadSections, theirs: ReadSections, runs: Runs) -> Iterator[WorkStretch]:
    for low, high, some in by_segment(mine.codes, runs):
        for here_low, here_high, turned in by_segment(theirs.codes, some.turned()):
            text, other = mine.codes[low:high], theirs.codes[here_low:here_high]
            for chain in chained(turned.turned().moved(-low, -here_low)):
                steps = aligned(text, other, chain)
                first, last = steps[0], steps[-1]
                yield WorkStretch(
                    mine.place(low + first.start, low + last.end),
                    theirs.place(here_low + first.here_start, here_low + last.here_end),
                    Agreements.of(steps),
                    int(chain.lengths.max()),
                )


def stretches_of(found: Iterable[ComparedPortions]) -> tuple[list[WorkStretch], tuple[WorkPair, ...], bool]:
    """Return what steps have found, as many stretches as are listed, and whether there are more."""
    rows: list[WorkStretch] = []
    pairs: list[WorkPair] = []
    for each in found:
        rows += each.stretches
        pairs += each.pairs
        if len(rows) > MOST_STRETCHES:
            return rows[:MOST_STRETCHES], tuple(added_up(pairs)), True
    return rows, tuple(added_up(pairs)), any(pair.at_least for pair in pairs)
