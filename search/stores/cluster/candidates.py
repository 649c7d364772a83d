"""Candidates: the passages of which only their texts can tell whether they satisfy a query, listed by place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, islice

from search import deadline
from search.query import And, Near, Not, Or, Tree
from search.stores.base import ExactQuery
from search.stores.cluster.coarse import CoarseNarrowing, fits
from search.stores.cluster.counting import Counting
from search.stores.cluster.deciding import Decider, refs_of
from search.stores.cluster.narrowing import Narrowing, all_of
from search.stores.cluster.view import NOTHING, ClusterRef, Query, View

AT_ONCE = 10_000
"""The most passages that one search returns."""


def counting_of(view: View, query: ExactQuery, allowed: list[Query]) -> Counting:
    """Return the searches for a query, for which words near each other are found first.

    Raises:
        SearchError: the query costs too much.
    """
    fine = narrowing_of(view, query)
    coarse = CoarseNarrowing(fine.scope, fine.strict, fine.of_field)
    near: dict[Near, Query] = {}
    for tree in (query.tree, query.asked):
        for node in _nears(tree) if tree else ():
            if node not in near:
                some = fine if fits([fine.may_lead(node)]) else coarse
                near[node] = view.of_refs(_near_passages(view, replace(query, tree=node, asked=None), some, allowed))
    counting = Counting(replace(fine, near=near), allowed, query.tree, query.asked)
    if fits([counting.scoring, counting.in_doubt]):
        return counting
    return replace(counting, narrowing=replace(coarse, near=near))


def narrowing_of(view: View, query: ExactQuery) -> Narrowing:
    """Return what puts a query to OpenSearch, before anything is known of words near each other."""
    return Narrowing(query.scope, query.strict, lambda field: view.of_works(view.chosen({}, [field])))


def listed(view: View, query: Query) -> Iterator[ClusterRef]:
    """Yield the passages that satisfy a query of OpenSearch, by place."""
    return chain.from_iterable(batches(view, query, AT_ONCE, AT_ONCE))


def batches(view: View, query: Query, first: int, most: int) -> Iterator[list[ClusterRef]]:
    """Yield the passages that satisfy a query of OpenSearch, by place: ``first`` of them, then four times as many each
    time, up to ``most``.
    """
    size, last = first, None
    while query != NOTHING:
        deadline.check()
        (found,) = view.msearch([view.listing(query, size, last)])
        refs = list(map(ClusterRef.of, found["hits"]["hits"]))
        yield refs
        if len(refs) < size:
            return
        size, last = min(4 * size, most), refs[-1]


def _nears(tree: Tree) -> Iterator[Near]:
    match tree:
        case Near():
            yield tree
        case And(children) | Or(children):
            for child in children:
                yield from _nears(child)
        case Not(child):
            yield from _nears(child)


def _near_passages(view: View, query: ExactQuery, narrowing: Narrowing, allowed: list[Query]) -> set[ClusterRef]:
    """Return the passages in which one of two phrases begins that has the other nearby.

    The index knows what follows a passage: it tells where the first of two may begin. The other is in the text.
    """
    assert isinstance(query.tree, Near)
    decider = Decider(view, query)
    found: set[ClusterRef] = set()
    leading = listed(view, all_of([*allowed, narrowing.may_lead(query.tree)]))
    while some := list(islice(leading, Decider.MOST)):
        texts = decider.texts(some)
        found.update(refs_of(texts, decider.evaluator(texts).evaluate(query.tree).passages))
    return found
