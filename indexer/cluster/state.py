"""The state: what is published of an index on a cluster, in one document that is written in one step.

It holds the manifest of the published generation and that of the one before, and the stamps of rows that are in the
index and belong to neither the published generation nor a later one. Whoever holds a generation sees the rows that are
born by then and not dead then. A row never changes, and none is cleared away that a generation from ``oldest`` on has.

Each write is made on condition that nobody else has written since it was read.
"""

from __future__ import annotations

import json
import time
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpora.model import Problem
from indexer.cluster.address import ClusterAddress
from indexer.cluster.connection import Body, Conflict, Connection, Version
from indexer.cluster.mapping import FORMAT, STATE
from indexer.errors import IndexFailure
from indexer.store import generation as manifests
from indexer.store.checksums import Damaged
from indexer.store.generation import Generation

_ASKED = 500
_COPIED = 120.0
_LOOK = 0.1


class WorkFacts(NamedTuple):
    """What the state says of a work, which a build asks of every work: its collection, and its sizes."""

    collection: str
    passages: int
    windows: int


@dataclass(frozen=True, slots=True)
class ClusterState:
    """What is published.

    Attributes:
        version: of the document that says it; None before it is first written.
        generation: the published one; None where nothing was published yet.
        previous: the one before it.
        oldest: the number of the oldest generation that may still be read.
        dead: the stamps of rows that are still there and that the published generation does not have.
        facts: each work of the published generation by id.
        problems: what was wrong in sources of either generation, by digest, where no card of a work tells it.
        published: when, in seconds of UTC.
        claim: a token of who builds or built the last.
    """

    version: Version | None = None
    generation: Generation | None = None
    previous: Generation | None = None
    oldest: int = 0
    dead: tuple[str, ...] = ()
    facts: Mapping[str, WorkFacts] = field(default_factory=dict)
    problems: Mapping[str, Sequence[Problem]] = field(default_factory=dict)
    published: float = 0.0
    claim: str = ""

    @property
    def number(self) -> int:
        """The number of the published generation; 0 where there is none."""
        return self.generation.number if self.generation else 0

    def followed_by(self, following: Generation, facts: Mapping[str, WorkFacts]) -> ClusterState:
        """Return the state in which ``following`` is published.

        What it closes is closed in the one to go back to, too.
        """
        before = self.generation
        sources = following.sources.keys() | (before.sources.keys() if before else set())
        gone = stamps(before) - stamps(following)
        return replace(
            self,
            generation=following,
            previous=before.closed_as(following) if before else None,
            oldest=before.number if before else following.number,
            dead=tuple(sorted({*self.dead, *gone})),
            facts=facts,
            problems={source: found for source, found in self.problems.items() if source in sources},
            published=time.time(),
        )

    def clearable(self) -> tuple[str, ...]:
        """Return the stamps of rows that neither the published generation has nor the one before it."""
        return tuple(sorted({*self.dead} - stamps(self.previous) - stamps(self.generation)))


def stamps(generation: Generation | None) -> set[str]:
    """Return the stamps of a generation's works."""
    return {entry.name for entry in generation.packs} if generation else set()


def check_format(connection: Connection) -> Body | None:
    """Return what an index says of itself; None where there is none.

    Raises:
        IndexFailure: it is not Wenyuan's, or of another format.
    """
    described = connection.described()
    return None if described is None else said_in(described, connection.address)


def said_in(described: Mapping[str, Any], address: ClusterAddress) -> Body:
    """Return what the index of an address says of itself, from its settings and mapping.

    Raises:
        IndexFailure: it is not Wenyuan's, or of another format.
    """
    said: Body | None = described.get("mappings", {}).get("_meta", {}).get("wenyuan")
    if said is None:
        advice = "name another one; it was left as it is"
        raise IndexFailure(f"{address}: an index of this name is there, and it is not Wenyuan's; {advice}")
    if said.get("format") != FORMAT:
        advice = "name another index and build it from the texts with `wenyuan index PATH --index ADDRESS`"
        raise IndexFailure(
            f"{address}: an index of format {said.get('format')}, and this program reads format {FORMAT}; "
            f"{advice}; it was left as it is"
        )
    return said


def read_state(connection: Connection) -> ClusterState:
    """Return what is published.

    Raises:
        NoSuchIndex: there is no index.
        IndexFailure: it can't be read.
    """
    found = connection.get(STATE)
    if found is None:
        return ClusterState()
    said = found.source
    try:
        return ClusterState(
            version=found.version,
            generation=_generation(said["manifest"]),
            previous=_generation(said["previous"]),
            oldest=said["oldest"],
            dead=tuple(said["dead"]),
            facts={work: WorkFacts(*facts) for work, facts in json.loads(said["facts"]).items()},
            problems={source: problems_from(rows) for source, rows in json.loads(said.get("meta", "{}")).items()},
            published=said["published"],
            claim=said["claim"],
        )
    except IndexFailure as failure:
        raise IndexFailure(f"{connection.address}: {failure}") from failure
    except (ValueError, KeyError, TypeError, AttributeError) as failure:
        advice = "restore a backup of it, or build it anew"
        raise Damaged(f"{connection.address}: what is published can't be read ({failure}); {advice}") from failure


def write_state(connection: Connection, state: ClusterState) -> ClusterState:
    """Publish a state in place of the one that it was made from; return it as it stands there.

    Raises:
        Conflict: somebody else has published meanwhile.
    """
    problems = {source: problem_rows(found) for source, found in state.problems.items()}
    said: dict[str, Any] = {
        "kind": STATE,
        "number": state.number,
        "oldest": state.oldest,
        "manifest": _manifest(state.generation),
        "previous": _manifest(state.previous),
        "dead": list(state.dead),
        "facts": json.dumps({work: list(facts) for work, facts in state.facts.items()}, ensure_ascii=False),
        # The mapping has a field for it that the state has no other use for.
        "meta": json.dumps(problems, ensure_ascii=False),
        "published": state.published,
        "claim": state.claim,
    }
    try:
        version = connection.put(STATE, said, state.version, refresh=True)
    except Conflict:
        found = connection.get(STATE)
        if found is None or found.source != said:
            raise Conflict(
                f"{connection.address}: another build has published meanwhile; run the command again"
            ) from None
        version = found.version  # the answer to an earlier try was lost
    return replace(state, version=version)


def read_cards(connection: Connection, names: Sequence[str]) -> list[Body]:
    """Return the cards of the works with these stamps, in their order.

    Raises:
        Damaged: one is missing or can't be read.
    """
    found: list[Body] = []
    for first in range(0, len(names), _ASKED):
        some = names[first : first + _ASKED]
        for stamp, each in zip(some, connection.mget(some, ("card",)), strict=True):
            if each is None:
                raise Damaged(
                    f"{connection.address}: the work of stamp {stamp} is missing; restore a backup of the index"
                )
            found.append(json.loads(each["card"]))
    return found


def problem_rows(problems: Iterable[Problem]) -> list[tuple[str, int, str, bool]]:
    """Return problems as they are written; their files are named from the root of their source."""
    return [(str(each.file), each.line, each.reason, each.is_note) for each in problems]


def problems_from(rows: Iterable[Sequence[Any]]) -> tuple[Problem, ...]:
    """Return the problems of some rows."""
    return tuple(Problem(Path(file), *said) for file, *said in rows)


def settle(connection: Connection) -> None:
    """Wait until every copy of every shard shows what was written.

    Raises:
        IndexFailure: some copy does not catch up.
    """
    connection.refresh()
    ends = time.monotonic() + _COPIED
    while behind := _copies_behind(connection):
        if time.monotonic() > ends:
            raise IndexFailure(
                f"{connection.address}: {behind} copies of shards do not catch up; see the cluster's health"
            )
        time.sleep(_LOOK)


def _copies_behind(connection: Connection) -> int:
    rows: Sequence[Body] = connection.ask(
        "GET", f"/_cat/segment_replication{connection.path()}", told={"format": "json"}
    )
    return sum(int(row["checkpoints_behind"] or 0) > 0 for row in rows)


def _manifest(generation: Generation | None) -> str:
    return manifests.as_json(generation) if generation else ""


def _generation(text: str) -> Generation | None:
    return manifests.from_json(text) if text else None


_COLUMNS = 4


def written_rows(rows: NDArray[np.int64]) -> str:
    """Return the characters of a work by section and year (:attr:`indexer.store.pack.Pack.dated_characters`)."""
    return b64encode(zlib.compress(rows.astype("<i4").tobytes())).decode()


def rows_from(text: str) -> NDArray[np.int64]:
    """Return the rows that :func:`written_rows` wrote."""
    return np.frombuffer(zlib.decompress(b64decode(text)), "<i4").reshape(-1, _COLUMNS).astype(np.int64)
