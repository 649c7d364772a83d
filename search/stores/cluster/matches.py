"""Matches of a query on a cluster: counted and ordered there, and decided on texts where the index can't tell.

What surely matches stays on the cluster; what is in doubt is looked at, passage by passage, once. A page in order of
score is found by bounds (Fagin, Lotem and Naor, JCSS 2003): passages come in the order of the most that they may score,
until none that is still to come can be better than the last one shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from heapq import merge, nsmallest
from itertools import chain, islice
from typing import cast

from search import deadline
from search.model import Sort, WorkCard
from search.stores.base import ExactQuery, Marks, Ranked, Ref
from search.stores.cluster.candidates import AT_ONCE, counting_of, listed, narrowing_of
from search.stores.cluster.counting import Counting, Scored
from search.stores.cluster.deciding import Decider
from search.stores.cluster.narrowing import any_of
from search.stores.cluster.view import NOTHING, ClusterRef, Query, View

MOST_DECIDED = 1_000_000
"""Occurrences that are looked at one by one; where there are more, a number is told as the least that there are."""
_TOGETHER = 50
"""Queries that are counted in one round trip."""
_LISTED = 10
"""Passages that are asked for together with the first counts."""
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
        self._allowed = view.passages(view.chosen(query.filters))
        self._decider = Decider(view, query)
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
        sure = chain.from_iterable(self._listed(sort, end))
        decided = (Scored(ref, (), score, True) for ref, score in self._decided.scores.items())
        in_order = partial(self._by_place, sort)
        page = list(islice(merge(sure, sorted(decided, key=in_order), key=in_order), offset, end))
        scores = self._settled(page)
        return [Ranked(each.ref, scores[each.ref]) for each in page]

    def _by_place(self, sort: Sort, scored: Scored) -> tuple[int, ClusterRef]:
        year = self._view.works[scored.ref.work].card.record.year if sort is Sort.DATE else 0
        return _NO_YEAR if year is None else year, scored.ref

    def _best(self, end: int) -> list[tuple[float, ClusterRef]]:
        """Return the passages with the highest scores, each after its score below zero."""
        decided = nsmallest(end, ((-score, ref) for ref, score in self._decided.scores.items()))
        settled: list[tuple[float, ClusterRef]] = []
        for batch in self._listed(Sort.RELEVANCE, end):
            settled += ((-score, ref) for ref, score in self._settled(batch).items())
            settled.sort()
            best = list(islice(merge(settled, decided), end))
            # All that is still to come is behind the last that came, even by the most that it may score.
            if len(best) == end and best[-1] <= (-batch[-1].key[0], batch[-1].ref):
                return best
        return list(islice(merge(settled, decided), end))

    def _settled(self, passages: Sequence[Scored]) -> dict[ClusterRef, float]:
        """Return the scores of passages that surely match; of which only a bound is known, they are decided on."""
        scores = {each.ref: each.score for each in passages if each.is_exact}
        for batch in self._decider.decide(each.ref for each in passages if not each.is_exact):
            scores |= batch.scores()
        return scores

    def scores_of(self, passages: Sequence[Ref]) -> Mapping[Ref, float]:
        """See :meth:`search.stores.base.Matches.scores_of`."""
        wanted = cast("Sequence[ClusterRef]", passages)
        known = self._decided.scores
        scores = {ref: known[ref] for ref in wanted if ref in known}
        rest = [ref for ref in wanted if ref not in known]
        if rest and self._answered().passages:
            only = [self._view.of_refs(rest)]
            (found,) = self._view.msearch([self._counting.body(Sort.PLACE, len(rest), only=only)])
            scores |= self._settled(self._counting.read(found))
        return cast("Mapping[Ref, float]", scores)

    def marks(self, passages: Sequence[Ref]) -> Sequence[Marks | None]:
        """See :meth:`search.stores.base.Matches.marks`."""
        wanted = cast("Sequence[ClusterRef]", passages)
        marks: dict[ClusterRef, Marks | None] = {}
        for batch in self._decider.decide(sorted(wanted)):
            marks |= batch.marks()
        return [marks[ref] for ref in wanted]

    def query(self) -> Query:
        """Return the query for just the passages that match."""
        return any_of((self._counting.query, self._view.of_refs(self._decided.scores)))

    # What is asked of the cluster

    @cached_property
    def _counting(self) -> Counting:
        return counting_of(self._view, self._query, self._allowed)

    def _answered(self, sort: Sort = Sort.RELEVANCE, size: int = _LISTED) -> _Answer:
        """Return the counts; where they are not known yet, they are asked for together with a page."""
        if self._answer is None:
            self._answer = self._ask(sort, min(size, AT_ONCE))
        return self._answer

    def _ask(self, sort: Sort, size: int) -> _Answer:
        counting, works = self._counting, len(self._view.works)
        if not works:  # all of them may be closed to whoever asks
            return _Answer(sort=sort)
        asked = [self._view.listing(counting.in_doubt, AT_ONCE)] if counting.in_doubt != NOTHING else []
        if counting.query != NOTHING:
            asked += [counting.body(sort, size, works=works), *counting.of_other_works(works)]
        answers = self._view.msearch(asked)
        in_doubt = answers.pop(0)["hits"]["hits"] if counting.in_doubt != NOTHING else []
        by_work = [each for answer in answers for each in answer["aggregations"]["works"]["buckets"]]
        return _Answer(
            answers[0]["hits"]["total"]["value"] if answers else 0,
            counting.occurrences(answers[0]) if answers else 0,
            {each["key"]: each["doc_count"] for each in by_work},
            sort,
            counting.read(answers[0]) if answers else (),
            list(map(ClusterRef.of, in_doubt)),
        )

    def _listed(self, sort: Sort, size: int) -> Iterator[list[Scored]]:
        """Yield what surely matches in an order, some at a time; ``size`` is how many are likely to be wanted."""
        answer = self._answered(sort, size)
        batch = list(answer.first) if answer.sort is sort else []
        left = answer.passages - len(batch)
        if batch:
            yield batch
        while left > 0:
            deadline.check()
            size = min(max(size, 2 * len(batch)), AT_ONCE)
            after = batch[-1].key if batch else None
            (found,) = self._view.msearch([self._counting.body(sort, size, after)])
            batch = self._counting.read(found)
            if not batch:
                return
            left -= len(batch)
            yield batch

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

    def _in_doubt(self) -> Iterator[ClusterRef]:
        """Yield the passages that only their texts can tell of, by place."""
        known = self._answered().in_doubt
        # The first of them came together with the counts.
        return iter(known) if len(known) < AT_ONCE else listed(self._view, self._counting.in_doubt)


def occurrences(view: View, queries: Sequence[ExactQuery]) -> list[int]:
    """Return how many occurrences each of some queries has.

    Raises:
        SearchError: a filter is no field.
    """
    counts = [0] * len(queries)
    # Of many words most stand nowhere, and where none of a word may stand costs next to nothing to learn.
    counted = _may_stand(view, queries) if len(queries) > _TOGETHER else range(len(queries))
    for number in range(0, len(counted), _TOGETHER):
        deadline.check()
        some = counted[number : number + _TOGETHER]
        of_each = [(queries[at], counting_of(view, queries[at], _allowed(view, queries[at]))) for at in some]
        asked = [(each.of_occurrences(), view.listing(each.in_doubt, 1)) for _, each in of_each]
        answers = iter(view.msearch(list(chain.from_iterable(asked))))
        for at, (query, counting) in zip(some, of_each, strict=True):
            sure, in_doubt = next(answers), next(answers)
            # What only texts tell of is rare enough to be asked for by itself.
            is_sure = not in_doubt["hits"]["hits"]
            counts[at] = counting.occurrences(sure) if is_sure else ClusterMatches(view, query).occurrences
    return counts


def _allowed(view: View, query: ExactQuery) -> list[Query]:
    return view.passages(view.chosen(query.filters))


def _may_stand(view: View, queries: Sequence[ExactQuery]) -> list[int]:
    """Return the numbers of the queries that any passage may match, of whatever generation and work.

    Without conditions on passages, how many each query has is read off the dictionary of its words.
    """
    possible = [narrowing_of(view, query).possible(query.tree) for query in queries]
    body = {"size": 0, "track_total_hits": False, "aggs": {"each": {"filters": {"filters": possible}}}}
    (answer,) = view.msearch([body])
    return [at for at, each in enumerate(answer["aggregations"]["each"]["buckets"]) if each["doc_count"]]
