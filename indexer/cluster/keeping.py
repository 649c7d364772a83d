"""Keeping an index on a cluster: it is looked at, labelled, read through, mended and taken back.

What a node has lost, or what is damaged on its disk, the cluster itself brings back from another copy. What is checked
here is what the copies hold in common: that every document of a work is there, and that the texts are those of when
they were sent. What is searched, and vectors, have the cluster's own checksums.
"""

from __future__ import annotations

import json
import zlib
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from indexer.cluster.address import ClusterAddress
from indexer.cluster.connection import WRITER, WRITING, Body, Connection
from indexer.cluster.lock import cluster_lock
from indexer.cluster.mapping import PASSAGE
from indexer.cluster.state import ClusterState, WorkFacts, check_format, read_state, write_state
from indexer.errors import IndexFailure
from indexer.progress import Progress, silent
from indexer.store.access import Declared
from indexer.store.checksums import Damage
from indexer.store.generation import Generation, utc_seconds

_ASKED = 200
"""Documents that are read at once: parts of texts are some thousands of bytes each."""
_COUNTED = 1000
"""Works whose passages are counted at once."""


@dataclass(frozen=True, slots=True)
class ClusterVerdict:
    """A verdict on an index all of whose texts were read: the works of the generations, and what is damaged by work."""

    generation: int
    documents: int
    bytes: int
    damages: Mapping[str, tuple[Damage, ...]]


def published(address: ClusterAddress) -> ClusterState | None:
    """Return the state of an index in which a generation is published; None where there is none.

    Raises:
        IndexFailure: the cluster can't be asked, or an index of this name is not one that this program reads.
    """
    connection = Connection(address)
    if check_format(connection) is None:
        return None
    state = read_state(connection)
    return state if state.generation else None


def relabel(address: ClusterAddress, change: Callable[[Generation, Mapping[str, str]], Declared]) -> None:
    """Publish the published generation again with another declaration of who may read its works.

    ``change`` gets the generation and the collection of each work.

    Raises:
        IndexFailure: there is no index, or another process builds it.
    """
    with _held(address) as (connection, state):
        generation = _generation(state)
        declared = change(generation, homes(state))
        if declared == generation.access:
            return
        labelled = replace(generation, access=declared.only(generation.live_works()))
        previous = state.previous.closed_as(labelled) if state.previous else None
        write_state(connection, replace(state, generation=labelled, previous=previous))


def homes(state: ClusterState) -> dict[str, str]:
    """Return the collection of each work that is published."""
    return {work: facts.collection for work, facts in state.facts.items()}


def verify(address: ClusterAddress, on_progress: Progress = silent) -> ClusterVerdict:
    """Read every text of the published generation and of the one to go back to, and count their passages.

    Raises:
        IndexFailure: there is no index, or it can't be asked.
    """
    state = published(address)
    if state is None:
        raise _none(address)
    return _read_through(Connection(address, WRITER, lambda: WRITING), state, on_progress)


def mend(address: ClusterAddress, on_progress: Progress = silent) -> tuple[int, Mapping[str, tuple[Damage, ...]]]:
    """Take out the works whose texts are damaged; return the generation then, and what was damaged.

    Raises:
        IndexFailure: there is no index, another process builds it, or every work is damaged.
    """
    with _held(address) as (connection, state):
        generation = _generation(state)
        damages = _read_through(connection, state, on_progress).damages
        lost = set(generation.live_works()) & damages.keys()
        if lost:
            mended = generation.without(lost)
            if not mended.packs:
                raise IndexFailure(f"{address}: every work is damaged; restore a backup with `wenyuan restore`")
            former = state.previous.without(set(damages)) if state.previous else None
            state = _follow(connection, state, mended, state.facts, former if former and former.packs else None)
        return state.number, damages


def go_back(address: ClusterAddress) -> int:
    """Publish the previous generation again, and return its number now; what was closed since stays closed.

    Raises:
        IndexFailure: there is none to go back to, another process builds the index, or works of it are damaged.
    """
    with _held(address) as (connection, state):
        if state.previous is None:
            raise IndexFailure(f"{address}: no generation to go back to")
        works = {entry.works[0]: entry.name for entry in state.previous.packs}
        missing = [work for work in works if work not in state.facts]
        cards = list(_documents(connection, [works[work] for work in missing], ("card",)))
        if not all(cards):
            raise IndexFailure(f"{address}: works of generation {state.previous.number} are missing; restore a backup")
        told = {work: _facts(card) for work, card in zip(missing, cards, strict=True) if card}
        generation = _generation(state)
        back = state.previous.closed_as(generation)
        former = generation.closed_as(back)
        return _follow(connection, state, back, {**state.facts, **told}, former).number


def _follow(
    connection: Connection,
    state: ClusterState,
    generation: Generation,
    facts: Mapping[str, WorkFacts],
    previous: Generation | None,
) -> ClusterState:
    """Publish a generation whose rows are all there as the next one, and ``previous`` as the one to go back to."""
    numbered = replace(generation, number=state.number + 1).after(state.generation, homes(state), utc_seconds())
    live, names = numbered.live_works(), {entry.name for entry in numbered.packs}
    after = state.followed_by(numbered, {work: each for work, each in facts.items() if work in live})
    dead = tuple(stamp for stamp in after.dead if stamp not in names)
    return write_state(connection, replace(after, previous=previous, dead=dead))


def _read_through(connection: Connection, state: ClusterState, on_progress: Progress) -> ClusterVerdict:
    """Read everything that can be read of both generations."""
    names = {
        entry.name: entry.works[0]
        for generation in (state.generation, state.previous)
        if generation
        for entry in generation.packs
    }
    reading = _Reading(connection, on_progress, len(names))
    for first in range(0, len(names), _ASKED):
        stamps = list(names)[first : first + _ASKED]
        for stamp, card in zip(stamps, _documents(connection, stamps, ("card",)), strict=True):
            reading.read(names[stamp], stamp, card)
    reading.count(names)
    return ClusterVerdict(state.number, reading.documents, reading.bytes, reading.damages)


class _Reading:
    """Reads works, and gathers what is wrong."""

    def __init__(self, connection: Connection, on_progress: Progress, works: int) -> None:
        self._connection = connection
        self._on_progress = on_progress
        self._works = works
        self._done = 0
        self._passages: dict[str, int] = {}
        self.documents = self.bytes = 0
        self.damages: dict[str, tuple[Damage, ...]] = {}

    def read(self, work: str, stamp: str, card: Body | None) -> None:
        """Read the texts of one version of a work."""
        self._done += 1
        self._on_progress("verify", self._done, self._works)
        if card is None:
            self._wrong(work, stamp, "missing")
            return
        self.documents += 1
        said = json.loads(card["card"])
        self._passages[stamp] = said["passages"]
        ids = [f"{stamp}.s{number}" for number in range(len(said["titles"]))]
        parts: list[str] = []
        for number, (id, section) in enumerate(zip(ids, self._documents(ids, ("meta", "parts")), strict=True)):
            if section is None:
                self._wrong(work, id, "missing")
            else:
                parts += [f"{stamp}.{number}.{part}" for part in range(section["parts"])]
        for id, part in zip(parts, self._documents(parts, ("blob", "sum")), strict=True):
            if part is None:
                self._wrong(work, id, "missing")
            elif not self._is_whole(part):
                self._wrong(work, id, "its bytes have changed")

    def count(self, names: Mapping[str, str]) -> None:
        """Compare how many passages of each work there are with how many there should be."""
        stamps = list(self._passages)
        for first in range(0, len(stamps), _COUNTED):
            some = stamps[first : first + _COUNTED]
            query = {"bool": {"filter": [{"term": {"kind": PASSAGE}}, {"terms": {"stamp": some}}]}}
            counted = {"by": {"terms": {"field": "stamp", "size": len(some)}}}
            answer = self._connection.search({"size": 0, "query": query, "aggs": counted})
            found = {each["key"]: each["doc_count"] for each in answer["aggregations"]["by"]["buckets"]}
            for stamp in some:
                self.documents += found.get(stamp, 0)
                if found.get(stamp, 0) != self._passages[stamp]:
                    told = f"{found.get(stamp, 0)} passages instead of {self._passages[stamp]}"
                    self._wrong(names[stamp], stamp, told)

    def _is_whole(self, part: Body) -> bool:
        try:
            blob = b64decode(part["blob"], validate=True)
        except ValueError:
            return False
        self.bytes += len(blob)
        return f"{zlib.crc32(blob):08x}" == str(part["sum"])

    def _documents(self, ids: Sequence[str], fields: Sequence[str]) -> Iterator[Body | None]:
        for each in _documents(self._connection, ids, fields):
            self.documents += each is not None
            yield each

    def _wrong(self, work: str, document: str, reason: str) -> None:
        self.damages[work] = (*self.damages.get(work, ()), Damage(Path(work, document), reason))


def _documents(connection: Connection, ids: Sequence[str], fields: Sequence[str]) -> Iterator[Body | None]:
    for first in range(0, len(ids), _ASKED):
        yield from connection.mget(ids[first : first + _ASKED], fields)


def _facts(card: Body) -> WorkFacts:
    said = json.loads(card["card"])
    return WorkFacts(said["collection"], said["passages"], said["windows"])


def _generation(state: ClusterState) -> Generation:
    assert state.generation, "what is held was published"
    return state.generation


@contextmanager
def _held(address: ClusterAddress) -> Iterator[tuple[Connection, ClusterState]]:
    """Hold an index while something else than a build is done to it."""
    if published(address) is None:
        raise _none(address)
    connection = Connection(address, WRITER, lambda: WRITING)
    with cluster_lock(connection) as token:
        yield connection, write_state(connection, replace(read_state(connection), claim=token))


def _none(address: ClusterAddress) -> IndexFailure:
    return IndexFailure(f"{address}: no index there; build one with `wenyuan index PATH --index {address}`")
