"""A generation on a cluster as one reader holds it: its works, and the filter that lets through only their passages.

Nothing in it changes; a view that leaves works out is another one over the same rows. Of a work there may be several
versions in the index at once: a reader sees those that its generation has.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

from corpora.catalogue import FIELDS
from indexer.cluster.address import ClusterAddress
from indexer.cluster.connection import Connection
from indexer.store.generation import Generation
from indexer.text.folding import fold
from search import fields
from search.model import WorkCard
from search.query import Field
from search.stores.base import Filters

Query = dict[str, Any]
"""A query of OpenSearch, as its JSON."""

NOTHING: Query = {"match_none": {}}


class ClusterRef(NamedTuple):
    """A passage by its place: the work's id, the section's number, the offset of its first character, and its part."""

    work: str
    section: int
    offset: int
    part: int


@dataclass(frozen=True, slots=True)
class ClusterWork:
    """A work of the generation: its card, the stamp of its rows, the titles of its sections, and what else is known.

    ``data`` is what the document of the work says (:mod:`indexer.cluster.documents`).
    """

    card: WorkCard
    stamp: str
    titles: tuple[str, ...]
    data: Mapping[str, Any]


@dataclass(frozen=True)
class View:
    """One generation, or what may be seen of it.

    ``dead`` are the stamps of rows that are in the index and not in the generation. ``works`` are those that may be
    seen, by id in its order; ``hidden`` the others.
    """

    address: ClusterAddress
    connection: Connection
    generation: Generation
    dead: tuple[str, ...]
    works: Mapping[str, ClusterWork]
    hidden: frozenset[str] = frozenset()

    def without(self, works: frozenset[str]) -> View:
        """Return the view as if it never had these works."""
        hidden = works.intersection(self.works)
        generation = replace(self.generation.without(set(hidden)), tombstones={})
        kept = {work: each for work, each in self.works.items() if work not in hidden}
        return replace(self, generation=generation, works=kept, hidden=self.hidden | hidden)

    @cached_property
    def cards(self) -> tuple[WorkCard, ...]:
        """The cards of all works, by id."""
        return tuple(work.card for work in self.works.values())

    def chosen(self, filters: Filters, wanted: Iterable[Field] = ()) -> frozenset[str] | None:
        """Return the works that pass the filters and satisfy every field; None for all of them."""
        conditions = list(wanted)
        if not any(filters.values()) and not conditions:
            return None
        return frozenset(
            card.id
            for card in self.cards
            if fields.accepts(card, filters) and all(satisfies(card, field) for field in conditions)
        )

    def passages(self, works: frozenset[str] | None = None) -> list[Query]:
        """Return the clauses that let through just the passages of the view, or of these works of it.

        They are for the ``filter`` of a ``bool`` query, and of an approximate search by vectors.
        """
        clauses: list[Query] = [
            {"term": {"kind": "passage"}},
            {"range": {"born": {"lte": self.generation.number}}},
        ]
        if self.dead:
            clauses.append(_none_of("stamp", self.dead))
        if works is not None or self.hidden:
            clauses.append(self.of_works(works))
        return clauses

    def of_works(self, works: frozenset[str] | None) -> Query:
        """Return a query for the passages of some works, None for all that may be seen, by the shorter list."""
        seen = self.works.keys() if works is None else works
        rest = (self.works.keys() | self.hidden) - seen
        return {"terms": {"work": sorted(seen)}} if len(seen) <= len(rest) else _none_of("work", sorted(rest))


def satisfies(card: WorkCard, field: Field) -> bool:
    """Return whether the record of a work satisfies a field of a query."""
    wanted = fold(field.value)
    return any(wanted in fold(text) for text in FIELDS[field.name].searched(card))


def _none_of(name: str, values: Sequence[str]) -> Query:
    return {"bool": {"must_not": [{"terms": {name: list(values)}}]}}
