"""Words and their spellings on a cluster: whether a word stands anywhere, and how works in a language spell it.

All words are asked for at once. What the index is sure of is asked first, and for one passage of it; what is in doubt
is looked at a few passages at a time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain

import numpy as np

from indexer.cluster.assembling import Assembled
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

SAMPLE = 8
"""Passages that show a word's commonest spelling: their texts are fetched."""
DRAWN_FROM = 5_000
"""Passages of each shard that a sample is drawn from, at most: to draw from all of a common word takes long."""
_RANDOM = {"random_score": {"seed": 1, "field": "_seq_no"}}
_FEW = 16
"""Passages in doubt that are looked at first."""
_FIRST_MET: Query = {"terminate_after": 1, "sort": "_doc"}
"""What makes each shard stop at the first passage that it meets."""


def stands(view: View, words: Sequence[str]) -> frozenset[str]:
    """Return those of some words that stand anywhere."""
    known = view.standing
    new = [word for word in dict.fromkeys(words) if word not in known]
    phrases = [_phrase(word, fold_phrase(word)) for word in new]
    found = _found(view, phrases, view.passages())
    known |= {word: phrase in found for word, phrase in zip(new, phrases, strict=True)}
    return frozenset(word for word in words if known[word])


def spellings(view: View, words: Sequence[str], language: str) -> list[str]:
    """Return each word where it stands so, else its commonest spelling in a sample; empty where it stands nowhere."""
    known = view.spellings
    new = [word for word in dict.fromkeys(words) if (word, language) not in known]
    if new:
        works = frozenset(card.id for card in view.cards if card.record.language == language)
        found = _spellings(view, new, view.passages(works)) if works else [""] * len(new)
        known |= {(word, language): spelt for word, spelt in zip(new, found, strict=True)}
    return [known[word, language] for word in words]


def _spellings(view: View, words: Sequence[str], allowed: list[Query]) -> Iterator[str]:
    """Yield the spelling of each word in the allowed passages."""
    phrases = [_phrase(word, fold(word)) for word in words]
    meant = [phrase for word, phrase in zip(words, phrases, strict=True) if fold(word) != word]
    as_typed = {phrase.text for phrase in _found(view, meant, allowed, Scope.TEXT, strict=True)}
    samples = dict(_drawn(view, [phrase for phrase in phrases if phrase.text not in as_typed], allowed))
    texts = _texts(view, phrases, samples)
    for word, phrase in zip(words, phrases, strict=True):
        yield word if word in as_typed else _commonest(texts, phrase.folded, samples.get(word, []))


def _commonest(texts: Assembled | None, word: str, sample: Sequence[ClusterRef]) -> str:
    """Return the commonest spelling in a sample; empty where there is none."""
    if texts is None or not sample:
        return ""
    mask = np.zeros(len(texts.passages), dtype=bool)
    mask[rows_of(texts, sample)] = True
    stream, codes = texts.streams[MAIN], list(map(ord, word))
    places = standing(texts, MAIN, codes, mask)[:, None] + np.arange(len(codes))
    firsts = stream.original_starts(places)
    plain = (stream.original_ends(places) - firsts == 1).all(axis=1)  # no description spells a word
    met = Counter(map(text_of, texts.text[firsts[plain]]))
    return max(met, key=lambda spelt: (met[spelt], spelt), default="")


def _phrase(word: str, folded: str) -> Phrase:
    return Phrase(word, tuple(map(ord, folded)))


def _found(
    view: View, phrases: Sequence[Phrase], allowed: list[Query], scope: Scope = Scope.BOTH, strict: bool = False
) -> set[Phrase]:
    """Return the phrases that stand in one of the allowed passages at all."""
    some = [phrase for phrase in phrases if phrase.folded]
    queries = [ExactQuery(phrase, scope, strict) for phrase in some]
    countings = [counting_of(view, query, allowed) for query in queries]
    asked = [counting for counting in countings if counting.query != NOTHING]
    answers = view.msearch([view.listing(counting.query, 1) | _FIRST_MET for counting in asked])
    sure = [counting for counting, answer in zip(asked, answers, strict=True) if answer["hits"]["hits"]]
    return {
        phrase
        for phrase, query, counting in zip(some, queries, countings, strict=True)
        if counting in sure or _may_match(view, query, counting.in_doubt)
    }


def _may_match(view: View, query: ExactQuery, in_doubt: Query) -> bool:
    """Return whether one of the passages in doubt satisfies a query."""
    decider = Decider(view, query)
    some = batches(view, in_doubt, _FEW, Decider.MOST)
    return any(batch.found is not None for refs in some for batch in decider.decide(refs))


def _drawn(view: View, phrases: Sequence[Phrase], allowed: list[Query]) -> Iterator[tuple[str, list[ClusterRef]]]:
    """Yield each word and a random sample of the allowed passages that have it, the same each time."""
    asked = [phrase for phrase in phrases if phrase.folded]
    bodies = [
        {
            "size": SAMPLE,
            "track_total_hits": False,
            "terminate_after": DRAWN_FROM,
            "_source": False,
            "docvalue_fields": list(PLACED),
            "query": {"function_score": {"query": all_of(clauses), **_RANDOM, "boost_mode": "replace"}},
        }
        for phrase in asked
        for clauses in [[*allowed, phrase_query("m", list(map(ord, phrase.folded)))[0]]]
    ]
    for phrase, answer in zip(asked, view.msearch(bodies), strict=True):
        yield phrase.text, list(map(ClusterRef.of, answer["hits"]["hits"]))


def _texts(view: View, phrases: Sequence[Phrase], samples: Mapping[str, Sequence[ClusterRef]]) -> Assembled | None:
    """Return the texts of all passages of some samples, with what the longest phrase may reach; None for none."""
    refs = list(dict.fromkeys(chain.from_iterable(samples.values())))
    longest = max(phrases, key=lambda phrase: len(phrase.folded))
    return Decider(view, ExactQuery(longest, Scope.TEXT)).texts(refs) if refs else None
