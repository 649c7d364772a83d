"""What stands at an address: the published generation of an index, in a folder or on a cluster."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from indexer.cluster.address import ClusterAddress, IndexAddress
from indexer.errors import IndexFailure
from indexer.store.generation import Generation, Packs
from indexer.store.generation import published as published_in_folder


class StandingIndex(NamedTuple):
    """A published generation, and the collection of each of its works."""

    generation: Generation
    homes: Mapping[str, str]


def published(index: IndexAddress) -> Generation | None:
    """Return the published generation, or None where nothing was published yet.

    Raises:
        IndexFailure: it can't be read.
    """
    if isinstance(index, ClusterAddress):
        from indexer.cluster import keeping  # most indexes are folders

        state = keeping.published(index)
        return state.generation if state else None
    return published_in_folder(index)


def standing(index: IndexAddress) -> StandingIndex:
    """Return the published generation with the collections of its works.

    Raises:
        IndexFailure: there is none, or it can't be read.
    """
    if isinstance(index, ClusterAddress):
        from indexer.cluster import keeping  # most indexes are folders

        state = keeping.published(index)
        if state and state.generation:
            return StandingIndex(state.generation, keeping.homes(state))
    elif generation := published_in_folder(index):
        return StandingIndex(generation, Packs(index).homes(generation))
    raise IndexFailure(f"{index}: no index there; build one with `wenyuan index PATH --index {index}`")
