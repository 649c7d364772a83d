"""Searches that count and score what the index tells of by itself: of each passage all that a score is made of.

OpenSearch's score of a passage is how often the words occur in it, and in higher bits what else counts: whether they
stand as asked, and whether they may be, or surely are, spelled as typed. So one search counts, sorts by our own score
(:meth:`search.stores.base.Matches.page`), and tells of each passage whether that score is exact, or a bound that only
its text can settle.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from indexer.cluster.mapping import DATE_BITS, EARLIEST, NOTED, SURE, YEAR_BITS
from indexer.store.layout import MAIN, NOTES
from indexer.text import prominence
from search.exact.scoring import HALFWAY, has_words
from search.model import Sort
from search.query import Phrase, Tree
from search.stores.cluster.narrowing import (
    OWN_STREAMS,
    STREAMS,
    Counted,
    DatesCounted,
    Narrowing,
    all_of,
    any_of,
    both,
    phrase_query,
    spelled,
    varied,
)
from search.stores.cluster.view import BY_PLACE, NOTHING, PLACED, ClusterRef, Query

_ASKED, _MAY_BE_TYPED, _IS_TYPED, _IS_ROUGH = (1 << bit for bit in (16, 17, 18, 19))
"""What a score says beside the number of occurrences, which is below; its 24 bits leave four for fractions of them."""
_OCCURRENCES = {"occurrences": {"sum": {"script": {"source": "Math.round(_score.doubleValue()) & 65535L"}}}}
_BOUND = f"""
    long said = Math.round(_score);
    long count = said & 65535L;
    double weight = doc['weight'].value;
    boolean asked = params.asked || (said & {_ASKED}L) != 0;
    double tier = asked ? 1 : 0;
    if (weight > params.matter && (count > 0 || !params.words)) {{
        tier += 2;
        if (asked && (said & {_MAY_BE_TYPED}L) != 0 && weight > params.list) {{ tier += 1; }}
    }}
    return tier + weight * count / (count + params.halfway);
"""
"""The score that a passage has at most."""

_DATES = f"""
    long found = 0L;
    long seen = -1L;
    def dates = doc['dates'];
    for (int at = 0; at < dates.size(); at++) {{
        long each = dates.get(at);
        long number = each >> {DATE_BITS}L;
        boolean noted = (each & {NOTED}L) != 0L;
        if (number == seen || !(noted ? params.notes : params.text)) {{ continue; }}
        long first = ((each >> {YEAR_BITS}L) & {(1 << YEAR_BITS) - 1}L) - {EARLIEST}L;
        long last = (each & {(1 << YEAR_BITS) - 1}L) - {EARLIEST}L;
        for (def row : params.years) {{
            boolean counts = params.strict
                ? (each & {SURE}L) != 0L && row[0] <= first && last <= row[1]
                : row[0] <= last && first <= row[1];
            if (counts) {{ found++; seen = number; break; }}
        }}
    }}
    return found;
"""
"""How many dates of a passage are of some rows of years; see :func:`indexer.cluster.mapping.date_numbers`."""

MOST_WORKS = 10_000
"""Works that one search counts; OpenSearch makes 65,535 groups at most."""

# Weights are stored in four bytes, and compared with these as such.
_MATTER, _LIST = (float(np.float32(weight)) for weight in (prominence.MATTER, prominence.LIST))


class Scored(NamedTuple):
    """A passage in an order: what it was sorted by, and the score that it has at most, or, if ``is_exact``, has."""

    ref: ClusterRef
    key: tuple[Any, ...]
    score: float
    is_exact: bool


@dataclass(frozen=True)
class Counting:
    """Searches for what surely matches a tree. ``allowed`` are the clauses for passages that may be found.

    ``asked`` is the tree without other names, None where there are none.
    """

    narrowing: Narrowing
    allowed: Sequence[Query]
    tree: Tree
    asked: Tree | None

    @cached_property
    def certain(self) -> Query:
        """The query for what surely matches, but for what is in doubt; see :meth:`in_doubt`."""
        return self.narrowing.certain(self.tree)

    @cached_property
    def query(self) -> Query:
        """The query for just the passages that surely match."""
        return all_of([*self.allowed, self.certain], [self._doubtful])

    @cached_property
    def in_doubt(self) -> Query:
        """The query for the passages that may match, of which only their texts tell."""
        return all_of([*self.allowed, self.narrowing.possible(self.tree), self._doubtful])

    @cached_property
    def _doubtful(self) -> Query:
        return any_of(self.narrowing.doubtful(tree) for tree in (self.tree, self.asked) if tree is not None)

    def body(
        self, sort: Sort, size: int, after: Sequence[Any] | None = None, works: int = 0, only: Sequence[Query] = ()
    ) -> dict[str, Any]:
        """Return a search for passages that surely match, in an order.

        Args:
            sort: the order.
            size: how many passages.
            after: the key of the passage after which they come.
            works: with a number, everything is counted, too, and by work: out of so many, those that are counted first;
                :meth:`of_other_works` are searches for the others.
            only: clauses that all passages have to satisfy, too.
        """
        body: dict[str, Any] = {
            "size": size,
            "track_total_hits": bool(works),
            "track_scores": True,
            "_source": False,
            "docvalue_fields": list(PLACED),
            "sort": [*self._order(sort), *BY_PLACE],
            "query": {"bool": {"must": [self.scoring], "filter": list(only)}} if only else self.scoring,
        }
        if after is not None:
            body["search_after"] = list(after)
        if works:
            body["aggs"] = {**_OCCURRENCES, **_by_work(0, _searches(works))}
        return body

    def of_occurrences(self) -> dict[str, Any]:
        """Return a search that counts occurrences alone."""
        return {"size": 0, "track_total_hits": False, "query": self.scoring, "aggs": _OCCURRENCES}

    def of_other_works(self, works: int) -> list[dict[str, Any]]:
        """Return searches that count by work, of as many works, those that :meth:`body` does not."""
        plain: dict[str, Any] = {"size": 0, "track_total_hits": False, "query": self.query}
        return [plain | {"aggs": _by_work(number, _searches(works))} for number in range(1, _searches(works))]

    @staticmethod
    def occurrences(answer: Mapping[str, Any]) -> int:
        """Return how many occurrences a search counted."""
        counted: float = answer["aggregations"]["occurrences"]["value"]
        return round(counted)

    def read(self, answer: Mapping[str, Any]) -> list[Scored]:
        """Return the passages that a search found."""
        return [self._scored(hit) for hit in answer["hits"]["hits"]]

    def _scored(self, hit: Mapping[str, Any]) -> Scored:
        said, ref = round(hit["_score"]), ClusterRef.of(hit)
        is_exact = not said & _IS_ROUGH and (not said & _MAY_BE_TYPED or bool(said & _IS_TYPED))
        return Scored(ref, tuple(hit["sort"]), self._bound(said, ref.weight), is_exact)

    def _bound(self, said: int, weight: float) -> float:
        """Return what the script :data:`_BOUND` does."""
        count = said & 65535
        asked = self.asked is None or bool(said & _ASKED)
        text = weight > _MATTER and (count > 0 or not self._has_words)
        tier = 2 * text + asked + (asked and text and bool(said & _MAY_BE_TYPED) and weight > _LIST)
        return tier + weight * count / (count + HALFWAY)

    @cached_property
    def _has_words(self) -> bool:
        return has_words(self.tree)

    def _order(self, sort: Sort) -> list[Query]:
        match sort:
            case Sort.RELEVANCE:
                known = {"asked": self.asked is None, "words": self._has_words}
                told = {"matter": _MATTER, "list": _LIST, "halfway": HALFWAY, **known}
                return [{"_script": {"type": "number", "order": "desc", "script": {"source": _BOUND, "params": told}}}]
            case Sort.DATE:
                return [{"year": {"order": "asc", "missing": "_last"}}]
            case Sort.PLACE:
                return []

    @cached_property
    def scoring(self) -> Query:
        """The query for what surely matches, whose score says how often and how."""
        counted = self.narrowing.counted(self.tree)
        dates = self.narrowing.dates(self.tree)
        counts = [query for each in counted for query in self._counts(each)]
        if dates and dates.years:
            counts.append(self._dates(dates))
        # What counts a single phrase finds it, too: it is looked for once.
        alone = isinstance(self.tree, Phrase) and len(counted) == 1
        finds: Query = (
            {"must": {"bool": {"should": counts}}, "filter": list(self.allowed)}
            if alone
            else {"filter": [*self.allowed, self.certain]}
        )
        told = [*self._told(counted, dates, alone), *(() if alone else counts)]
        without = {} if self._doubtful == NOTHING else {"must_not": [self._doubtful]}
        return {"bool": {**finds, **without, "should": told}}

    def _counts(self, counted: Counted) -> Iterator[Query]:
        for name in STREAMS[self.narrowing.scope]:
            query, terms = phrase_query(name, counted.codes)
            # The score of a phrase is that of each of its terms, together.
            once: Query = {"function_score": {"query": query, "weight": 1 / terms}} if terms > 1 else query
            yield once if counted.where is None else {"bool": {"must": [once], "filter": [counted.where]}}

    def _dates(self, dates: DatesCounted) -> Query:
        streams = OWN_STREAMS[self.narrowing.scope]
        told = {"years": dates.years, "text": MAIN in streams, "notes": NOTES in streams}
        script = {"source": _DATES, "params": {**told, "strict": self.narrowing.strict}}
        once: Query = {"script_score": {"query": {"exists": {"field": "dates"}}, "script": script}}
        return once if dates.where is None else {"bool": {"must": [once], "filter": [dates.where]}}

    def _told(self, counted: Sequence[Counted], dates: DatesCounted | None, alone: bool) -> Iterator[Query]:
        """Yield the clauses that say what else a score is made of."""
        maybe, surely = [], []
        if dates and dates.years:  # what is sure counts as typed
            surely.append(all_of([*filter(None, [dates.where]), self.narrowing.surely_dated(dates.years)]))
            maybe += surely
        for each in counted:
            for row, where in each.typed:
                here = both(where, None if alone else self.narrowing.begins(row.codes), *spelled(row.letters))
                maybe.append({"match_all": {}} if here is None else here)
                if row.is_plain:
                    surely.append(all_of([maybe[-1]], [varied(row.codes)]))
        yield _bit(_MAY_BE_TYPED, any_of(maybe))
        yield _bit(_IS_TYPED, any_of(surely))
        yield _bit(_IS_ROUGH, {"term": {"rough": True}})
        if self.asked is not None:
            yield _bit(_ASKED, self.narrowing.certain(self.asked))


def _searches(works: int) -> int:
    """Return how many searches count so many works."""
    return -(-works // MOST_WORKS)


def _by_work(number: int, searches: int) -> dict[str, Any]:
    """Return what counts a share of the works; shares are about alike."""
    share = {"include": {"partition": number, "num_partitions": searches}} if searches > 1 else {}
    return {"works": {"terms": {"field": "work", "size": 2 * MOST_WORKS, **share}}}


def _bit(value: int, query: Query) -> Query:
    """Return the query that adds a value to the score of what satisfies another."""
    return {"constant_score": {"filter": query, "boost": value}}
