"""Building on a cluster: packs are written into a folder of this machine, and their works are sent.

Each work of a generation is a pack of its own, called by the stamp of its rows. The folder is found again by a build
that goes on where another was interrupted, and is removed when all that was in it is published.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path

from corpora.model import Problem
from indexer.building.plan import model_path, require_same
from indexer.cluster.address import ClusterAddress
from indexer.cluster.connection import WRITER, WRITING, Body, Conflict, Connection
from indexer.cluster.documents import WorkDocuments, stamp_of
from indexer.cluster.lock import cluster_lock, fence
from indexer.cluster.mapping import index_body
from indexer.cluster.merging import merge
from indexer.cluster.scaling import scale_of
from indexer.cluster.sending import send, sent_already
from indexer.cluster.state import (
    ClusterState,
    check_format,
    problems_from,
    read_cards,
    read_state,
    settle,
    write_state,
)
from indexer.embedding import Embedder, load_embedder
from indexer.errors import IndexFailure, no_room
from indexer.progress import Progress
from indexer.store import files
from indexer.store.access import Declared
from indexer.store.generation import Generation, PackEntry, Packs, Settings
from indexer.text import readings

GRACE = 30.0
"""Seconds from when a generation may not be read any more until its rows are cleared away: longer than any answer to a
search takes."""
ENGINE = "opensearch"
"""What the settings of an index on a cluster say of its engine."""
SCRATCH = "WENYUAN_SCRATCH"
"""Names the folder where packs are written that are to be sent."""


@dataclass
class ClusterPlan:
    """See :class:`indexer.building.plan.Plan`. ``alias`` is what may be written through, ``scale`` that of vectors."""

    connection: Connection
    state: ClusterState
    settings: Settings
    embedder: Embedder
    model: Path | None
    packs: Packs
    progress: Progress
    alias: str
    scale: float
    _arriving: dict[str, WorkDocuments] = field(default_factory=dict)
    _problems: dict[str, Sequence[Problem]] = field(default_factory=dict)

    @property
    def before(self) -> Generation | None:
        """See :attr:`indexer.building.plan.Plan.before`."""
        return self.state.generation

    @property
    def number(self) -> int:
        """The number of the generation that is built."""
        return self.state.number + 1

    def homes(self) -> dict[str, str]:
        """See :meth:`indexer.building.plan.Plan.homes`."""
        return {work: facts.collection for work, facts in self.state.facts.items()}

    def problems(self, roots: Mapping[str, Path]) -> Sequence[Problem]:
        """See :meth:`indexer.building.plan.Plan.problems`."""
        if not self.before:
            return []
        names = {work: entry.name for entry in self.before.packs for work in entry.works}
        known = {key: self.before.sources[key] for key in roots if key in self.before.sources}
        works = dict.fromkeys(work for ids in known.values() for work in ids if work in names)
        cards = read_cards(self.connection, [names[work] for work in works])
        found = {**self.state.problems} | {card["source"]: problems_from(card["problems"]) for card in cards}
        return [replace(each, file=roots[key] / each.file) for key in known for each in found.get(key, ())]

    def entered(self, entries: Sequence[PackEntry]) -> Sequence[PackEntry]:
        """See :meth:`indexer.building.plan.Plan.entered`."""
        return self.brought(self.packs, entries)

    def brought(self, packs: Packs, entries: Sequence[PackEntry]) -> Sequence[PackEntry]:
        """Return the entries of a generation for packs from anywhere, whose works are to be sent."""
        number = 1 + max((entry.number for entry in self.before.packs), default=0) if self.before else 1
        found: list[PackEntry] = []
        for entry in entries:
            pack = packs.named(entry.name)
            told = {pack.works[live].source for live in entry.live}
            self._problems |= {
                source: pack.problems(source, Path()) for source in pack.faulty_sources if source not in told
            }
            for live in entry.live:
                work = pack.works[live]
                stamp = stamp_of(self.number, self.settings, work)
                documents = WorkDocuments(pack, live, stamp, self.number, self.embedder, self.scale)
                self._arriving[work.id] = documents
                found.append(PackEntry(number + len(found), stamp, (work.id,), (0,)))
        return found

    def publish(self, following: Generation) -> Generation:
        """See :meth:`indexer.building.plan.Plan.publish`."""
        there = sent_already(self.connection, [each.stamp for each in self._arriving.values()])
        missing = [each for each in self._arriving.values() if each.stamp not in there]
        send(self.connection, self.alias, missing, self.progress)
        settle(self.connection)
        if self._clear_strays():
            settle(self.connection)
        live = following.live_works()
        facts = {work: each for work, each in self.state.facts.items() if work in live}
        facts |= {work: each.facts() for work, each in self._arriving.items() if work in live}
        self.progress("commit", 0, 1)
        known = replace(self.state, problems={**self.state.problems, **self._problems})
        self.state = write_state(self.connection, known.followed_by(following, facts))
        self.progress("commit", 1, 1)
        files.drop(self.packs.index / "packs")
        return following

    def _clear_strays(self) -> int:
        """Clear away what a build has left that was never published, and that this one has no use for.

        Nobody sees it yet, and whoever wrote it can't write any more.
        """
        query = {
            "bool": {
                "filter": [{"range": {"born": {"gt": self.state.number}}}],
                "must_not": [{"terms": {"stamp": [each.stamp for each in self._arriving.values()]}}],
            }
        }
        return self.connection.clear(query) if self.connection.count(query) else 0

    def relabel(self, access: Declared) -> Generation:
        """See :meth:`indexer.building.plan.Plan.relabel`."""
        assert self.before
        labelled = replace(self.before, access=access.only(self.before.live_works()))
        former = self.state.previous
        previous = former.closed_as(labelled) if former else None
        self.state = write_state(self.connection, replace(self.state, generation=labelled, previous=previous))
        return labelled

    def counts(self, generation: Generation) -> tuple[int, int]:
        """See :meth:`indexer.building.plan.Plan.counts`."""
        facts = [self.state.facts[work] for work in generation.live_works()]
        return sum(each.passages for each in facts), sum(each.windows for each in facts)

    def compact(self) -> tuple[Generation, int]:
        """See :meth:`indexer.building.plan.Plan.compact`.

        Rows that nobody may read any more are cleared away, and the cluster merges its segments.
        """
        assert self.before
        before = len(self.state.dead)
        if self.state.clearable():
            time.sleep(max(0.0, self.state.published + GRACE - time.time()))
            self.state = cleared(self.connection, self.state)
        merge(self.connection, self.progress)
        settle(self.connection)
        return self.before, before - len(self.state.dead)


@contextmanager
def cluster_plan(
    address: ClusterAddress, progress: Progress, engine: str | None = None, model: Path | None = None
) -> Iterator[ClusterPlan]:
    """Hold an index on a cluster for building; see :func:`indexer.building.plan.begun`."""
    if engine not in (None, ENGINE):
        raise IndexFailure(f"{address}: the engine of a cluster is {ENGINE}, not {engine}; leave out --engine")
    connection = Connection(address, WRITER, lambda: WRITING)
    said = check_format(Connection(address))  # who is patient later is told at once that nobody is there
    before = read_state(connection).generation if said else None
    place = model or model_path(before)
    embedder = load_embedder(place)
    settings = Settings(engine=ENGINE, model=embedder.name, folding=readings.fingerprint())
    require_same(address, before, settings)
    said = said or _created(connection, embedder)
    with cluster_lock(connection) as token, _scratch(address) as scratch, no_room(scratch):
        state = write_state(connection, replace(read_state(connection), claim=token))
        require_same(address, state.generation, settings)
        if time.time() >= state.published + GRACE:
            state = cleared(connection, state)
        yield ClusterPlan(
            connection,
            state,
            settings,
            embedder,
            place,
            Packs(scratch),
            progress,
            fence(connection, token),
            float(said["scale"]),
        )


def cleared(connection: Connection, state: ClusterState) -> ClusterState:
    """Clear away rows that nobody may read any more, and return the state without their stamps."""
    gone = state.clearable()
    if not gone:
        return state
    connection.clear({"terms": {"stamp": list(gone)}})
    settle(connection)  # on every copy, before who opens the index does not know of them
    return write_state(connection, replace(state, dead=tuple(sorted({*state.dead} - {*gone}))))


def _created(connection: Connection, embedder: Embedder) -> Body:
    """Make the index; return what it says of itself."""
    address = connection.address
    body = index_body(embedder.dimensions, scale_of(embedder), address.shards, address.replicas)
    with suppress(Conflict):  # somebody else made it, or this call whose answer was lost
        connection.create(body)
    said = check_format(connection)
    assert said
    return said


@contextmanager
def _scratch(address: ClusterAddress) -> Iterator[Path]:
    """Yield the folder of this machine for packs that are to be sent to an index; it stays as long as it holds some.

    Raises:
        IndexFailure: it can't be made.
    """
    folder = Path(os.environ.get(SCRATCH) or files.caches()) / sha256(str(address).encode()).hexdigest()[:16]
    try:
        files.make(folder)
    except OSError as failure:
        reason = f"packs can't be written there before they are sent ({failure.strerror})"
        raise IndexFailure(f"{folder}: {reason}; name another folder by {SCRATCH}") from failure
    try:
        yield folder
    finally:
        with suppress(OSError):
            folder.rmdir()
