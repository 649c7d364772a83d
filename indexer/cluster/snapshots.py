"""Snapshots: how a backup keeps an index that is on a cluster, and how it comes back.

The cluster copies the index itself, into a repository that whoever runs it has registered. What is kept with the rest
of a site is a note of it: which snapshot of which repository, and what has to be in it.

A snapshot is taken shard by shard, not at one moment. But rows are there before their generation is published, and
are cleared away after it has gone; so one is whole if the same was published before and after it.

What is restored comes back beside what is there, is checked, and then takes its place in one step: the address's name
becomes an alias of it. What was there is kept aside under a name of its own, and can be searched by that.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import asdict, astuple, dataclass, replace
from typing import NamedTuple
from urllib.parse import quote

from indexer.cluster.address import ClusterAddress
from indexer.cluster.connection import WRITER, Body, Connection
from indexer.cluster.lock import cluster_lock
from indexer.cluster.mapping import LOCK
from indexer.cluster.state import ClusterState, check_format, read_state, write_state
from indexer.errors import IndexFailure
from indexer.progress import Progress, silent
from indexer.store.generation import as_json, utc_seconds

REPOSITORY = "wenyuan"
"""The repository where no other is named."""
_ANSWERING = 60.0
"""Seconds that one step of the cluster may take."""
_PAUSE = 0.5
_STUCK = 60.0
"""Seconds without a byte more, after which a restoration is given up."""
_ATTEMPTS = 3
_KINDS = ("", "", "", 0, 0, "")


@dataclass(frozen=True, slots=True)
class SnapshotNote:
    """A note of a snapshot: where it is, what the index in it is called, and the SHA-256 of what it has published."""

    repository: str
    snapshot: str
    index: str
    generation: int
    works: int
    manifest: str

    @property
    def path(self) -> str:
        """Its path on the cluster."""
        return _path("_snapshot", self.repository, self.snapshot)


class BroughtBack(NamedTuple):
    """The number of a generation that was restored, and the index that keeps what was there; "" for nothing."""

    generation: int
    aside: str


def read_note(data: bytes, name: str, repository: str) -> SnapshotNote:
    """Read the note in a file called ``name``; ``repository``, if given, is where the snapshot is by now.

    Raises:
        IndexFailure: it is none.
    """
    try:
        note = SnapshotNote(**json.loads(data))
        if not all(isinstance(value, type(default)) for value, default in zip(astuple(note), _KINDS, strict=True)):
            raise ValueError("a value is of another kind")
    except (ValueError, TypeError) as failure:
        raise IndexFailure(f"{name}: no note of a snapshot ({failure}); nothing was restored") from None
    return replace(note, repository=repository) if repository else note


def take(address: ClusterAddress, repository: str = "", on_progress: Progress = silent) -> SnapshotNote:
    """Take a snapshot of what is published; serving and building go on.

    Raises:
        IndexFailure: there is no index or no such repository, or builds publish faster than it is copied; no snapshot
            is left behind.
    """
    asked, repository = _asking(address), repository or REPOSITORY
    index = asked.standing()
    if index is None:
        raise IndexFailure(f"{address}: no index there")
    _published(asked)  # what is not ours is not looked at further
    _require_repository(asked, repository)
    for _ in range(_ATTEMPTS):
        state = _published(asked)
        if state is None or state.generation is None:
            raise IndexFailure(f"{address}: no index there")
        number, works = state.number, len(state.generation.live_works())
        name = f"{address.name}-{_now()}-{number}"
        note = SnapshotNote(repository, name, index, number, works, _digest(state))
        try:
            _copy(asked, note, on_progress)
            after = _published(asked)
            if after and _digest(after) == note.manifest and after.oldest == state.oldest:
                return note
        except BaseException:
            _forget(asked, note)
            raise
        _forget(asked, note)
    raise IndexFailure(f"{address}: builds published faster than it could be copied; run it when they are done")


@contextmanager
def staged(
    note: SnapshotNote, address: ClusterAddress, *, over: bool = False, on_progress: Progress = silent
) -> Iterator[Callable[[], BroughtBack]]:
    """Bring a snapshot back beside an index, and give what puts it in its place; nobody else builds meanwhile.

    Raises:
        IndexFailure: there is no such snapshot, it is not what was noted, or an index is there and ``over`` was not
            said; what was published is as it was.
    """
    asked = _asking(address)
    there = asked.standing()
    before = _published(asked) if there else None
    if before and before.generation and not over:
        works = len(before.generation.live_works())
        advice = "say --replace to put the backup in their place; they are kept under another name"
        raise IndexFailure(f"{address}: {works} works are there, in generation {before.number}; {advice}")
    _require_repository(asked, note.repository)
    restored = _asking(replace(address, name=f"{address.name}.restored-{_now()}"))
    settled = False
    with cluster_lock(asked) if there else nullcontext():
        try:
            _bring_back(restored, note, on_progress)
            state = _published(restored)
            if state is None or _digest(state) != note.manifest:
                raise IndexFailure(f"{address}: the snapshot {note.snapshot} is not the one that was noted")

            def settle() -> BroughtBack:
                nonlocal settled
                number = _follow(restored, state, _published(asked) if there else None)
                kept = _take_place(asked, restored.address.name, there)
                settled = True
                return BroughtBack(number, kept)

            yield settle
        finally:
            if not settled:
                restored.drop()


def _published(asked: Connection) -> ClusterState | None:
    """Return what an index has published; None where nothing was yet.

    Raises:
        IndexFailure: it is not Wenyuan's, or of another format.
    """
    if check_format(asked) is None:
        return None
    state = read_state(asked)
    return state if state.generation else None


def _follow(restored: Connection, state: ClusterState, before: ClusterState | None) -> int:
    """Publish what was restored as what follows a state, and return its number; what that closes stays closed.

    What a build was writing when the snapshot was taken is cleared away: it would be seen by the number that this gets.
    And nobody holds it for building.
    """
    assert state.generation
    restored.clear({"range": {"born": {"gt": state.number}}})
    restored.remove(LOCK)
    restored.refresh()
    generation = state.generation
    if before and before.generation:
        homes = {work: facts.collection for work, facts in before.facts.items()}
        numbered = replace(generation, number=max(before.number, state.number) + 1)
        generation = numbered.closed_as(before.generation).after(before.generation, homes, utc_seconds())
    follows = replace(state, generation=generation, previous=None, oldest=generation.number, published=time.time())
    return write_state(restored, follows).number


def _asking(address: ClusterAddress) -> Connection:
    return Connection(address, WRITER, lambda: _ANSWERING)


def _require_repository(asked: Connection, repository: str) -> None:
    found = asked.ask("GET", _path("_snapshot", repository), missing=True)
    if repository not in found:
        advice = "register it as docs/cluster.md says, or name another with --snapshots"
        raise IndexFailure(f"{asked.address}: the cluster has no repository of snapshots called {repository}; {advice}")


def _copy(asked: Connection, note: SnapshotNote, on_progress: Progress) -> None:
    """Take the snapshot, and wait until it is whole."""
    body = {"indices": note.index, "include_global_state": False, "metadata": {"wenyuan": asdict(note)}}
    asked.ask("PUT", note.path, body, {"wait_for_completion": "false"})
    while (held := _held(asked, note))["state"] in ("IN_PROGRESS", "STARTED", "INIT"):
        told = asked.ask("GET", f"{note.path}/_status")["snapshots"][0]["stats"]
        total = told["incremental"]["size_in_bytes"]
        on_progress("snapshot", min(told.get("processed", {}).get("size_in_bytes", 0), total), total)
        time.sleep(_PAUSE)
    if held["state"] != "SUCCESS" or held["shards"]["failed"]:
        reasons = "; ".join(sorted({str(each.get("reason")) for each in held["failures"]})) or held["state"].lower()
        raise IndexFailure(f"{asked.address}: the cluster could not copy all of it ({reasons})")


def _held(asked: Connection, note: SnapshotNote) -> Body:
    """Return what the repository says of a snapshot.

    Raises:
        IndexFailure: it is not there.
    """
    found = asked.ask("GET", note.path, missing=True).get("snapshots")
    if not found:
        raise IndexFailure(f"{asked.address}: no snapshot {note.snapshot} in the repository {note.repository}")
    held: Body = found[0]
    return held


def _forget(asked: Connection, note: SnapshotNote) -> None:
    """Remove a snapshot that is of no use; one that is being taken is stopped."""
    with suppress(IndexFailure):
        asked.ask("DELETE", note.path, missing=True)


def _bring_back(restored: Connection, note: SnapshotNote, on_progress: Progress) -> None:
    """Restore a snapshot under another name, and wait until every shard of it is there."""
    held = _held(restored, note)
    if held["state"] != "SUCCESS" or note.index not in held["indices"]:
        raise IndexFailure(f"{restored.address}: the snapshot {note.snapshot} is not whole, or of another index")
    body = {
        "indices": note.index,
        "include_global_state": False,
        "include_aliases": False,
        "rename_pattern": ".+",
        "rename_replacement": restored.address.name,
    }
    restored.ask("POST", f"{note.path}/_restore", body, {"wait_for_completion": "false"})
    came, at = 0, time.monotonic()
    while restored.ask("GET", _path("_cluster", "health", restored.address.name))["status"] == "red":
        shards = restored.ask("GET", restored.path("_recovery"))[restored.address.name]["shards"]
        sizes = [each["index"]["size"] for each in shards]
        done = sum(each["recovered_in_bytes"] for each in sizes)
        on_progress("restore", done, sum(each["total_in_bytes"] for each in sizes))
        if done > came:
            came, at = done, time.monotonic()
        if time.monotonic() - at > _STUCK:
            raise IndexFailure(f"{restored.address}: the cluster does not go on restoring; its log says why")
        time.sleep(_PAUSE)


def _take_place(asked: Connection, index: str, former: str | None) -> str:
    """Name another index by the address, in one step; return what that named is called now, "" for nothing."""
    name = asked.address.name
    add: Body = {"add": {"index": index, "alias": name}}
    if former != name:
        remove: list[Body] = [{"remove": {"index": former, "alias": name}}] if former else []
        asked.ask("POST", "/_aliases", {"actions": [*remove, add]})
        return former or ""
    # An alias can't be called as an index is. So this one is kept by a copy of it, which shares its files, and goes.
    kept = f"{name}.before-{_now()}"
    asked.ask("PUT", asked.path("_settings"), {"index.blocks.write": True})
    try:
        same = {"settings": {"index.replication.type": "SEGMENT", "index.blocks.write": None}}
        asked.ask("PUT", asked.path("_clone", kept), same, {"wait_for_active_shards": "1"})
        asked.ask("POST", "/_aliases", {"actions": [{"remove_index": {"index": name}}, add]})
    except BaseException:
        asked.ask("PUT", asked.path("_settings"), {"index.blocks.write": None})
        raise
    return kept


def _digest(state: ClusterState) -> str:
    """Return what tells one published state from another."""
    return hashlib.sha256(as_json(state.generation).encode()).hexdigest() if state.generation else ""


def _now() -> str:
    return time.strftime("%Y%m%dt%H%M%Sz", time.gmtime())


def _path(*parts: str) -> str:
    return "/" + "/".join(quote(part, safe="") for part in parts)
