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
from indexer.text import prominence
from search import deadline
from search.exact.evaluation import Found
from search.exact.matching import Mask, StreamRanges, among, first_of_each, in_heads, whole
from search.model import Mode
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
STRONGEST = 5.0
"""No score of :func:`by_matches` reaches it."""
HALFWAY = 1.2
"""Occurrences that bring a passage halfway to the score of endlessly many: the k1 of BM25."""
Ranked = tuple[NDArray[np.int64], NDArray[np.float64]]
"""Passages and their scores, in no order."""


@dataclass(frozen=True, slots=True)
class Ranking:
    """Passages and their scores, in no order; ``matched`` says in which the words stand, the rest are only alike."""

    passages: NDArray[np.int64]
    scores: NDArray[np.float64]
    matched: Mask

    def where(self, keep: Mask) -> Ranking:
        """Return those that a mask keeps."""
        return Ranking(self.passages[keep], self.scores[keep], self.matched[keep])


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


def ranking(mode: Mode, evidence: Evidence, packs: Mapping[int, Pack]) -> Ranking:
    """Return all that is found in a mode: passages in which the words stand, and (but for the exact mode) those alike.

    In the hybrid mode the first go before the second: a score up to 1 is likeness alone, the rest as
    :func:`by_matches` says. In the semantic mode likeness alone decides, and what has none comes last.
    """
    exact, matched = by_matches(evidence, packs)
    if mode is Mode.EXACT:
        return Ranking(exact, matched, np.ones(len(exact), dtype=bool))
    alike, likenesses = _arrays(dict(sorted(likeness(evidence).items())))
    likenesses = likenesses * _weights(packs, alike)
    both = among(exact, alike)
    shared = np.zeros(len(exact))
    shared[both] = likenesses[np.searchsorted(alike, exact[both])]
    if mode is Mode.HYBRID:
        tiers, matches = np.divmod(matched, 1)
        scores = 1 + tiers + (matches + shared) / 2
    else:
        least = float(likenesses.min(initial=1.0))
        scores = np.where(both, shared, least * matched / STRONGEST)
    only = ~np.isin(alike, exact[both])
    return Ranking(
        np.concatenate([exact, alike[only]]),
        np.concatenate([scores, likenesses[only]]),
        np.arange(len(exact) + int(only.sum())) < len(exact),
    )


def by_matches(evidence: Evidence, packs: Mapping[int, Pack]) -> Ranked:
    """Return the passages that satisfy the query's tree, with their scores from 0 to :data:`STRONGEST`.

    Within a tier a score is below 1: what an occurrence adds dies away as in BM25 (Robertson et al., TREC 1994), and
    is multiplied by the passage's weight. A passage's length plays no part: none is longer than a page, and by length a
    list of names would beat every sentence. Tiers go before it:

    * 0 and 1: tables of contents, prefaces and the like (:mod:`indexer.text.prominence`), and passages in which the
      words stand in a running head alone; 1 where they stand as asked, not under another name;
    * 2 and 3: all other text, likewise; and 4 where the words are spelled as typed, but for lists.
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
            worth = _worth(pack, each)
            if worth is None:
                count[at] += np.diff(firsts, append=len(each.passages))
            else:
                count[at] += np.add.reduceat(worth, firsts)
            typed[at] |= np.logical_or.reduceat(each.typed, firsts)
        passages.append(passage_keys.join_rows(number, chosen))
        asked = np.ones(len(chosen), bool) if match.asked is chosen else among(chosen, match.asked)
        weights = pack.passage_weights[chosen]
        # Where only fields of the catalogue were asked for, there are no occurrences.
        text = (weights > prominence.MATTER) & ((count > 0) if match.occurrences else True)
        tier = 2 * text + asked + (asked & typed & text & (weights > prominence.LIST))
        scores.append(tier + weights * count / (count + HALFWAY))
    if not passages:
        return np.empty(0, np.int64), np.empty(0)
    return np.concatenate(passages), np.concatenate(scores)


def _worth(pack: Pack, found: StreamRanges) -> NDArray[np.float64] | None:
    """Return what each occurrence counts; None where each counts one."""
    heads = in_heads(pack, found)
    if heads is None and not len(pack.inside):
        return None
    worth = np.where(whole(pack, found), 1.0, ACCIDENTAL)
    return worth if heads is None else np.where(heads, 0.0, worth)


def _weights(packs: Mapping[int, Pack], passages: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return how much each passage counts in a ranking."""
    weights = np.ones(len(passages))
    for number, mine, rows in passage_keys.by_pack(passages):
        weights[mine] = packs[number].passage_weights[rows]
    return weights


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
