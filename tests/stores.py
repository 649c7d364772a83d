"""Every kind of store, made of texts: a new kind adds a line to ``KINDS``, and the contract runs on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from pathlib import Path

from clusters import empty_index
from open_index import build

from indexer.cluster.address import IndexAddress, index_address

Indexing = Callable[[Sequence[Sequence[Path]], Path], IndexAddress]
"""Indexes batches of texts, one after another, into what may be named by an empty folder, and says where that is."""


@contextmanager
def embedded(engine: str) -> Iterator[Indexing]:
    """Index into folders."""

    def index(batches: Sequence[Sequence[Path]], folder: Path) -> IndexAddress:
        for paths in batches:
            build(paths, folder, engine=engine)
        return folder

    yield index


@contextmanager
def clustered() -> Iterator[Indexing]:
    """Index into a cluster, on which nothing remains."""
    with ExitStack() as indexes:

        def index(batches: Sequence[Sequence[Path]], folder: Path) -> IndexAddress:
            address = index_address(indexes.enter_context(empty_index("?shards=2&replicas=1")))
            for paths in batches:
                build(paths, address)
            return address

        yield index


KINDS: Mapping[str, Callable[[], AbstractContextManager[Indexing]]] = {
    "tantivy": partial(embedded, "tantivy"),
    "whoosh": partial(embedded, "whoosh"),
    "cluster": clustered,
}
