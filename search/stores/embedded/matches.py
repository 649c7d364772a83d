"""Matches of a query, pack by pack: counted, scored, ordered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import cast

import numpy as np
from numpy.typing import NDArray

from search import deadline
from search.exact.matching import Mask
from search.exact.scoring import PackMatches, matched
from search.model import Sort, WorkCard
from search.ranges import among
from search.stores.base import ExactQuery, Marks, Ranked, Ref
from search.stores.embedded.snapshot import Refs, Rows, Snapshot

_LATEST = 1 << 31
"""Sorts works without a year behind all others."""


class EmbeddedMatches:
    """See :class:`search.stores.base.Matches`."""

    def __init__(self, snapshot: Snapshot, found: Mapping[int, PackMatches]) -> None:
        self._snapshot = snapshot
        self._found = found
        self._firsts = np.cumsum([0, *(len(each.found.passages) for each in found.values())])

    @classmethod
    def of(cls, snapshot: Snapshot, query: ExactQuery) -> EmbeddedMatches:
        """Evaluate a query on every pack of a snapshot.

        Raises:
            SearchError: it costs too much.
        """
        return cls(snapshot, evaluated(snapshot, query))

    @property
    def passages(self) -> int:
        """See :attr:`search.stores.base.Matches.passages`."""
        return int(self._firsts[-1])

    @cached_property
    def occurrences(self) -> int:
        """See :attr:`search.stores.base.Matches.occurrences`."""
        return sum(each.count for each in self._found.values())

    @property
    def at_least(self) -> bool:
        """See :attr:`search.stores.base.Matches.at_least`; nothing is left out here."""
        return False

    def by_work(self) -> Sequence[tuple[WorkCard, int]]:
        """See :meth:`search.stores.base.Matches.by_work`."""
        counted: list[tuple[WorkCard, int]] = []
        for number, each in self._found.items():
            deadline.check()
            counts = np.bincount(self._snapshot.packs[number].passage_works[each.found.passages]).tolist()
            counted += ((self._snapshot.cards[number, work], count) for work, count in enumerate(counts) if count)
        return counted

    def page(self, sort: Sort, offset: int, limit: int) -> Sequence[Ranked]:
        """See :meth:`search.stores.base.Matches.page`."""
        end = offset + limit
        if sort is Sort.RELEVANCE:
            scores = self._scores
            best = np.arange(len(scores))
            if len(scores) > end:
                # All that is as good as the last one shown: what is equal is told apart by its place.
                best = np.flatnonzero(scores >= np.partition(scores, -end)[-end])
            refs, scores = self._refs(best), scores[best]
            order = np.lexsort((refs, -scores))
        else:
            refs, scores = self._refs(np.arange(self.passages)), self._scores
            years = self._years[self._snapshot.works_of(refs)] if sort is Sort.DATE else np.zeros(len(refs), np.int64)
            order = np.lexsort((refs, years))
        order = order[offset:end]
        return list(map(Ranked, refs[order].tolist(), scores[order].tolist()))

    def scores_of(self, passages: Sequence[Ref]) -> Mapping[Ref, float]:
        """See :meth:`search.stores.base.Matches.scores_of`."""
        refs = as_refs(passages)
        firsts = dict(zip(self._found, self._firsts.tolist(), strict=False))
        scores: dict[Ref, float] = {}
        for number, positions, rows in self._snapshot.by_pack(refs):
            if number in self._found:
                mine = self._found[number].found.passages
                match = among(rows, mine)
                values = self._scores[firsts[number] + mine.searchsorted(rows[match])]
                scores |= zip(refs[positions[match]].tolist(), values.tolist(), strict=True)
        return scores

    def marks(self, passages: Sequence[Ref]) -> Sequence[Marks | None]:
        """See :meth:`search.stores.base.Matches.marks`."""
        found: list[Marks | None] = []
        for ref in as_refs(passages).tolist():
            deadline.check()
            number, row = self._snapshot.split(ref)
            here = self._found.get(number)
            found.append(here.marks(self._snapshot.packs[number], row) if here else None)
        return found

    def mask(self, number: int) -> Mask:
        """Return which passages of a pack match."""
        mask = np.zeros(len(self._snapshot.packs[number].passages), dtype=bool)
        if number in self._found:
            mask[self._found[number].found.passages] = True
        return mask

    @cached_property
    def _scores(self) -> NDArray[np.float64]:
        """The scores of all passages, pack by pack."""
        parts = [np.empty(0)]
        for number, each in self._found.items():
            deadline.check()
            parts.append(each.scores(self._snapshot.packs[number]))
        return np.concatenate(parts)

    @cached_property
    def _years(self) -> Rows:
        years = [card.record.year for card in self._snapshot.by_rank]
        return np.array([_LATEST if year is None else year for year in years], np.int64)

    def _refs(self, positions: Rows) -> Refs:
        """Return the refs of passages by their positions, which are sorted, in the row of all."""
        bounds = np.searchsorted(positions, self._firsts).tolist()
        parts = [
            self._snapshot.refs(number, each.found.passages[positions[start:end] - first])
            for (number, each), first, start, end in zip(
                self._found.items(), self._firsts.tolist(), bounds, bounds[1:], strict=False
            )
            if end > start
        ]
        return np.concatenate([np.empty(0, np.int64), *parts])


def as_refs(passages: Sequence[Ref]) -> Refs:
    """Return refs that this store gave as an array."""
    return np.array(cast("Sequence[int]", passages), np.int64)


def evaluated(snapshot: Snapshot, query: ExactQuery, *, near_spans: bool = False) -> dict[int, PackMatches]:
    """Return what satisfies the query in each pack that holds any of it.

    Raises:
        SearchError: the query costs too much.
    """
    matches: dict[int, PackMatches] = {}
    for number in snapshot.packs:
        mask = snapshot.allowed(number, query.filters)
        if mask is not None and not mask.any():
            continue
        evaluator = snapshot.evaluator(number, query.scope, query.strict, near_spans=near_spans)
        if found := matched(evaluator, query, mask):
            matches[number] = found
    return matches
