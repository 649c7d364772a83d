"""Words and their spellings on a cluster: whether a word stands anywhere, and how works in a language spell it.

Both stop as soon as they know: what the index is sure of is asked first, and for one passage of it; what is in doubt is
looked at a few passages at a time.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from indexer.store.layout import MAIN
from indexer.text.folding import fold
from indexer.text.readings import fold_phrase
from indexer.text.streams import text_of
from search.exact.matching import standing
from search.model import Scope
from search.query import Phrase
from search.stores.base import ExactQuery
from search.stores.cluster.candidates import batches, counting_of
from search.stores.cluster.deciding import Decider, rows_of
from search.stores.cluster.narrowing import all_of, phrase_query
from search.stores.cluster.view import NOTHING, PLACED, ClusterRef, Query, View

SAMPLE = 50
"""Passages that show a word's commonest spelling."""
DRAWN_FROM = 50_000
"""Passages of each shard that a sample is drawn from, at most: to draw from all of a common word takes seconds."""
_RANDOM = {"random_score": {"seed": 1, "field": "_seq_no"}}
_FEW = 16
"""Passages in doubt that are looked at first."""
_FIRST_MET: Query = {"terminate_after": 1, "sort": "_doc"}
"""What makes each shard stop at the first passage that it meets."""


def stands(view: View, word: str) -> bool:
    """Return whether a word stands anywhere."""
    folded = fold_phrase(word)
    if not folded:
        return False
    if word not in view.standing:
        query = ExactQuery(Phrase(word, tuple(map(ord, folded))))
        view.standing[word] = _matches(view, query, view.passages())
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
    codes = tuple(map(ord, folded))
    phrase, allowed = Phrase(word, codes), view.passages(works)
    if folded != word and _matches(view, ExactQuery(phrase, Scope.TEXT, strict=True), allowed):
        return word
    refs = _drawn(view, [*allowed, phrase_query("m", codes)[0]])
    if not refs:
        return ""
    texts = Decider(view, ExactQuery(phrase, Scope.TEXT)).texts(refs)
    mask = np.zeros(len(texts.passages), dtype=bool)
    mask[rows_of(texts, refs)] = True
    stream = texts.streams[MAIN]
    places = standing(texts, MAIN, codes, mask)[:, None] + np.arange(len(codes))
    firsts = stream.original_starts(places)
    plain = (stream.original_ends(places) - firsts == 1).all(axis=1)  # no description spells a word
    met = Counter(map(text_of, texts.text[firsts[plain]]))
    return max(met, key=lambda spelt: (met[spelt], spelt), default="")


def _matches(view: View, query: ExactQuery, allowed: list[Query]) -> bool:
    """Return whether one of the allowed passages satisfies a query at all."""
    counting = counting_of(view, query, allowed)
    sure = counting.query
    if sure != NOTHING and view.msearch([view.listing(sure, 1) | _FIRST_MET])[0]["hits"]["hits"]:
        return True
    decider = Decider(view, query)
    in_doubt = batches(view, counting.in_doubt, _FEW, Decider.MOST)
    return any(batch.found is not None for some in in_doubt for batch in decider.decide(some))


def _drawn(view: View, clauses: list[Query]) -> list[ClusterRef]:
    """Return a random sample of the passages that satisfy some clauses, the same each time."""
    body = {
        "size": SAMPLE,
        "track_total_hits": False,
        "terminate_after": DRAWN_FROM,
        "_source": False,
        "docvalue_fields": list(PLACED),
        "query": {"function_score": {"query": all_of(clauses), **_RANDOM, "boost_mode": "replace"}},
    }
    return [ClusterRef.of(hit) for hit in view.msearch([body])[0]["hits"]["hits"]]
