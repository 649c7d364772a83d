"""Grams of works on a cluster: the parts of their sections are fetched, some sections at a time, and read through."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator

from indexer.cluster.assembling import Assembled, assemble
from indexer.cluster.parts import PartKey
from indexer.store.layout import MAIN
from indexer.text.words import MODERN
from search import deadline
from search.exact.evaluation import SEARCHED
from search.exact.grams import grams_in, words_in
from search.grams import Unit
from search.model import Scope
from search.stores.base import Filters
from search.stores.cluster.view import View

_TOGETHER = 256
"""Parts that are put together at once, with the rest of their sections: a gram may stand in two of them."""


def grams(view: View, unit: Unit, scope: Scope, filters: Filters) -> Counter[str]:
    """Return how often each gram stands, as :meth:`search.stores.base.Store.grams` says.

    Raises:
        Unavailable: the cluster can't be asked now.
    """
    chosen = view.chosen(filters)
    works = [work for work in view.works if chosen is None or work in chosen]
    counts: Counter[str] = Counter()
    if unit is not Unit.WORD:
        for texts in _read(view, works):
            counts.update(grams_in(texts, unit.size, SEARCHED[scope], None))
    elif MAIN in SEARCHED[scope]:
        for texts in _read(view, [work for work in works if view.works[work].card.record.language == MODERN]):
            counts.update(words_in(texts, None))
    return counts


def _read(view: View, works: Collection[str]) -> Iterator[Assembled]:
    """Yield the texts of works, whole sections of them."""
    for work in works:
        keys: list[PartKey] = []
        described = view.works[work]
        ids = [f"{described.stamp}.s{number}" for number in range(len(described.titles))]
        for number, found in enumerate(view.connection.mget(ids, ("parts",))):
            if found is None:
                raise view.lost(PartKey(work, number, 0))
            keys += [PartKey(work, number, part) for part in range(found["parts"])]
            if len(keys) >= _TOGETHER:
                yield _together(view, keys)
                keys = []
        if keys:
            yield _together(view, keys)


def _together(view: View, keys: list[PartKey]) -> Assembled:
    deadline.check()
    parts = view.fetch(keys)
    if missing := [key for key in keys if parts.get(key) is None]:
        raise view.lost(missing[0])
    return assemble(part for part in parts.values() if part is not None)
