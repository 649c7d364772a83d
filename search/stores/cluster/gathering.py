"""Gathering texts: some parts, and what they lack, are fetched and put together."""

from __future__ import annotations

from collections.abc import Callable, Collection

from indexer.cluster.assembling import Assembled, assemble
from indexer.cluster.parts import PartKey
from search import deadline
from search.stores.cluster.view import View

_FEW = 32
"""So few parts are fetched together with the one that follows each, which one of them will likely need."""


def gather(view: View, parts: Collection[PartKey], lacking: Callable[[Assembled], set[PartKey]]) -> Assembled:
    """Return some parts put together, with those that they lack, and with those that these lack then.

    Raises:
        Unavailable: the cluster can't be asked now.
        IndexFailure: one is not there.
    """
    wanted = set(parts)
    likely = {part._replace(part=part.part + 1) for part in wanted} if len(wanted) <= _FEW else set()
    found = view.fetch(wanted | likely)
    while True:
        if missing := [part for part in wanted if found.get(part) is None]:
            raise view.lost(min(missing))
        texts = assemble(part for part in found.values() if part is not None)
        if not (wanted := lacking(texts)):
            return texts
        deadline.check()
        found |= view.fetch(wanted)
