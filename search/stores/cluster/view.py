"""A generation on a cluster as one reader holds it: its works, and the filter that lets through only their passages.

Nothing in it changes; a view that leaves works out is another one over the same rows. Of a work there may be several
versions in the index at once: a reader sees those that its generation has.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

from corpora.catalogue import FIELDS
from indexer.cluster.address import ClusterAddress
from indexer.cluster.connection import Connection
from indexer.cluster.mapping import STATE, shards_of
from indexer.cluster.parts import Part, PartKey, decode
from indexer.cluster.state import said_in
from indexer.errors import IndexFailure, Superseded
from indexer.store.generation import Generation
from indexer.text.folding import fold
from search import fields
from search.model import WorkCard
from search.query import Field
from search.stores.base import Filters
from search.stores.cluster.parts import PartCache

Query = dict[str, Any]
"""A query of OpenSearch, as its JSON."""

NOTHING: Query = {"match_none": {}}
PLACED = ("work", "place", "part", "weight")
"""The values of a passage of which its ref is made."""
BY_PLACE: tuple[Query, ...] = ({"work": "asc"}, {"place": "asc"})
"""How passages are sorted by place."""

_PLACE_BITS = 32
_OFFSET = (1 << _PLACE_BITS) - 1
_STATE: Query = {"size": 1, "query": {"ids": {"values": [STATE]}}, "_source": ["oldest"]}
"""A search for what is published, which goes with each other one."""


class ClusterRef(NamedTuple):
    """A passage by its place: the work's id, the section's number, the offset of its first character.

    ``part`` is the part of the section that holds it, ``row`` its number in the work, ``weight`` what it counts in a
    ranking.
    """

    work: str
    section: int
    offset: int
    part: int
    row: int
    weight: float

    @classmethod
    def of(cls, hit: Mapping[str, Any]) -> ClusterRef:
        """Return the passage of a hit of a search for :data:`PLACED`."""
        fields = hit["fields"]
        place = fields["place"][0]
        row = int(hit["_id"].rpartition(".")[2])
        return cls(
            fields["work"][0], place >> _PLACE_BITS, place & _OFFSET, fields["part"][0], row, fields["weight"][0]
        )

    @property
    def place(self) -> int:
        """The place as the index has it, which sorts within a work."""
        return self.section << _PLACE_BITS | self.offset


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
    parts: PartCache
    hidden: frozenset[str] = frozenset()

    def without(self, works: frozenset[str]) -> View:
        """Return the view as if it never had these works."""
        hidden = works.intersection(self.works)
        generation = replace(self.generation.without(set(hidden)), tombstones={})
        kept = {work: each for work, each in self.works.items() if work not in hidden}
        return replace(self, generation=generation, works=kept, hidden=self.hidden | hidden)

    @property
    def is_whole(self) -> bool:
        """Whether it lets through all that is in the index, but for what is just being written."""
        return not self.dead and not self.hidden

    def has(self, hit: Mapping[str, Any]) -> bool:
        """Return whether a hit of a search for :data:`PLACED` is a passage of the view."""
        work = self.works.get(hit["fields"]["work"][0])
        return work is not None and work.stamp == hit["_id"].rpartition(".")[0]

    @cached_property
    def scale(self) -> float:
        """What a component of a unit vector is multiplied by in the index.

        Raises:
            IndexFailure: the index is gone, or another.
        """
        return float(said_in(self._described, self.connection.address)["scale"])

    @cached_property
    def shards(self) -> int:
        """Among how many shards the passages lie, each by chance in one of them.

        Raises:
            IndexFailure: the index is gone.
        """
        return shards_of(self._described)

    @cached_property
    def _described(self) -> Mapping[str, Any]:
        """The settings and the mapping of the index."""
        if (described := self.connection.described()) is None:
            raise self.gone()
        return described

    @cached_property
    def size(self) -> int:
        """The number of passages."""
        return sum(int(work.data["passages"]) for work in self.works.values())

    @cached_property
    def standing(self) -> dict[str, bool]:
        """Whether a word stands anywhere, of those that were asked for."""
        return {}

    @cached_property
    def spellings(self) -> dict[tuple[str, str], str]:
        """How works in a language spell a word, of those that were asked for."""
        return {}

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

    def of_refs(self, refs: Iterable[ClusterRef]) -> Query:
        """Return a query for just these passages."""
        ids = [f"{self.works[ref.work].stamp}.{ref.row}" for ref in refs]
        return {"ids": {"values": ids}} if ids else NOTHING

    def listing(self, query: Query, size: int, after: ClusterRef | None = None) -> Query:
        """Return a search for the passages that satisfy a query, by place, after one that is known."""
        body: Query = {
            "size": size,
            "track_total_hits": False,
            "_source": False,
            "docvalue_fields": list(PLACED),
            "sort": list(BY_PLACE),
            "query": {"bool": {"filter": [query]}},
        }
        return body if after is None else body | {"search_after": [after.work, after.place]}

    def msearch(self, bodies: Sequence[Query]) -> list[dict[str, Any]]:
        """Return the answers to some searches, in one round trip.

        Raises:
            Unavailable: there is none.
            IndexFailure: the generation is gone.
        """
        if not bodies:
            return []
        *answers, state = self.connection.msearch(bodies, {STATE: _STATE})
        published = state["hits"]["hits"]
        if not published or published[0]["_source"]["oldest"] > self.generation.number:
            raise self.gone()
        return answers

    def fetch(self, parts: Iterable[PartKey]) -> dict[PartKey, Part | None]:
        """Return parts of texts; None for one that there is not.

        Raises:
            Unavailable: the cluster can't be asked now.
        """
        return self.parts.fetch(parts, self._read)

    def _read(self, parts: Sequence[PartKey]) -> list[Part | None]:
        ids = [f"{self.works[each.work].stamp}.{each.section}.{each.part}" for each in parts]
        found = self.connection.mget(ids, ("blob",))
        return [None if each is None else self._decoded(key, each) for key, each in zip(parts, found, strict=True)]

    def _decoded(self, key: PartKey, document: Mapping[str, Any]) -> Part:
        try:
            part = decode(b64decode(document["blob"], validate=True))
            if part.key != key:
                raise ValueError(f"it is {part.key}")
        except (KeyError, TypeError, ValueError) as failure:
            raise self._unreadable(key, f"damaged ({failure})") from failure
        return part

    def lost(self, part: PartKey) -> IndexFailure:
        """Return the failure that says why there is not a part that there has to be."""
        state = self.connection.get(STATE)
        if state is None or state.source["oldest"] > self.generation.number:
            return self.gone()
        return self._unreadable(part, "missing")

    def _unreadable(self, part: PartKey, how: str) -> IndexFailure:
        advice = f"`wenyuan verify --index {self.address}` says what else is"
        return IndexFailure(f"{self.address}: part {part.part} of {part.work}/{part.section} is {how}; {advice}")

    def gone(self) -> Superseded:
        """Return the failure that says that the generation is no longer there."""
        return Superseded(f"{self.address}: generation {self.generation.number} is gone; open the index again")

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
