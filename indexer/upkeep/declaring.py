"""Declaring who may read what is in an index, without indexing again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from corpora.manifests import Catalogue, load
from corpora.model import Access, strictest
from indexer.cluster.address import ClusterAddress, IndexAddress
from indexer.errors import IndexFailure
from indexer.store.access import LOCAL, CollectionAccess, Declared, access_by_collection
from indexer.store.generation import Generation, relabel
from indexer.store.lock import builder_lock
from indexer.upkeep.standing import standing


def catalogue_of(declared: Declared, own: Path | None) -> Catalogue:
    """Read the manifests that count for an index: the shipped ones, those in ``own``, those beside its texts.

    Raises:
        ManifestFailure: one is not as it should be.
    """
    return load(own, (Path(path) for path in declared.manifests.values()))


def survey(index: IndexAddress, own: Path | None) -> dict[str, CollectionAccess]:
    """Return the access to each collection of an index.

    Raises:
        IndexFailure: there is no index, or it can't be read.
        ManifestFailure: a manifest is not as it should be.
    """
    found = standing(index)
    works, declared = ((home, work) for work, home in found.homes.items()), found.generation.access
    return {each.collection: each for each in access_by_collection(works, declared, catalogue_of(declared, own))}


def declare(index: IndexAddress, collection: str, access: Access) -> None:
    """Declare who may read the works of a collection, whatever was declared before.

    Raises:
        IndexFailure: there is no index, no such collection in it, or another process builds it.
    """

    def change(state: Generation, homes: Mapping[str, str]) -> Declared:
        works = [work for work, home in homes.items() if home == collection]
        if not works:
            there = ", ".join(sorted(set(homes.values())))
            raise IndexFailure(f"{index}: no works of a collection {collection}; there are: {there}")
        return state.access.declare(collection, works, access)

    _relabel(index, change)


def adopt(index: IndexAddress, own: Path | None) -> None:
    """Declare what is undeclared as manifests say, and close for good what manifests close.

    Raises:
        IndexFailure: there is no index, or another process builds it.
        ManifestFailure: a manifest is not as it should be.
    """

    def change(state: Generation, homes: Mapping[str, str]) -> Declared:
        catalogue, declared = catalogue_of(state.access, own), state.access
        for collection in set(homes.values()) - {LOCAL}:
            said = strictest(declared.collections.get(collection), catalogue.access_of(collection))
            declared = declared.declare(collection, (), said) if said else declared
        return declared

    _relabel(index, change)


def _relabel(index: IndexAddress, change: Callable[[Generation, Mapping[str, str]], Declared]) -> None:
    if isinstance(index, ClusterAddress):
        from indexer.cluster import keeping  # most indexes are folders

        keeping.relabel(index, change)
        return
    standing(index)  # the lock would make a folder where there is no index
    with builder_lock(index):
        state, homes = standing(index)
        declared = change(state, homes)
        if declared != state.access:
            relabel(index, state, declared)
