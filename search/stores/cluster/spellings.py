"""Words and their spellings on a cluster: whether a word stands anywhere, and how works in a language spell it."""

from __future__ import annotations

from collections import Counter

import numpy as np

from indexer.cluster.parts import PartKey
from indexer.store.layout import MAIN
from indexer.text.folding import fold
from indexer.text.readings import fold_phrase
from indexer.text.streams import text_of
from search.exact.matching import standing
from search.query import Phrase
from search.stores.base import ExactQuery
from search.stores.cluster.gathering import gather
from search.stores.cluster.matches import ClusterMatches
from search.stores.cluster.narrowing import phrase_query
from search.stores.cluster.view import ClusterRef, View

SAMPLE = 12
"""Passages that show a word's commonest spelling; the parts of as many are fetched."""


def stands(view: View, word: str) -> bool:
    """Return whether a word stands anywhere."""
    folded = fold_phrase(word)
    if not folded:
        return False
    if word not in view.standing:
        phrase = Phrase(word, tuple(map(ord, folded)))
        view.standing[word] = ClusterMatches(view, ExactQuery(phrase)).passages > 0
    return view.standing[word]


def spelling(view: View, word: str, language: str) -> str:
    """Return the word where it stands so, else its commonest spelling in a sample; empty where it stands nowhere."""
    known = view.spellings
    if (word, language) not in known:
        known[word, language] = _spelling(view, word, language)
    return known[word, language]


def _spelling(view: View, word: str, language: str) -> str:
    folded = fold(word)
    works = frozenset(card.id for card in view.cards if card.record.language == language)
    if not folded or not works:
        return ""
    query, _ = phrase_query("m", tuple(map(ord, folded)))
    clauses = [*view.passages(works), query]
    bodies = [view.listing({"bool": {"filter": clauses}}, SAMPLE)]
    if folded != word:
        # Passages in which the word's own characters stand come first.
        own = [{"term": {"o": character}} for character in dict.fromkeys(word)]
        bodies.append(view.listing({"bool": {"filter": [*clauses, *own]}}, SAMPLE))
    refs = [ClusterRef.of(hit) for answer in view.msearch(bodies) for hit in answer["hits"]["hits"]]
    if not refs:
        return ""
    texts = gather(view, {PartKey(ref.work, ref.section, ref.part) for ref in refs}, lambda texts: set())
    starts = standing(texts, MAIN, list(map(ord, folded)), None)
    stream = texts.streams[MAIN]
    places = starts[:, None] + np.arange(len(folded))
    firsts = stream.original_starts(places)
    plain = (stream.original_ends(places) - firsts == 1).all(axis=1)  # no description spells a word
    met = Counter(map(text_of, texts.text[firsts[plain]]))
    commonest = max(met, key=lambda spelt: (met[spelt], spelt), default="")
    return word if folded != word and word in met else commonest
