"""From what names an index to the store that answers for it."""

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
    """Look at what is published in an index, to see later whether something else is."""
    return ManifestWatch(index)
