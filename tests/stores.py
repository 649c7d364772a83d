"""Every kind of store, made of texts: a new kind adds a line to ``FACTORIES``, and the contract runs on it."""

from __future__ import annotations

import atexit
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from clusters import empty_index
from open_index import build

from indexer.cluster.address import index_address
from search.stores.base import Store
from search.stores.opening import open_store

Factory = Callable[[Sequence[Sequence[Path]], Path], Store]
"""Indexes batches of texts, one after another, into what may be named by an empty folder, and opens that."""


def embedded(engine: str, batches: Sequence[Sequence[Path]], folder: Path) -> Store:
    """Return an embedded store of texts."""
    for paths in batches:
        build(paths, folder, engine=engine)
    return open_store(folder)


_made = ExitStack()
atexit.register(_made.close)


def on_cluster(batches: Sequence[Sequence[Path]], _: Path) -> Store:
    """Return a cluster's store of texts; its index is gone when the tests end."""
    address = index_address(_made.enter_context(empty_index("?shards=2&replicas=1")))
    for paths in batches:
        build(paths, address)
    return open_store(address)


FACTORIES: Mapping[str, Factory] = {engine: partial(embedded, engine) for engine in ("tantivy", "whoosh")} | {
    "opensearch": on_cluster
}
