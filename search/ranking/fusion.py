"""What was found becomes one list: passages in which the words stand and passages that are only alike.

Only as many matches are asked of the store as can come to be shown: those that are alike, and the best of the rest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from operator import mul
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from indexer.embedding import Vectors
from search.model import Mode, Sort
from search.ranking.late_interaction import SHARES, Closest
from search.stores.base import Matches, Ref, Store

FEATURES = ("by words", "by meaning", "cosine", *SHARES)
"""What speaks for a passage: that the ranking by words has it, that the ranking by meaning does, the cosine of its
nearest window, and what late interaction says of it."""
WEIGHTS = np.array((0.93, -1.55, 8.75, 23.05, -5.95, 11.52, 13.63))
"""What each feature counts; learnt by eval.learning.fusion on development queries."""
INTERCEPT = 32.72
"""The weighted sum of features at which relevance is 50 % likely."""
RRF_K = 60
"""The constant k of reciprocal rank fusion: how slowly ranks lose weight."""
DATED = 3.0
"""What it counts that a passage has the year which the query names, as :data:`WEIGHTS` do."""
_DIGITS = 4
"""Of weighted sums: those behind differ by where a passage lies among others, and must not decide between equals."""
STRONGEST = 5.0
"""No score of a match reaches it (:meth:`search.stores.base.Matches.page`)."""

Scores = dict[Ref, float]


@dataclass(frozen=True, slots=True)
class Signals:
    """What speaks for passages that are alike: scores by words, by meaning and by late interaction.

    ``likely`` is the first guess of what is alike (:func:`likely`), ``vector`` is that of the query. ``dated`` are
    those of them that have a year which the query names.
    """

    words: Scores = field(default_factory=dict)
    meaning: Scores = field(default_factory=dict)
    likely: Scores = field(default_factory=dict)
    interaction: Mapping[Ref, Closest] = field(default_factory=dict)
    vector: Vectors | None = None
    dated: frozenset[Ref] = frozenset()


class Listed(NamedTuple):
    """A passage of the list that a search answers with, its score, and whether the words stand in it."""

    passage: Ref
    score: float
    matched: bool


@dataclass(frozen=True)
class Fused:
    """The one list of a search: all matches, and what is only alike, with likenesses of 0 to 1.

    In the hybrid mode matches go before what is only alike: a score up to 1 is likeness alone, the rest as
    :meth:`search.stores.base.Matches.page` says. In the semantic mode likeness alone decides, and what has none comes
    last. ``known`` are the scores of those alike that match, ``least`` is the least likeness.
    """

    mode: Mode
    matches: Matches
    likenesses: Mapping[Ref, float]
    known: Mapping[Ref, float]
    least: float

    @classmethod
    def of(cls, mode: Mode, store: Store, matches: Matches, found: Signals) -> Fused:
        """Join matches and what is alike, each as much as its passage counts in a ranking."""
        likenesses = likeness(found)
        passages = list(likenesses)
        weighted = map(mul, likenesses.values(), store.weights_of(passages))
        likenesses = dict(zip(passages, weighted, strict=True))
        known = matches.scores_of(passages) if matches.passages else {}
        return cls(mode, matches, likenesses, known, min(likenesses.values(), default=1.0))

    @cached_property
    def alike(self) -> list[Ref]:
        """The passages that are only alike."""
        return [passage for passage in self.likenesses if passage not in self.known]

    def page(self, sort: Sort, offset: int, limit: int) -> list[Listed]:
        """Return some of the list; by place and by date only what matches is in it."""
        if sort is not Sort.RELEVANCE:
            return [
                Listed(passage, self._score(passage, score), True)
                for passage, score in self.matches.page(sort, offset, limit)
            ]
        if not self.likenesses:
            return [Listed(*each, True) for each in self.matches.page(sort, offset, limit)]
        end = offset + limit
        matched = dict(self.known)
        if self.matches.passages:
            matched |= self.matches.page(sort, 0, end + len(self.known))
        scores = {passage: self._score(passage, score) for passage, score in matched.items()}
        scores |= dict(zip(self.alike, map(self.likenesses.__getitem__, self.alike), strict=True))
        return [Listed(passage, scores[passage], passage in matched) for passage in ranked(scores, end)[offset:]]

    def _score(self, passage: Ref, matched: float) -> float:
        """Return the score of a match in the list."""
        match self.mode:
            case Mode.EXACT:
                return matched
            case Mode.HYBRID:
                tier, match = divmod(matched, 1)
                return 1 + tier + (match + self.likenesses.get(passage, 0.0)) / 2
            case Mode.SEMANTIC:
                return self.likenesses.get(passage, self.least * matched / STRONGEST)


def likely(words: Scores, meaning: Scores) -> Scores:
    """Fuse two rankings, each with the best first, into scores from 0 to 1.

    This is reciprocal rank fusion (Cormack, Clarke and Büttcher, SIGIR 2009).
    """
    guess = {passage: RRF_K / (RRF_K + rank) / 2 for rank, passage in enumerate(words)}
    for rank, passage in enumerate(meaning):
        guess[passage] = guess.get(passage, 0.0) + RRF_K / (RRF_K + rank) / 2
    return guess


def together(one: Scores, other: Scores, limit: int) -> Scores:
    """Return the best passages of two guesses, each of which counts half, with their scores."""
    scores = {passage: (one.get(passage, 0.0) + other.get(passage, 0.0)) / 2 for passage in one | other}
    return {passage: scores[passage] for passage in ranked(scores, limit)}


def ranked(scores: Mapping[Ref, float], limit: int) -> list[Ref]:
    """Return the best passages, the best first; equals in the order of place."""
    least = min(sorted(scores.values(), reverse=True)[:limit], default=0.0)
    good = sorted(passage for passage, score in scores.items() if score >= least)
    return sorted(good, key=scores.__getitem__, reverse=True)[:limit]


def likeness(found: Signals) -> Scores:
    """Return how alike each passage is, 0 to 1; what was not compared token by token comes after all that was."""
    compared = list(found.interaction)
    # The logistic function, without scipy, which takes a while to load.
    dated = DATED * np.fromiter((passage in found.dated for passage in compared), np.float64, len(compared))
    likelihoods = 1 / (1 + np.exp(INTERCEPT - (features(found, compared) @ WEIGHTS).round(_DIGITS) - dated))
    scores = dict(zip(compared, likelihoods.tolist(), strict=True))
    least = min(scores.values(), default=1.0)
    return {passage: least * first for passage, first in found.likely.items()} | scores


def features(found: Signals, passages: Sequence[Ref]) -> NDArray[np.float64]:
    """Return the :data:`FEATURES` of passages that were compared token by token, a row a passage."""
    words, meaning = found.words, found.meaning
    rows = [
        (passage in words, passage in meaning, meaning.get(passage, 0.0), *found.interaction[passage].shares)
        for passage in passages
    ]
    values = np.fromiter(chain.from_iterable(rows), np.float64, len(rows) * len(FEATURES))
    return values.reshape(len(rows), len(FEATURES))
