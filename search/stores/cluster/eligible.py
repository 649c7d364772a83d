"""The passages that a ranking may name, as a filter of OpenSearch."""

from __future__ import annotations

from search.stores.base import Eligible
from search.stores.cluster.matches import ClusterMatches
from search.stores.cluster.view import Query, View


def eligible_clauses(view: View, eligible: Eligible) -> list[Query]:
    """Return the clauses that let through just the eligible passages, for a ``filter``; nothing else is needed there.

    Raises:
        TypeError: the matches are of another kind of store.
    """
    clauses = view.passages(view.chosen(eligible.filters, eligible.fields))
    if eligible.matches is not None:
        if not isinstance(eligible.matches, ClusterMatches):
            raise TypeError(f"matches of another store: {eligible.matches!r}")
        clauses.append(eligible.matches.query())
    return clauses
