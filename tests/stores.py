"""Every kind of store, made of texts: a new kind adds a line to ``FACTORIES``, and the contract runs on it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from open_index import build

from search.stores.base import Store
from search.stores.opening import open_store

Factory = Callable[[Sequence[Sequence[Path]], Path], Store]
"""Indexes batches of texts, one after another, into what may be named by an empty folder, and opens that."""


def embedded(engine: str, batches: Sequence[Sequence[Path]], folder: Path) -> Store:
    """Return an embedded store of texts."""
    for paths in batches:
        build(paths, folder, engine=engine)
    return open_store(folder)


FACTORIES: Mapping[str, Factory] = {engine: partial(embedded, engine) for engine in ("tantivy", "whoosh")}
