"""Carrying an index from a folder to a cluster and back, or from one cluster to another.

What arrives is the same: works and their records, sections, who may read them, the sources and places they come from,
when they changed, and what has left. What is made from it, such as packs, vectors and generation numbers, is made anew.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from corpora.model import Work
from indexer.building.plan import Plan, begun, model_path, require_same
from indexer.cluster.address import ClusterAddress, IndexAddress
from indexer.cluster.building import ClusterPlan
from indexer.cluster.connection import WRITER, WRITING, Body, Connection
from indexer.cluster.lock import cluster_lock
from indexer.cluster.reading import read_work
from indexer.cluster.state import check_format, problems_from, read_cards, read_state
from indexer.errors import IndexFailure
from indexer.progress import Progress, silent
from indexer.store.generation import FORMAT, Generation, PackEntry, Packs, as_json, open_packs, pack_folder, published
from indexer.store.lock import builder_lock
from indexer.store.writer import PackWriter

_PACK = 8 << 20
"""Characters of a pack that is written, at most, but for one work alone."""
_ASKED = 500


@dataclass(frozen=True, slots=True)
class Carried:
    """A report of what was carried, and the number of the generation that it is now."""

    works: int
    generation: int


def carry(source: IndexAddress, target: IndexAddress, *, on_progress: Progress = silent) -> Carried:
    """Carry what ``source`` has published to ``target``, where nothing may be published yet.

    If it is interrupted, the same call goes on; nothing is published before all is there. Nobody else builds either
    index meanwhile.

    Raises:
        IndexFailure: there is nothing to carry, something stands where it is to go, or it can't be written there.
    """
    if isinstance(source, Path) and isinstance(target, Path):
        raise IndexFailure(f"{source} and {target} are folders: copy the one to the other, as docs/operations.md says")
    with _held(source) as generation, begun(target, on_progress, model=model_path(generation)) as made:
        if made.before:
            works = len(made.before.live_works())
            raise IndexFailure(f"{target}: {works} works are there; name an index that is not there yet")
        require_same(source, generation, replace(made.settings, engine=generation.settings.engine))
        if isinstance(source, Path):
            assert isinstance(made, ClusterPlan)
            entries = made.brought(Packs(source), generation.packs)
        else:
            entries = made.entered(_write_packs(source, generation, made))
        following = made.publish(replace(generation, number=1, settings=made.settings, packs=tuple(entries)))
        return Carried(len(following.live_works()), following.number)


def contents(index: IndexAddress, on_progress: Progress = silent) -> dict[str, str]:
    """Return a digest of each work that an index has published, by id, and by "" of what it says of them together.

    Two indexes of which it is the same are equal, whatever they stand on.

    Raises:
        IndexFailure: there is no index, or something of it is damaged.
    """
    generation = _published(index)
    said = json.loads(as_json(generation))
    kept = {name: said.get(name) for name in ("access", "sources", "places", "changed", "tombstones")}
    found = {"": _digest(json.dumps(kept, sort_keys=True))}
    total = len(generation.live_works())
    for home, source, work in _works(index, generation):
        found[work.id] = _digest(repr((home, source, work)))
        on_progress("read", len(found) - 1, total)
    return found


def _works(index: IndexAddress, generation: Generation) -> Iterator[tuple[str, str, Work]]:
    """Yield each work with its collection and the digest of its source."""
    if isinstance(index, Path):
        for entry, pack in zip(generation.packs, open_packs(index, generation.packs).values(), strict=True):
            for number in entry.live:
                yield pack.works[number].collection, pack.works[number].source, pack.work(number)
        return
    connection = Connection(index, WRITER, lambda: WRITING)
    for stamp, card in _cards(connection, generation):
        yield card["collection"], card["source"], read_work(connection, stamp, card)


def _cards(connection: Connection, generation: Generation) -> Iterator[tuple[str, Body]]:
    stamps = [entry.name for entry in generation.packs]
    for first in range(0, len(stamps), _ASKED):
        some = stamps[first : first + _ASKED]
        yield from zip(some, read_cards(connection, some), strict=True)


def _write_packs(source: ClusterAddress, generation: Generation, made: Plan) -> list[PackEntry]:
    """Write packs of a cluster's works, unless they are there already, and return their entries."""
    connection = Connection(source, WRITER, lambda: WRITING)
    total, done = len(generation.packs), 0
    entries: list[PackEntry] = []
    for group in _groups(_cards(connection, generation)):
        made_of = (FORMAT, made.settings.model, made.settings.folding, *(stamp for stamp, _ in group))
        folder = pack_folder(made.packs.index, _digest(repr(made_of))[:24])
        if not made.packs.holds(folder.name):
            writer = PackWriter()
            for stamp, card in group:
                writer.add(read_work(connection, stamp, card), card["collection"], card["source"])
            # What no work tells goes into the first pack.
            problems = {} if entries else {**read_state(connection).problems}
            problems |= {card["source"]: problems_from(card["problems"]) for _, card in group}
            writer.write(folder, problems, made.embedder, made.progress)
        works = tuple(card["id"] for _, card in group)
        entries.append(PackEntry(len(entries) + 1, folder.name, works, tuple(range(len(works)))))
        done += len(group)
        made.progress("read", done, total)
    return entries


def _groups(cards: Iterator[tuple[str, Body]]) -> Iterator[list[tuple[str, Body]]]:
    """Yield works by the pack that they go into."""
    group: list[tuple[str, Body]] = []
    size = 0
    for stamp, card in cards:
        if group and size + card["size"] > _PACK:
            yield group
            group, size = [], 0
        group.append((stamp, card))
        size += card["size"]
    if group:
        yield group


@contextmanager
def _held(index: IndexAddress) -> Iterator[Generation]:
    """Hold an index, so that nothing of what it has published is cleared away.

    Raises:
        IndexFailure: there is none, or it is being built.
    """
    _published(index)  # a folder's lock would make the folder
    held = builder_lock(index) if isinstance(index, Path) else cluster_lock(Connection(index, WRITER, lambda: WRITING))
    with held:
        yield _published(index)


def _published(index: IndexAddress) -> Generation:
    """Return what an index has published.

    Raises:
        IndexFailure: there is none.
    """
    if isinstance(index, Path):
        generation = published(index)
    else:
        connection = Connection(index)
        generation = read_state(connection).generation if check_format(connection) else None
    if generation is None:
        raise IndexFailure(f"{index}: no index there; build one with `wenyuan index PATH --index {index}`")
    return generation


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
