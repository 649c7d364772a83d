"""Coarse queries, for trees of so many words that OpenSearch would refuse all that could be said of them.

It takes a bounded number of clauses, and of queries inside each other
(``indices.query.bool.max_clause_count`` and ``max_nested_depth``). A tree of thirty words, each of which can be read in
several ways, has more. Of it only what may match is asked, by a few characters of each phrase, and the texts tell the
rest (:mod:`search.stores.cluster.deciding`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from search.dates import When
from search.expressions import Expression
from search.query import And, Approximate, Field, InYears, Near, Not, Nothing, Or, Phrase, Tree, Words
from search.stores.cluster.narrowing import (
    Counted,
    DatesCounted,
    Narrowing,
    all_of,
    any_of,
    in_years,
    required,
    within_reach,
)
from search.stores.cluster.view import NOTHING, Query

MOST_CLAUSES, MOST_DEPTH = 600, 14
"""What a query may have of both: OpenSearch takes 1,024 and 20, and what ranks puts its own around these."""
_ASKED = 6
"""Characters of a phrase that are asked for."""
_LEVELS = 5
"""Levels of a tree that are told apart."""
_EVERYTHING: Query = {"match_all": {}}


def fits(queries: Iterable[Query]) -> bool:
    """Return whether OpenSearch takes each of some queries."""
    return all(clauses(query) <= MOST_CLAUSES and depth(query) <= MOST_DEPTH for query in queries)


def clauses(query: Query) -> int:
    """Return how many clauses a query has, as Lucene counts them: each word of a phrase is one.

    >>> clauses({"bool": {"filter": [{"term": {"rough": True}}], "must": {"match_phrase": {"m": "甲 甲乙 _ 丙丁"}}}})
    4
    """
    if inner := list(_inside(query)):
        return sum(map(clauses, inner))
    match query:
        case {"match_phrase": words}:
            (text,) = words.values()
            return sum(word != "_" for word in text.split())
    return 1


def depth(query: Query) -> int:
    """Return how many queries are inside each other.

    >>> depth({"bool": {"filter": [{"term": {"kind": "passage"}}]}})
    2
    """
    return 1 + max(map(depth, _inside(query)), default=0)


def _inside(query: Query) -> Iterator[Query]:
    (told,) = query.values()
    for name in ("filter", "must", "must_not", "should", "query"):
        match told.get(name):
            case list(several):
                yield from several
            case dict(one):
                yield one


@dataclass(frozen=True)
class CoarseNarrowing(Narrowing):
    """See :class:`search.stores.cluster.narrowing.Narrowing`. Nothing is certain, and all that is possible doubtful."""

    def possible(self, tree: Tree) -> Query:
        """See :meth:`Narrowing.possible`."""
        return self._possible(tree, _LEVELS)

    def _possible(self, tree: Tree, levels: int) -> Query:
        match tree:
            case And(children) | Or(children):
                some = [self._possible(each, levels - 1) for each in children if not isinstance(each, Not)]
                # What matches has one of the words in any case.
                return all_of(some) if isinstance(tree, And) and levels > 0 else any_of(some)
            case Phrase() | Approximate() | Expression() | When():
                return self._may_have(tree)
            case InYears(when):
                return self._may_have(when)
            case Near(left, right):
                return self.near[tree] if tree in self.near else any_of(map(self._may_have, _words(left, right)))
            case Field():
                return self.of_field(tree)
            case Nothing():
                return NOTHING
        raise TypeError(f"no such node here: {tree!r}")

    def _may_have(self, words: Words) -> Query:
        """Return the query for where the characters of some words may be, in any spelling and order."""
        if isinstance(words, Expression):
            return within_reach(words.needed)
        if isinstance(words, When):
            return in_years([(words.years[0][0], words.years[-1][1])], self.scope)
        patterns = [required(pattern) for pattern, _ in self._patterns(words)]
        if not all(patterns):
            return _EVERYTHING
        longest = min(max(map(len, patterns), default=0), _ASKED)
        columns = [{pattern[min(at, len(pattern) - 1)] for pattern in patterns} for at in range(longest)]
        return all_of([within_reach(sorted(column)) for column in columns]) if patterns else NOTHING

    def may_lead(self, near: Near) -> Query:
        """See :meth:`Narrowing.may_lead`."""
        return any_of(map(self._may_have, _words(near.left, near.right)))

    def certain(self, tree: Tree) -> Query:
        """See :meth:`Narrowing.certain`."""
        return NOTHING

    def doubtful(self, tree: Tree) -> Query:
        """See :meth:`Narrowing.doubtful`."""
        return _EVERYTHING

    def counted(self, tree: Tree) -> list[Counted]:
        """See :meth:`Narrowing.counted`."""
        return []

    def dates(self, tree: Tree) -> DatesCounted | None:
        """See :meth:`Narrowing.dates`."""
        return None


def _words(*operands: Words | Or) -> Iterator[Words]:
    for operand in operands:
        for words in operand.children if isinstance(operand, Or) else (operand,):
            assert isinstance(words, Words)
            yield words
