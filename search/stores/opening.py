"""Opening the store that answers for an index, by the index's name."""

from __future__ import annotations

from pathlib import Path

from search.stores.base import Store, Watch
from search.stores.embedded.store import EmbeddedStore
from search.stores.embedded.watching import ManifestWatch


def open_store(index: Path) -> Store:
    """Open the published generation of an index.

    Raises:
        IndexFailure: there is none, or it can't be read.
    """
    return EmbeddedStore.open(index)


def watch(index: Path) -> Watch:
    """Watch the published generation of an index, to see later whether another was published."""
    return ManifestWatch(index)
