"""Matches of a query on a cluster: counted and ordered there, and decided on texts where the index can't tell.

What surely matches stays on the cluster; what is in doubt is looked at, passage by passage, once. A page in order of
score is found by bounds (Fagin, Lotem and Naor, JCSS 2003): passages come in the order of the most that they may score,
until none that is still to come can be better than the last one shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from heapq import merge
from itertools import islice
from typing import Any, cast

from search import deadline
from search.model import Sort, WorkCard
from search.stores.base import ExactQuery, Marks, Ranked, Ref
from search.stores.cluster.counting import Counting, Scored, ref_of
from search.stores.cluster.deciding import Decider
from search.stores.cluster.narrowing import NOTHING, any_of
from search.stores.cluster.view import ClusterRef, Query, View

MOST_DECIDED = 1_000_000
"""Occurrences that are looked at one by one; where there are more, a number is told as the least that there are."""
_LISTED = 10
"""Passages that are asked for together with the first counts."""
_AT_ONCE = 10_000
"""The most passages that one search returns."""
_NO_YEAR = 1 << 31
"""Sorts works without a year behind all others."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """What surely matches: passages, occurrences, passages by work, and the first of them in an order."""

    passages: int = 0
    occurrences: int = 0
    by_work: Mapping[str, int] = field(default_factory=dict)
    sort: Sort = Sort.RELEVANCE
    first: Sequence[Scored] = ()
    in_doubt: Sequence[ClusterRef] = ()


@dataclass(slots=True)
class _Decided:
    """What was decided on texts: the scores of passages that match, and how many occurrences they have."""

    scores: dict[ClusterRef, float] = field(default_factory=dict)
    occurrences: int = 0
    is_cut: bool = False


class ClusterMatches:
    """See :class:`search.stores.base.Matches`. What is needed is asked for then, and kept."""

    def __init__(self, view: View, query: ExactQuery) -> None:
        """Begin to find what satisfies a query.

        Raises:
            SearchError: a filter is no field.
        """
        self._view = view
        self._query = query
        self._decider = Decider(view, query)
        self._counting = Counting.of(view, query, self._decider.near)
        self._answer: _Answer | None = None

    @property
    def passages(self) -> int:
        """See :attr:`search.stores.base.Matches.passages`."""
        return self._answered().passages + len(self._decided.scores)

    @property
    def occurrences(self) -> int:
        """See :attr:`search.stores.base.Matches.occurrences`."""
        return self._answered().occurrences + self._decided.occurrences

    @property
    def at_least(self) -> bool:
        """See :attr:`search.stores.base.Matches.at_least`."""
        return self._decided.is_cut

    def by_work(self) -> Sequence[tuple[WorkCard, int]]:
        """See :meth:`search.stores.base.Matches.by_work`."""
        counts = Counter(self._answered().by_work) + Counter(ref.work for ref in self._decided.scores)
        return [(self._view.works[work].card, count) for work, count in sorted(counts.items())]

    def page(self, sort: Sort, offset: int, limit: int) -> Sequence[Ranked]:
        """See :meth:`search.stores.base.Matches.page`."""
        end = offset + limit
        self._answered(sort, end)
        if sort is Sort.RELEVANCE:
            return [Ranked(ref, -negative) for negative, ref in self._best(end)[offset:]]
        decided = sorted((self._key(sort, ref), ref) for ref in self._decided.scores)
        sure = islice(self._in_order(sort, end), end)
        listed = islice(merge(((self._key(sort, each.ref), each.ref) for each in sure), decided), offset, end)
        refs = [ref for _, ref in listed]
        scores = self.scores_of(refs)
        return [Ranked(ref, scores[ref]) for ref in refs]

    def scores_of(self, passages: Sequence[Ref]) -> Mapping[Ref, float]:
        """See :meth:`search.stores.base.Matches.scores_of`."""
        wanted = cast("Sequence[ClusterRef]", passages)
        known = self._decided.scores
        scores: dict[Ref, float] = {ref: known[ref] for ref in wanted if ref in known}
        rest = [ref for ref in wanted if ref not in known]
        if rest and self._answered().passages:
            among = set(rest)
            found = [each for each in self._ask_among(rest) if each.ref in among]
            scores |= self._settled(found)
        return scores

    def marks(self, passages: Sequence[Ref]) -> Sequence[Marks | None]:
        """See :meth:`search.stores.base.Matches.marks`."""
        wanted = cast("Sequence[ClusterRef]", passages)
        marks: dict[ClusterRef, Marks | None] = {}
        for batch in self._decider.decide(wanted):
            marks |= batch.marks()
        return [marks.get(ref) for ref in wanted]

    def clauses(self) -> list[Query]:
        """Return the clauses that let through just the passages that match."""
        surely = self._counting.query
        decided = self._view.among(self._decided.scores)
        return [any_of((surely, decided))]

    # What is asked of the cluster

    def _answered(self, sort: Sort = Sort.RELEVANCE, size: int = _LISTED) -> _Answer:
        """Return the counts; where they are not known yet, they are asked for together with a page."""
        if self._answer is None:
            self._answer = self._ask(sort, min(size, _AT_ONCE))
        return self._answer

    def _ask(self, sort: Sort, size: int) -> _Answer:
        counting, bodies = self._counting, []
        if counting.query != NOTHING:
            bodies.append(counting.body(sort, size, works=len(self._view.works)))
        if counting.in_doubt != NOTHING:
            bodies.append(self._doubts(None))
        answers = iter(self._view.msearch(bodies))
        found = next(answers) if counting.query != NOTHING else None
        in_doubt = next(answers) if counting.in_doubt != NOTHING else None
        refs = [ref_of(hit) for hit in in_doubt["hits"]["hits"]] if in_doubt else []
        if found is None:
            return _Answer(in_doubt=refs, sort=sort)
        counts = found["aggregations"]
        return _Answer(
            found["hits"]["total"]["value"],
            round(counts["occurrences"]["value"]),
            {each["key"]: each["doc_count"] for each in counts["works"]["buckets"]},
            sort,
            [counting.read(hit) for hit in found["hits"]["hits"]],
            refs,
        )

    def _doubts(self, after: ClusterRef | None) -> dict[str, Any]:
        """Return a search for passages in doubt, by place."""
        return self._view.listing(self._counting.in_doubt, _AT_ONCE, after)

    def _in_doubt(self) -> Iterator[ClusterRef]:
        """Yield all passages in doubt, by place."""
        if self._decider.candidates is not None:
            yield from self._decider.candidates
            return
        refs = self._answered().in_doubt
        while True:
            yield from refs
            if len(refs) < _AT_ONCE:
                return
            deadline.check()
            (answer,) = self._view.msearch([self._doubts(refs[-1])])
            refs = [ref_of(hit) for hit in answer["hits"]["hits"]]

    def _in_order(self, sort: Sort, size: int) -> Iterator[Scored]:
        """Yield what surely matches in an order; ``size`` is how many are likely to be wanted."""
        if self._counting.query == NOTHING:
            return
        answer = self._answered(sort, size)
        batch, asked = (answer.first, len(answer.first)) if answer.sort is sort else ([], 0)
        yield from batch
        if asked >= answer.passages:
            return
        ...

    # What is decided on texts

    @cached_property
    def _decided(self) -> _Decided:
        decided = _Decided()
        for batch in self._decider.decide(self._in_doubt()):
            decided.scores |= batch.scores()
            decided.occurrences += batch.occurrences
            if decided.occurrences >= MOST_DECIDED:
                decided.is_cut = True
                break
        return decided
