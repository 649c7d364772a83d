"""Matches of a query on a cluster: counted and ordered there, decided here where the cluster can't."""

from __future__ import annotations

from search.stores.base import ExactQuery
from search.stores.cluster.view import View


class ClusterMatches:
    """See :class:`search.stores.base.Matches`."""

    def __init__(self, view: View, query: ExactQuery) -> None:
        self._view = view
        self._query = query
