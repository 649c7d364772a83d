"""Opening the store that answers for an index, by the index's name."""

from __future__ import annotations

from indexer.cluster.address import ClusterAddress, IndexAddress
from search.stores.base import Store, Watch
from search.stores.embedded.store import EmbeddedStore
from search.stores.embedded.watching import ManifestWatch


def open_store(index: IndexAddress) -> Store:
    """Open the published generation of an index.

    Raises:
        IndexFailure: there is none, or it can't be read.
    """
    if isinstance(index, ClusterAddress):
        from search.stores.cluster.store import ClusterStore  # most indexes are folders

        return ClusterStore.open(index)
    return EmbeddedStore.open(index)


def watch(index: IndexAddress) -> Watch:
    """Watch the published generation of an index, to see later whether another was published.

    Raises:
        Unavailable: it is on a cluster that can't be asked now.
    """
    if isinstance(index, ClusterAddress):
        from search.stores.cluster.watching import StateWatch

        return StateWatch(index)
    return ManifestWatch(index)
