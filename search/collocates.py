"""Collocates: characters, pairs of them or words that stand near the words of a query more often than by chance.

A count is that of the occurrences that have a gram near them, so of the lines of a concordance. It is held against what
would be if a gram's places were spread evenly over the texts: each of its ``frequency`` places among ``characters``
comes near a given occurrence by chance, so that of ``n`` occurrences with ``w`` places around each on average

    expected = n * p,  p = 1 - (1 - frequency / characters) ** w

are. Words are those of modern text (:mod:`search.grams`): places and ``characters`` are words then, and occurrences
those in the main text of modern works. Two measures say how far the count is from that:

* log-likelihood, G² = 2 Σ O ln(O / E) over the four cells of near and not near, the words and all other places
  (Dunning, Computational Linguistics 19, 1993): how sure it is that the two belong together; above 10.83 by chance once
  in a thousand. It is negative here where the count is below what is expected.
* pointwise mutual information, PMI = log2(count / expected) (Church and Hanks, Computational Linguistics 16, 1990): how
  close they are; it prefers what is rare.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from indexer.text.words import MODERN
from search.grams import Unit
from search.model import Scope, page_of
from search.occurrences import Beside, Grouping, GroupName, Side
from search.selection import Selection

DISTANCE = 5
"""Characters to look at on a side, where nobody says otherwise."""
LEAST = 3
"""Occurrences that a collocate is near at least, where nobody says otherwise."""
ROWS = 50

Reals = NDArray[np.float64]
CollocateUnit = Literal[Unit.CHARACTER, Unit.PAIR, Unit.WORD]
"""What collocates are."""


class Measure(StrEnum):
    """The number by which collocates are ordered."""

    LOG_LIKELIHOOD = "log-likelihood"
    PMI = "pmi"
    COUNT = "count"


@dataclass(frozen=True, slots=True)
class CollocatesRequest(Selection):
    """The collocates of what a query finds, within ``distance`` characters; those near ``least`` occurrences at least.

    ``start`` is the number of the first that is shown, from 1, ``limit`` how many are.
    """

    q: str
    side: Side = Side.BOTH
    distance: int = DISTANCE
    unit: CollocateUnit = Unit.CHARACTER
    measure: Measure = Measure.LOG_LIKELIHOOD
    least: int = LEAST
    start: int = 1
    limit: int = ROWS

    @property
    def counted(self) -> CollocatesRequest:
        """The same for those occurrences alone that count: for words, those in the main text of modern works."""
        if self.unit is not Unit.WORD:
            return self
        modern = self.alone(Grouping.LANGUAGE, MODERN) if self.takes(Grouping.LANGUAGE, MODERN) else self
        return replace(modern, scope=Scope.TEXT)

    def near(self, gram: str) -> CollocatesRequest:
        """Return the same for those occurrences alone that have a gram near them."""
        beside = Beside(self.side, self.distance, gram, word=self.unit is Unit.WORD)
        return replace(self.counted, beside=(*self.beside, beside))


@dataclass(frozen=True, slots=True)
class Collocate:
    """A gram, folded: near how many occurrences it stands, how often in all texts, and how many were to be expected."""

    words: str
    count: int
    frequency: int
    expected: float
    log_likelihood: float
    pmi: float


@dataclass(frozen=True, slots=True)
class Collocates:
    """The collocates of a query, in the order of the measure.

    ``occurrences`` counts what the query finds, ``characters`` those of the texts in which frequencies are counted, or
    their words; these texts are of the selection ``reference``. ``left_out`` counts the rarer grams that were not
    weighed: more than the store can look up quickly.
    """

    request: CollocatesRequest
    rows: tuple[Collocate, ...]
    occurrences: int
    characters: int
    reference: Selection
    left_out: int
    at_least: bool
    explanations: tuple[tuple[str, str], ...]
    generation: int
    took_ms: float

    @property
    def shown(self) -> tuple[Collocate, ...]:
        """The rows of the page that was asked for."""
        return page_of(self.rows, self.request)


def reference(request: CollocatesRequest) -> Selection:
    """Return the texts that occurrences are of as a selection: whole works, whatever stands in them."""
    selection = request.counted
    by_work = {Grouping.WORK, Grouping.DYNASTY, Grouping.CATEGORY, Grouping.YEAR, Grouping.LANGUAGE}
    sections = [each.value for each in selection.within if each.grouping is Grouping.SECTION]
    works = (GroupName(Grouping.WORK, value.rpartition("/")[0]) for value in sections)
    return Selection(
        scope=selection.scope,
        aliases=False,
        filters=selection.filters,
        within=tuple(dict.fromkeys((*(each for each in selection.within if each.grouping in by_work), *works))),
        without=tuple(each for each in selection.without if each.grouping in by_work),
        word=request.unit is Unit.WORD,
    )


def weighed(
    counts: Mapping[str, int],
    frequencies: Sequence[int],
    *,
    occurrences: int,
    around: float,
    characters: int,
) -> list[Collocate]:
    """Return grams as collocates of so many occurrences, which have ``around`` places of grams each on average."""
    near = np.fromiter(counts.values(), np.float64, len(counts))
    found = association(near, np.asarray(frequencies, np.float64), occurrences, around, characters)
    numbers = zip(*(each.tolist() for each in found), strict=True)
    return [
        Collocate(gram, count, frequency, *each)
        for (gram, count), frequency, each in zip(counts.items(), frequencies, numbers, strict=True)
    ]


def association(
    counts: Reals, frequencies: Reals, occurrences: int, around: float, characters: int
) -> tuple[Reals, Reals, Reals]:
    """Return how many occurrences were to be expected near each gram, the log-likelihoods, and PMIs.

    >>> [expected], [log_likelihood], [pmi] = association(np.array([30]), np.array([100]), 200, 10, 100_000)
    >>> round(float(expected), 2), round(float(log_likelihood), 1), round(float(pmi), 2)
    (1.99, 129.1, 3.91)
    """
    chances = -np.expm1(around * np.log1p(-np.minimum(frequencies / characters, 1 - 1e-12)))
    near = np.maximum(characters * chances, counts)
    expected = occurrences * chances
    table = (
        (counts, occurrences * near / characters),
        (occurrences - counts, occurrences * (1 - near / characters)),
        (near - counts, (characters - occurrences) * near / characters),
        (characters - occurrences - near + counts, (characters - occurrences) * (1 - near / characters)),
    )
    likelihoods = np.zeros(len(counts))
    for seen, even in table:
        is_some = (seen > 0) & (even > 0)
        likelihoods += 2 * seen * np.log(np.divide(seen, even, where=is_some, out=np.ones(len(counts))))
    return expected, np.where(counts >= expected, likelihoods, -likelihoods), np.log2(counts / expected)


def ordered(rows: list[Collocate], measure: Measure) -> tuple[Collocate, ...]:
    """Return collocates in the order of a measure, the strongest first."""

    def strength(row: Collocate) -> float:
        match measure:
            case Measure.LOG_LIKELIHOOD:
                return row.log_likelihood
            case Measure.PMI:
                return row.pmi
            case Measure.COUNT:
                return row.count

    return tuple(sorted(rows, key=lambda row: (-strength(row), row.words)))
