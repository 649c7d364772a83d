"""Ranking by words on a cluster: BM25 over the discriminative characters and pairs, times the passage's weight.

The best are those by BM25 alone, as in a folder: of these a cluster needs to look at few, where a score of its own
making would have it look at all.
"""

from __future__ import annotations

from collections.abc import Sequence

from indexer.engines.base import GramQuery, discriminative
from search.stores.base import Eligible, Ranked
from search.stores.cluster.eligible import eligible_clauses
from search.stores.cluster.narrowing import any_of
from search.stores.cluster.view import BY_PLACE, PLACED, ClusterRef, Query, View

_BAG, _TEXT, _NOTES = "r", "rt", "rn"
_MOST = 10_000
"""Passages that OpenSearch returns at once, at most."""


def rank(view: View, query: GramQuery, eligible: Eligible, limit: int) -> list[Ranked]:
    """Rank passages, as :meth:`search.stores.base.Store.rank` says; a passage without notes is all text.

    Raises:
        Unavailable: the cluster can't be asked now.
    """
    likely = discriminative(_estimated(view, query.grams), view.size)
    found = _ranked(view, query.scope, likely, eligible, limit)
    if found or len(likely) == len(query.grams):
        return found
    # What was thought to be rare stands nowhere, and all that stands anywhere is common.
    return _ranked(view, query.scope, query.grams, eligible, limit)


def _ranked(view: View, scope: str, grams: Sequence[str], eligible: Eligible, limit: int) -> list[Ranked]:
    if not grams:
        return []
    body: Query = {
        "size": min(limit, _MOST),
        "track_total_hits": False,
        "track_scores": True,
        "_source": False,
        "docvalue_fields": list(PLACED),
        "sort": [{"_score": "desc"}, *BY_PLACE],
        "query": {"bool": {"must": [_words(scope, grams)], "filter": eligible_clauses(view, eligible)}},
    }
    (answer,) = view.msearch([body])
    refs = map(ClusterRef.of, answer["hits"]["hits"])
    best = [Ranked(ref, hit["_score"] * ref.weight) for ref, hit in zip(refs, answer["hits"]["hits"], strict=True)]
    return sorted(best, key=lambda each: (-each.score, each.passage))


def _words(scope: str, grams: Sequence[str]) -> Query:
    """Return the query for passages that have some of the grams, whose score is that of all that they have."""
    match scope:
        case "text":
            alone = {"bool": {"must": [_some(_BAG, grams)], "must_not": [{"term": {"noted": True}}]}}
            return any_of((_some(_TEXT, grams), alone))
        case "notes":
            return _some(_NOTES, grams)
    return _some(_BAG, grams)


def _some(field: str, grams: Sequence[str]) -> Query:
    return any_of([_term(field, gram) for gram in grams])


def _term(field: str, gram: str) -> Query:
    return {"term": {field: gram}}


def _estimated(view: View, grams: Sequence[str]) -> dict[str, int]:
    """Return about how many passages have each of some characters and pairs, by those of one shard; at least one.

    Which shard has a passage is left to chance, so that each is a sample.
    """
    counts, passages = view.connection.frequencies(_BAG, "grams", grams)
    return {gram: max(1, round(counts.get(gram, 0) * view.size / max(passages, 1))) for gram in grams}
