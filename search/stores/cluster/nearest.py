"""Vector search on a cluster: windows by their bytes inside it, with all filters.

A window is a nested document of its passage. Where no passage is to be left out, none is asked to be: to make the set
of all windows that may be found takes longer than to find some. What another build is writing may be among them then,
and is asked to be left out by a second search. The graph is searched approximately (HNSW: Malkov and Yashunin, PAMI
2020); that more is asked for than is wanted makes up for it. Cosines are those of the bytes, within 0.005 of the true
ones: to take these from the texts of four hundred passages took a second.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np

from indexer.cluster.documents import as_bytes
from indexer.embedding import Vectors
from search.model import Scope
from search.ranking.pieces import Stretch
from search.stores.base import Eligible, Filters, NearWindow, Ranked, Ref
from search.stores.cluster.eligible import eligible_clauses
from search.stores.cluster.narrowing import STREAMS
from search.stores.cluster.view import PLACED, ClusterRef, Query, View

LIKELY = 100
"""Passages that each shard looks for, at least: the more it looks for, the likelier it finds the nearest."""
MOST = 10_000
"""Passages that OpenSearch returns at once, at most."""
SCOPED = 20
"""Windows of a passage that are looked at for the best one in a scope."""
_STREAMS = {"m": 0, "n": 1}
_DIGITS = 5


def nearest(view: View, vector: Vectors, scope: Scope, eligible: Eligible, limit: int) -> list[Ranked]:
    """Return the nearest passages, as :meth:`search.stores.base.Store.nearest` says.

    Raises:
        Unavailable: the cluster can't be asked now.
    """
    if not view.works:
        return []
    size, least = min(2 * limit, MOST), _of_each_shard(limit, view.shards)
    # Of all windows the best is known; of some, only from all of the passage.
    told = 0 if scope is Scope.BOTH else SCOPED
    is_free = eligible.is_everything and view.is_whole and scope is not Scope.NOTES
    hits = _hits(view, vector, [], size, least, told) if is_free else []
    if not hits or not all(map(view.has, hits)):
        clauses = eligible_clauses(view, eligible)
        if scope is Scope.NOTES:
            clauses.append({"term": {"noted": True}})
        hits = _hits(view, vector, clauses, size, least, told)
    found = []
    for hit in hits:
        ref = ClusterRef.of(hit)
        scores = [score for _, score in _windows(hit, scope)] if told else [hit["_score"]]
        if scores:
            found.append(Ranked(ref, _cosine(max(scores), view.scale) * float(np.float32(ref.weight))))
    return sorted(found, key=lambda each: (-each.score, each.passage))[:limit]


def _of_each_shard(limit: int, shards: int) -> int:
    """Return how many passages each shard looks for, so that all together have the ``limit`` nearest.

    Of these a shard has its share, give or take what chance makes of it: five standard deviations are allowed for.
    """
    share = limit / shards
    return min(max(math.ceil(share + 5 * math.sqrt(share)), LIKELY), max(limit, LIKELY), MOST)


def windows(view: View, vector: Vectors, scope: Scope, passages: Sequence[Ref]) -> dict[Ref, Stretch]:
    """Return the nearest window of each passage, as :meth:`search.stores.base.Store.windows` says.

    Raises:
        Unavailable: the cluster can't be asked now.
    """
    refs = cast("Sequence[ClusterRef]", passages)
    found: dict[Ref, Stretch] = {}
    for hit in _hits(view, vector, [view.of_refs(refs)], len(refs), len(refs), SCOPED) if refs else ():
        # Of equals it is the first.
        best = sorted(_windows(hit, scope), key=lambda each: (-each[1], each[0]))
        found |= {ClusterRef.of(hit): window for window, _ in best[:1]}
    return found


def nearest_windows(view: View, vectors: Vectors, filters: Filters, limit: int) -> list[list[NearWindow]]:
    """Return the nearest passages of each vector with their nearest windows, in one round trip.

    Raises:
        Unavailable: the cluster can't be asked now.
    """
    found: list[list[NearWindow]] = [[] for _ in vectors]
    if not view.works:
        return found
    clauses = eligible_clauses(view, Eligible(filters))
    searches = [_search(view, vector, clauses, limit, LIKELY, SCOPED) for vector in vectors]
    asked = [row for row, body in enumerate(searches) if body is not None]
    for row, answer in zip(asked, view.msearch([body for body in searches if body is not None]), strict=True):
        for hit in answer["hits"]["hits"]:
            ref = ClusterRef.of(hit)
            windows = sorted(_windows(hit, Scope.BOTH), key=lambda each: (-each[1], each[0]))
            for window, score in windows[:1]:
                found[row].append(NearWindow(ref, _cosine(score, view.scale) * float(np.float32(ref.weight)), window))
        found[row].sort(key=lambda each: (-each.likeness, each.passage))
    return found


def _hits(
    view: View, vector: Vectors, clauses: Sequence[Query], size: int, least: int, told: int
) -> list[dict[str, Any]]:
    """Return the hits of the search for the nearest among passages that satisfy ``clauses``, or among all in the index.

    ``size`` are wanted, each shard looks for ``least``, and so many windows of each passage are ``told``.
    """
    body = _search(view, vector, clauses, size, least, told)
    if body is None:
        return []
    (answer,) = view.msearch([body])
    hits: list[dict[str, Any]] = answer["hits"]["hits"]
    return hits


def _search(view: View, vector: Vectors, clauses: Sequence[Query], size: int, least: int, told: int) -> Query | None:
    """Return the search of :func:`_hits`; None where nothing is near the vector."""
    asked = as_bytes(vector[None, :], view.scale)[0]
    if not asked.any():
        return None
    searched: Query = {
        "vector": asked.tolist(),
        "k": least,
        "expand_nested_docs": bool(told),
        **({"filter": {"bool": {"filter": clauses}}} if clauses else {}),
    }
    wanted = {"size": told, "_source": False, "docvalue_fields": [f"windows.{name}" for name in Stretch._fields]}
    nested = {"path": "windows", "score_mode": "max", "query": {"knn": {"windows.vector": searched}}}
    return {
        "size": size,
        "track_total_hits": False,
        "_source": False,
        "docvalue_fields": list(PLACED),
        "query": {"nested": nested | ({"inner_hits": wanted} if told else {})},
    }


def _windows(hit: Mapping[str, Any], scope: Scope) -> list[tuple[Stretch, float]]:
    """Return the windows that a hit tells of, as far as they are in the scope, each with its score."""
    streams = [_STREAMS[name] for name in STREAMS[scope]]
    found = [
        (Stretch(*(each["fields"][f"windows.{name}"][0] for name in Stretch._fields)), each["_score"])
        for each in hit["inner_hits"]["windows"]["hits"]["hits"]
    ]
    return [(window, score) for window, score in found if window.stream in streams]


def _cosine(score: float, scale: float) -> float:
    """Return the cosine that Lucene's score of an inner product stands for."""
    product = score - 1 if score >= 1 else 1 - 1 / score
    return round(product / scale**2, _DIGITS)
