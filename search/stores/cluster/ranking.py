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
    grams = discriminative(_frequencies(view, query.grams), view.size)
    if not grams:
        return []
    found = _words(query.scope, grams)
    body: Query = {
        "size": min(limit, _MOST),
        "track_total_hits": False,
        "track_scores": True,
        "_source": False,
        "docvalue_fields": [*PLACED, "weight"],
        "sort": [{"_score": "desc"}, *BY_PLACE],
        "query": {"bool": {"must": [found], "filter": eligible_clauses(view, eligible)}},
    }
    (answer,) = view.msearch([body])
    best = [
        Ranked(ClusterRef.of(hit), float(hit["_score"]) * hit["fields"]["weight"][0]) for hit in answer["hits"]["hits"]
    ]
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


def _frequencies(view: View, grams: Sequence[str]) -> dict[str, int]:
    """Return how many passages have each of some characters and pairs; what was asked before is known."""
    known = view.frequencies
    new = [gram for gram in grams if gram not in known]
    if new:
        counted = {str(number): _term(_BAG, gram) for number, gram in enumerate(new)}
        body = {"size": 0, "track_total_hits": False, "aggs": {"grams": {"filters": {"filters": counted}}}}
        (answer,) = view.msearch([body])
        buckets = answer["aggregations"]["grams"]["buckets"]
        known |= {gram: buckets[str(number)]["doc_count"] for number, gram in enumerate(new)}
    return {gram: known[gram] for gram in grams}
