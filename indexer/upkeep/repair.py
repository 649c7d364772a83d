"""Verifying an index, and repairing it where it is damaged.

What was derived can be made again: the inverted index comes from the packs. A pack is what the works themselves are
in; where one is lost, its works leave the index, and have to be indexed again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from indexer.building.engine import publish, write_engine
from indexer.cluster.address import ClusterAddress, IndexAddress
from indexer.engines import indexes
from indexer.engines.base import EngineIndexes
from indexer.errors import IndexFailure, no_room
from indexer.progress import Progress, silent
from indexer.store import checksums
from indexer.store.checksums import Damage, Damaged
from indexer.store.files import drop
from indexer.store.generation import (
    MANIFEST,
    PREVIOUS,
    Generation,
    Packs,
    pack_folder,
    pack_folders,
    previous,
    published,
    utc_seconds,
)
from indexer.store.lock import builder_lock


@dataclass(frozen=True, slots=True)
class Verdict:
    """A verdict on an index whose files were all read, or documents. ``bytes`` were read, in ``files`` of them."""

    generation: int | None
    files: int
    bytes: int
    damages: tuple[Damage, ...]


@dataclass(frozen=True, slots=True)
class Repair:
    """A report of a repair. ``generation`` is the one published now; ``lost`` are works to be indexed again, by id."""

    generation: int
    damages: tuple[Damage, ...]
    engine: bool
    lost: tuple[str, ...]
    back: bool


def verify(index: IndexAddress, on_progress: Progress = silent) -> Verdict:
    """Read every file of the published generation and of the one to go back to; on a cluster every text of them.

    Raises:
        IndexFailure: there is no index.
    """
    if isinstance(index, ClusterAddress):
        from indexer.cluster import keeping  # most indexes are folders

        read = keeping.verify(index, on_progress)
        return Verdict(read.generation, read.documents, read.bytes, tuple(chain(*read.damages.values())))
    current, former, damages = _manifests(index)
    if current is None and former is None and not damages:
        raise IndexFailure(f"{index}: no index there; build one with `wenyuan index PATH --index {index}`")
    states = [state for state in (current, former) if state]
    holdings = _Holdings.of(index, states)
    damages += holdings.read_through(on_progress).all
    return Verdict(current.number if current else None, holdings.files, holdings.bytes, tuple(damages))


def repair(index: IndexAddress, *, go_back: bool = False, on_progress: Progress = silent) -> Repair:
    """Repair what can be repaired and publish it; with ``go_back`` the previous generation is published instead.

    Where the manifest itself is lost, the previous generation is what there is to mend.

    Raises:
        IndexFailure: nothing can be mended, or nothing is there to go back to; nothing was done.
    """
    if isinstance(index, ClusterAddress):
        return _repair_on_cluster(index, go_back, on_progress)
    with builder_lock(index), no_room(index):
        current, former, damages = _manifests(index)
        state, other = (former, current) if go_back or current is None else (current, former)
        if state is None:
            raise IndexFailure(f"{index}: no generation {'to go back to' if go_back else 'can be read'}; {_ANEW}")
        states = [each for each in (state, other) if each]
        broken = _Holdings.of(index, states).read_through(on_progress)
        damages += broken.all
        if not damages and not go_back:
            return Repair(state.number, (), engine=False, lost=(), back=False)

        if go_back and (hurt := broken.of(index, state)):
            raise IndexFailure(f"{index}: generation {state.number} is damaged, too ({min(hurt)}); {_ANEW}")
        back, replaced, packs = state is former, current or state, Packs(index)
        if go_back:
            state = state.closed_as(other)
        if other and broken.of(index, other):
            other = None
        gone = {pack.name for pack in state.packs if pack_folder(index, pack.name) in broken.packs}
        lost, former_lost = _lost(index, state, broken.packs), _lost(index, replaced, broken.packs)
        homes = packs.homes(replaced.without(former_lost))
        numbered = replace(state.without(lost), number=1 + max(each.number for each in states))
        mended = numbered.after(replaced, homes, utc_seconds())
        if not mended.packs:
            raise IndexFailure(f"{index}: every pack is damaged; {_ANEW}")
        anew = state.number in broken.engines
        write_engine(packs, None if anew else state, mended, on_progress)
        for folder in broken.packs.intersection(pack_folder(index, name) for name in gone):
            drop(folder)  # a build would take it for done
        publish(index, mended, other)
    return Repair(mended.number, tuple(damages), anew, tuple(sorted(lost)), back=back)


def _repair_on_cluster(address: ClusterAddress, go_back: bool, on_progress: Progress) -> Repair:
    """Repair an index on a cluster, which makes by itself what is derived, and damaged copies from whole ones."""
    from indexer.cluster import keeping  # most indexes are folders

    if go_back:
        return Repair(keeping.go_back(address), (), engine=False, lost=(), back=True)
    number, damages = keeping.mend(address, on_progress)
    return Repair(number, tuple(chain(*damages.values())), engine=False, lost=tuple(sorted(damages)), back=False)


_ANEW = "restore a backup with `wenyuan restore`, or build the index anew in another folder"


def _lost(index: Path, state: Generation, broken: frozenset[Path]) -> set[str]:
    """Return the works of a generation whose packs are broken."""
    packs = (pack for pack in state.packs if pack_folder(index, pack.name) in broken)
    return {pack.works[work] for pack in packs for work in pack.live}


def _manifests(index: Path) -> tuple[Generation | None, Generation | None, list[Damage]]:
    """Return the published generation and the one before it, as far as they can be read, and their damages."""
    current, damages = None, []
    try:
        current = published(index)
    except Damaged:
        damages.append(Damage(index / MANIFEST, "unreadable"))
    former = previous(index)
    if former is None and (index / PREVIOUS).exists():
        damages.append(Damage(index / PREVIOUS, "unreadable"))
    if current is None and not damages and former:
        damages.append(Damage(index / MANIFEST, "missing"))
    return current, former, damages


@dataclass(frozen=True, slots=True)
class _Broken:
    """The damage found by a reading of all files: folders of broken packs, numbers of broken engines."""

    all: tuple[Damage, ...]
    packs: frozenset[Path]
    engines: Mapping[int, Path]

    def of(self, index: Path, state: Generation) -> set[Path]:
        """Return where a generation is broken."""
        engine = {self.engines[state.number]} if state.number in self.engines else set()
        return {*self.packs.intersection(pack_folders(index, state)), *engine}


@dataclass(frozen=True, slots=True)
class _Holdings:
    """The folders of packs of some generations, and their inverted indexes by number."""

    packs: tuple[Path, ...]
    engines: Mapping[int, EngineIndexes]

    @classmethod
    def of(cls, index: Path, states: Sequence[Generation]) -> _Holdings:
        """Return those of an index."""
        packs = dict.fromkeys(folder for state in states for folder in pack_folders(index, state))
        return cls(tuple(packs), {state.number: indexes(index, state.settings.engine) for state in states})

    @property
    def files(self) -> int:
        """How many files there are."""
        return sum(map(checksums.count, self.packs)) + sum(
            engine.parts(number) for number, engine in self.engines.items()
        )

    @property
    def bytes(self) -> int:
        """How many bytes are to be read."""
        engines = sum(engine.size(number) for number, engine in self.engines.items())
        return sum(map(checksums.size, self.packs)) + engines

    def read_through(self, on_progress: Progress) -> _Broken:
        """Read all of it."""
        total, done = self.bytes, 0

        def read(count: int) -> None:
            nonlocal done
            done += count
            on_progress("verify", done, total)

        packs = [damage for folder in self.packs for damage in checksums.damages(folder, read)]
        engines = {number: list(engine.verify(number, read)) for number, engine in self.engines.items()}
        hurt = {number: damages[0].path.parent for number, damages in engines.items() if damages}
        every = (*packs, *(damage for damages in engines.values() for damage in damages))
        return _Broken(every, frozenset(damage.path.parent for damage in packs), hurt)
