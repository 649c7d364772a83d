"""Vector search on a cluster: windows by their bytes inside it, with all filters.

A window is a nested document of its passage. The graph is searched approximately (HNSW: Malkov and Yashunin, PAMI
2020); that more is asked for than is wanted makes up for it. Cosines are those of the bytes, within 0.005 of the true
ones: to take these from the texts of four hundred passages took a second.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from indexer.cluster.documents import as_bytes
from indexer.embedding import Vectors
from search.model import Scope
from search.ranking.pieces import Stretch
from search.stores.base import Eligible, Nearest
from search.stores.cluster.eligible import eligible_clauses
from search.stores.cluster.narrowing import STREAMS
from search.stores.cluster.view import PLACED, ClusterRef, Query, View

LIKELY = 400
"""Passages that the graph is searched for, at least."""
MOST = 10_000
"""Passages that OpenSearch returns at once, at most."""
SCOPED = 20
"""Windows of a passage that are looked at for the best one in a scope."""
_STREAMS = {"m": 0, "n": 1}
_DIGITS = 5


class _Likely(NamedTuple):
    """A window that may be among the nearest, its passage and that passage's weight."""

    ref: ClusterRef
    window: Stretch
    cosine: float
    weight: float


def nearest(view: View, vector: Vectors, scope: Scope, eligible: Eligible, limit: int) -> list[Nearest]:
    """Return the nearest passages, as :meth:`search.stores.base.Store.nearest` says.

    Raises:
        Unavailable: the cluster can't be asked now.
    """
    asked = as_bytes(vector[None, :], view.scale)[0]
    if not asked.any() or not view.works:
        return []
    size = min(2 * limit, MOST)
    clauses = eligible_clauses(view, eligible)
    if scope is Scope.NOTES:
        clauses.append({"term": {"noted": True}})
    (answer,) = view.msearch([_body(asked.tolist(), clauses, scope, size)])
    streams = [_STREAMS[name] for name in STREAMS[scope]]
    likely = [each for hit in answer["hits"]["hits"] for each in _windows(hit, streams, view.scale)]
    best: dict[ClusterRef, Nearest] = {}
    for each in sorted(likely, key=lambda each: (-each.cosine * each.weight, each.ref, each.window)):
        best.setdefault(each.ref, Nearest(each.ref, each.cosine * each.weight, each.window))
    return list(best.values())[:limit]


def _body(vector: Sequence[int], clauses: Sequence[Query], scope: Scope, size: int) -> Query:
    searched: Query = {
        "vector": vector,
        "k": max(size, LIKELY),
        "filter": {"bool": {"filter": clauses}},
        "expand_nested_docs": True,
    }
    return {
        "size": size,
        "track_total_hits": False,
        "_source": False,
        "docvalue_fields": [*PLACED, "weight"],
        "query": {
            "nested": {
                "path": "windows",
                "score_mode": "max",
                "query": {"knn": {"windows.vector": searched}},
                "inner_hits": {
                    "size": 1 if scope is Scope.BOTH else SCOPED,
                    "_source": False,
                    "docvalue_fields": ["windows.stream", "windows.start", "windows.end"],
                },
            }
        },
    }


def _windows(hit: Mapping[str, Any], streams: Sequence[int], scale: float) -> list[_Likely]:
    """Return the windows of a hit that are of some streams, with the cosines of their bytes."""
    ref, weight = ClusterRef.of(hit), float(np.float32(hit["fields"]["weight"][0]))
    found = []
    for inner in hit["inner_hits"]["windows"]["hits"]["hits"]:
        window = Stretch(*(inner["fields"][f"windows.{name}"][0] for name in ("stream", "start", "end")))
        if window.stream in streams:
            found.append(_Likely(ref, window, _cosine(inner["_score"], scale), weight))
    return found


def _cosine(score: float, scale: float) -> float:
    """Return the cosine that Lucene's score of an inner product stands for."""
    product = score - 1 if score >= 1 else 1 - 1 / score
    return round(product / scale**2, _DIGITS)
