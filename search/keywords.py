"""Keywords: what a work has more often than other texts, or less often, than would be if all had it alike.

Of a gram that stands ``count`` times among the ``size`` characters of the work and ``rest`` times among the
``rest_size`` of the others (of words: among so many words), two numbers are told:

* log-likelihood, G² = 2 (count ln(count / E) + rest ln(rest / E')), where E = size * (count + rest) / (size +
  rest_size), E' likewise with rest_size, are what would be if both had it alike (Rayson and Garside, Comparing Corpora
  2000; Dunning, Computational Linguistics 19, 1993): how sure it is that they differ; above 15.13 by chance once in ten
  thousand. It is negative here where the work has it less often.
* log ratio, log2((count / size) / (rest / rest_size)) (Hardie, Log Ratio, an informal introduction, 2014): how much
  more often, so that 1 is twice and 2 four times as often. What the others don't have counts there as half an
  occurrence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import log, log2

from search.grams import Unit
from search.model import Scope, WorkCard, page_of
from search.occurrences import Grouping, GroupName
from search.selection import Selection

LEAST = 3
"""How often a keyword stands in the work at least, where nobody says otherwise."""
ROWS = 50


class KeyMeasure(StrEnum):
    """The number by which keywords are ordered."""

    LOG_LIKELIHOOD = "log-likelihood"
    LOG_RATIO = "log-ratio"
    COUNT = "count"


@dataclass(frozen=True, slots=True)
class KeywordsRequest:
    """The keywords of a work against the works of some collections, or against all others.

    ``start`` is the number of the first that is shown, from 1, ``limit`` how many are.
    """

    work: str
    among: tuple[str, ...] = ()
    unit: Unit = Unit.PAIR
    scope: Scope = Scope.BOTH
    measure: KeyMeasure = KeyMeasure.LOG_LIKELIHOOD
    least: int = LEAST
    start: int = 1
    limit: int = ROWS

    @property
    def here(self) -> Selection:
        """The places in the work that count: its lines are those of a gram there."""
        return self._places(within=(GroupName(Grouping.WORK, self.work),))

    @property
    def rest(self) -> Selection:
        """The places in the other works that count, likewise."""
        return self._places(
            filters={"collection": self.among} if self.among else {}, without=(GroupName(Grouping.WORK, self.work),)
        )

    def _places(
        self,
        *,
        filters: dict[str, tuple[str, ...]] | None = None,
        within: tuple[GroupName, ...] = (),
        without: tuple[GroupName, ...] = (),
    ) -> Selection:
        is_word = self.unit is Unit.WORD
        return Selection(
            scope=Scope.TEXT if is_word else self.scope,
            aliases=False,
            filters=filters or {},
            within=within,
            without=without,
            word=is_word,
        )


@dataclass(frozen=True, slots=True)
class Keyword:
    """A gram, folded: how often it stands in the work and in the others, and how far the two are apart."""

    words: str
    count: int
    rest: int
    log_likelihood: float
    log_ratio: float


@dataclass(frozen=True, slots=True)
class Keywords:
    """The keywords of a work, in the order of the measure.

    ``size`` and ``rest_size`` are the characters of the work and of the others, or their words. ``left_out`` counts the
    grams, rarer ones, that were not weighed: more than the store can look up quickly.
    """

    request: KeywordsRequest
    work: WorkCard
    rows: tuple[Keyword, ...]
    size: int
    rest_size: int
    left_out: int
    generation: int
    took_ms: float

    @property
    def shown(self) -> tuple[Keyword, ...]:
        """The rows of the page that was asked for."""
        return page_of(self.rows, self.request)


def weighed(counts: Mapping[str, int], rest: Sequence[int], size: int, rest_size: int) -> list[Keyword]:
    """Return grams as keywords of a work; none where there is nothing to hold it against."""
    if not rest_size:
        return []
    return [
        Keyword(gram, count, others, *keyness(count, others, size, rest_size))
        for (gram, count), others in zip(counts.items(), rest, strict=True)
    ]


def keyness(count: int, rest: int, size: int, rest_size: int) -> tuple[float, float]:
    """Return log-likelihood and log ratio of what stands ``count`` times in a work.

    >>> [round(each, 2) for each in keyness(30, 20, 1_000, 9_000)]
    [96.39, 3.75]
    """
    both = (count + rest) / (size + rest_size)
    cells = ((count, size), (rest, rest_size))
    likelihood = 2 * sum(seen * log(seen / (of_all * both)) for seen, of_all in cells if seen)
    ratio = log2(count / size / ((rest or 0.5) / rest_size))
    return likelihood if count * rest_size >= rest * size else -likelihood, ratio


def ordered(rows: Sequence[Keyword], measure: KeyMeasure) -> tuple[Keyword, ...]:
    """Return keywords in the order of a measure, the strongest first."""

    def strength(row: Keyword) -> float:
        match measure:
            case KeyMeasure.LOG_LIKELIHOOD:
                return row.log_likelihood
            case KeyMeasure.LOG_RATIO:
                return row.log_ratio
            case KeyMeasure.COUNT:
                return row.count

    return tuple(sorted(rows, key=lambda row: (-strength(row), row.words)))
