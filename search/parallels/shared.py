"""Shared texts: stretches of indexed texts that share runs with a text, as values that any store can give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from indexer.text.streams import Codes
from search.model import WorkCard
from search.parallels.chains import FAR
from search.parallels.runs import Runs
from search.ranking.pieces import Numbers

SEED = 5
"""Characters of the shortest run that is looked for."""
MOST_TEXTS = 500
"""Shared texts that are compared character by character, those that share most."""


class TextRange(NamedTuple):
    """A half-open range of a section's text."""

    work: str
    section: int
    start: int
    end: int


class StartingPage(NamedTuple):
    """A page of an edition: where it starts in its section, its label, and its facsimile, if any."""

    start: int
    label: str
    facsimile: str


@dataclass(frozen=True, slots=True)
class SharedText:
    """A stretch of a section's text, or of a note in it, and the runs that it shares with the text that was asked for.

    ``text`` is the edition's, from ``start`` in its section. ``codes`` are its folded characters, ``offsets`` where the
    original of each begins in the section, and ``ends`` where it ends. Before those that ``broken`` says stands a note,
    which is no part of what is shared. ``runs`` lead from the text that was asked for to ``codes``.
    """

    work: WorkCard
    section: str
    section_number: int
    in_notes: bool
    start: int
    text: str
    pages: tuple[StartingPage, ...]
    codes: Codes
    offsets: Numbers
    ends: Numbers
    broken: NDArray[np.bool_]
    runs: Runs

    def page(self, offset: int) -> StartingPage:
        """Return the page that an offset of the section is on."""
        return next((page for page in reversed(self.pages) if page.start <= offset), self.pages[0])


@dataclass(frozen=True, slots=True)
class SharedTexts:
    """The shared texts that share most with a text, in order of place; with ``at_least`` there may be more."""

    texts: tuple[SharedText, ...] = ()
    at_least: bool = False

    @classmethod
    def most(cls, texts: Sequence[SharedText], at_least: bool = False) -> SharedTexts:
        """Return those of some texts that share most."""
        best = sorted(texts, key=lambda each: (-coverage(each.runs), _place(each)))[:MOST_TEXTS]
        return cls(tuple(sorted(best, key=_place)), at_least or len(texts) > len(best))


def _place(text: SharedText) -> tuple[str, int, int, bool]:
    return text.work.id, text.section_number, text.start, text.in_notes


def neighbourhoods(runs: Runs, boundaries: Numbers, least: int) -> list[Runs]:
    """Return the runs in a stream in groups that stand near each other, in which ``least`` characters are shared.

    No group has a boundary in it. They are in order of place, and at most :data:`MOST_TEXTS` and one more, those that
    share most: whoever puts several such lists together can tell that there are more.
    """
    if not len(runs.at):
        return []
    runs = runs.take(np.lexsort((runs.at, runs.places)))
    sections = boundaries.searchsorted(runs.places)
    reached = np.maximum.accumulate(runs.places + runs.lengths)
    apart = np.append(True, (runs.places[1:] - reached[:-1] > FAR) | (np.diff(sections) != 0))
    firsts = np.flatnonzero(apart)
    shared = np.add.reduceat(_new(runs), firsts)
    chosen = np.flatnonzero(shared >= least)
    chosen = np.sort(chosen[np.argsort(-shared[chosen], kind="stable")][: MOST_TEXTS + 1])
    bounds = np.append(firsts, len(runs.at))
    return [runs.take(slice(int(bounds[row]), int(bounds[row + 1]))) for row in chosen.tolist()]


def coverage(runs: Runs) -> int:
    """Return how many characters of the other text are in runs, which are in order of place there."""
    return int(_new(runs).sum())


def _new(runs: Runs) -> Numbers:
    """Return how many characters of the other text each run has that none before it has."""
    ends = runs.places + runs.lengths
    reached = np.append(0, np.maximum.accumulate(ends)[:-1])
    fresh: Numbers = np.maximum(ends - np.maximum(runs.places, reached), 0)
    return fresh
