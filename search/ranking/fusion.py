"""What was found becomes a score for each passage: by the words themselves, by likeness, and by both together.

Passages are named by their keys (:mod:`indexer.store.passage_keys`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexer.store import passage_keys
from indexer.store.pack import Pack
from indexer.store.positions import Places
from search import deadline
from search.exact.evaluation import Found
from search.exact.matching import StreamRanges, among, first_of_each, whole
from search.ranking.late_interaction import SHARES, Closest

FEATURES = ("by words", "by meaning", "cosine", *SHARES)
"""What speaks for a passage: that the ranking by words has it, that the ranking by meaning does, the cosine of its
nearest window, and what late interaction says of it."""
WEIGHTS = np.array((0.93, -1.55, 8.75, 23.05, -5.95, 11.52, 13.63))
"""What each feature counts; learnt by eval.learning.fusion on development queries."""
INTERCEPT = 32.72
"""The weighted sum of features at which relevance is 50 % likely."""
RRF_K = 60
"""The constant k of reciprocal rank fusion: how slowly ranks lose weight."""
ACCIDENTAL = 0.1
"""What an occurrence that cuts a word of modern text in two (北大 in 东北大学) counts beside one that does not."""

Scores = dict[int, float]
Stretch = tuple[int, int, int]
"""A stream, and a half-open range of it."""
Ranked = tuple[NDArray[np.int64], NDArray[np.float64]]
"""Passages and their scores, in no order."""


@dataclass(frozen=True, slots=True)
class Matches:
    """What satisfies a query's tree in one pack; ``asked`` are the passages that do so without other names."""

    found: Found
    occurrences: list[StreamRanges]
    asked: Places

    @property
    def count(self) -> int:
        """The number of occurrences."""
        return sum(len(each.starts) for each in self.occurrences)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why passages are found: matches by pack, and scores by words, by meaning and by late interaction.

    ``likely`` is the first guess of what is alike (:func:`likely`). ``stretches`` are the closest in meaning of each
    passage: half-open ranges of a stream.
    """

    matches: Mapping[int, Matches]
    words: Scores
    meaning: Scores
    likely: Scores
    interaction: Mapping[int, Closest]
    stretches: Mapping[int, Stretch]


def by_likeness(evidence: Evidence) -> Ranked:
    """The passages that are alike in wording or meaning; their scores are 0 to 1."""
    return _arrays(likeness(evidence))


def by_matches(evidence: Evidence, packs: Mapping[int, Pack]) -> Ranked:
    """The passages that satisfy the query's tree.

    Scores are BM25-like and below 1, plus 1 where it needs no other name, plus 1 more where it stands just as typed.
    """
    passages: list[NDArray[np.int64]] = []
    scores: list[NDArray[np.float64]] = []
    for number, match in evidence.matches.items():
        deadline.check()
        pack = packs[number]
        chosen = match.found.passages
        count, typed = np.zeros(len(chosen)), np.zeros(len(chosen), dtype=bool)
        for each in match.occurrences:
            if not len(each.passages):
                continue
            firsts = first_of_each(each.passages)
            # All rows are among those chosen; as many as those are those.
            at = slice(None) if len(firsts) == len(chosen) else chosen.searchsorted(each.passages[firsts])
            if len(pack.inside):
                count[at] += np.add.reduceat(np.where(whole(pack, each), 1.0, ACCIDENTAL), firsts)
            else:
                count[at] += np.diff(firsts, append=len(each.passages))
            typed[at] |= np.logical_or.reduceat(each.typed, firsts)
        length = pack.passage_lengths[chosen]
        saturated = count / (count + 0.3 + 0.9 * length / 200 + 1e-9)
        passages.append(passage_keys.join_rows(number, chosen))
        asked = np.ones(len(chosen), bool) if match.asked is chosen else among(chosen, match.asked)
        scores.append(0.99 * saturated * pack.passage_weights[chosen] + asked + (asked & typed))
    if not passages:
        return np.empty(0, np.int64), np.empty(0)
    return np.concatenate(passages), np.concatenate(scores)


def fused(evidence: Evidence, packs: Mapping[int, Pack]) -> Ranked:
    """Everything found by any signal; where the words stand as asked goes before all that is only alike.

    A score up to 1 is likeness alone; it is above 1 where the query's tree is satisfied, above 2 where that takes no
    other name, and above 3 where the words stand just as typed.
    """
    alike, likenesses = _arrays(dict(sorted(likeness(evidence).items())))
    exact, matched = by_matches(evidence, packs)
    both = among(exact, alike)
    also = np.zeros(len(exact))
    also[both] = likenesses[np.searchsorted(alike, exact[both])]
    tiers, matches = np.divmod(matched, 1)
    only = ~np.isin(alike, exact[both])
    return (
        np.concatenate([exact, alike[only]]),
        np.concatenate([1 + tiers + (matches + also) / 2, likenesses[only]]),
    )


def likely(words: Scores, meaning: Scores) -> Scores:
    """The first guess, 0 to 1, of what is alike: reciprocal rank fusion (Cormack, Clarke and Büttcher, SIGIR 2009)."""
    guess: defaultdict[int, float] = defaultdict(float)
    for scores in (words, meaning):
        for rank, passage in enumerate(ranked(scores)):
            guess[passage] += RRF_K / (RRF_K + rank) / 2
    return dict(guess)


def ranked(scores: Scores) -> list[int]:
    """Return the passages, best first; equals by their keys."""
    passages, values = _arrays(scores)
    ordered: list[int] = passages[np.lexsort((passages, -values))].tolist()
    return ordered


def likeness(evidence: Evidence) -> Scores:
    """How alike each passage is, 0 to 1; what was not compared token by token comes after all that was."""
    compared = list(evidence.interaction)
    # The logistic function, without scipy, which takes a while to load.
    likelihoods = 1 / (1 + np.exp(INTERCEPT - features(evidence, compared) @ WEIGHTS))
    scores = dict(zip(compared, likelihoods.tolist(), strict=True))
    least = min(scores.values(), default=1.0)
    return {passage: scores.get(passage, least * first) for passage, first in evidence.likely.items()}


def features(evidence: Evidence, passages: Sequence[int]) -> NDArray[np.float64]:
    """The :data:`FEATURES` of passages that were compared token by token, a row a passage."""
    words, meaning = evidence.words, evidence.meaning
    rows = [
        (passage in words, passage in meaning, meaning.get(passage, 0.0), *evidence.interaction[passage].shares)
        for passage in passages
    ]
    return np.array(rows, dtype=np.float64).reshape(len(rows), len(FEATURES))


def _arrays(scores: Mapping[int, float]) -> Ranked:
    return np.array(list(scores.keys()), dtype=np.int64), np.array(list(scores.values()), dtype=np.float64)
