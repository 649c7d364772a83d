"""Generations: an index is a sequence of immutable states behind one manifest that is swapped atomically.

    index/
      manifest.json          the published generation
      previous.json          the one before it, to go back to
      packs/<digest>/        text, streams and vectors of some works, see indexer.store.pack
      engines/<generation>/  the inverted index of one generation; its files are shared by hard links
      lock                   held by the one builder

Each folder lists its files' checksums, see indexer.store.checksums, and each manifest has one of its own.
A reader opens the manifest once and keeps what it names; a builder never changes a published file.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from corpora.model import Access
from indexer.errors import IndexFailure
from indexer.store import checksums, files
from indexer.store.access import Declared, Tombstone, declared_from, effective
from indexer.store.checksums import Damaged
from indexer.store.pack import Pack

FORMAT = 5
MANIFEST = "manifest.json"
PREVIOUS = "previous.json"


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings that an index was made with; two builds with other settings can't share an index."""

    engine: str
    model: str
    folding: str


@dataclass(frozen=True, slots=True)
class PackEntry:
    """A pack in a generation; ``live`` are the numbers of its works that count.

    ``number`` is the pack's for as long as it is there, and then that of the pack that it was merged into.
    """

    number: int
    name: str
    works: tuple[str, ...]
    live: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Generation:
    """One published state.

    Attributes:
        sources: the ids of the works that each source gave, by the source's digest.
        access: who may read what; what it does not say is undeclared.
        places: the file or folder that each work with a source to itself was read from on this machine, by id.
        changed: when each live work was last added or replaced, in seconds of UTC, by id.
        tombstones: the works that have left the index and not come back, by id. Who may learn of one is for
            :func:`indexer.store.access.may_learn` to say.
    """

    number: int
    settings: Settings
    packs: tuple[PackEntry, ...] = ()
    sources: dict[str, tuple[str, ...]] = field(default_factory=dict)
    access: Declared = field(default_factory=Declared)
    places: dict[str, str] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)
    tombstones: dict[str, Tombstone] = field(default_factory=dict)

    def live_works(self) -> dict[str, tuple[int, int]]:
        """Return every live work's id with the number of its pack and its number in it."""
        return {pack.works[work]: (pack.number, work) for pack in self.packs for work in pack.live}

    def without(self, works: set[str]) -> Generation:
        """Return the generation with these works dead, and packs that hold no live work left out."""
        packs = tuple(
            replace(pack, live=tuple(work for work in pack.live if pack.works[work] not in works))
            for pack in self.packs
        )
        sources = {digest: ids for digest, ids in self.sources.items() if not works.intersection(ids)}
        places = {work: place for work, place in self.places.items() if work not in works}
        changed = {work: when for work, when in self.changed.items() if work not in works}
        kept = tuple(pack for pack in packs if pack.live)
        return replace(self, packs=kept, sources=sources, places=places, changed=changed)

    def after(self, before: Generation | None, homes: Mapping[str, str], now: int) -> Generation:
        """Return the generation with tombstones of the works that ``before`` had and this one has not.

        Args:
            before: the generation that this one takes the place of.
            homes: the collections of the works of ``before``, as far as they are known.
            now: seconds of UTC.
        """
        if before is None:
            return self
        live, stones = self.live_works(), {**self.tombstones, **before.tombstones}
        for work in before.live_works().keys() - live:
            home = homes.get(work, "")
            access = effective(before.access.of(home, work), self.access.of(home, work))
            stones[work] = Tombstone(home, now, access)
        return replace(self, tombstones={work: stone for work, stone in stones.items() if work not in live})

    def closed_as(self, other: Generation | None) -> Generation:
        """Return the generation with what another one closes closed here, too."""
        access = self.access.tightened(other.access) if other else self.access
        return replace(self, access=access.only(self.live_works()))


def work_key(pack: int, work: int) -> str:
    """Return what an engine calls a work."""
    return f"{pack}-{work}"


def pack_folder(index: Path, name: str) -> Path:
    """Return the folder of a pack."""
    return index / "packs" / name


def open_packs(index: Path, entries: Iterable[PackEntry]) -> dict[int, Pack]:
    """Return the packs of these entries by their numbers, in the entries' order, opened for reading."""
    return Packs(index).of(entries)


class Packs:
    """Packs of an index, each opened when it is first asked for and only once: to open one maps some 25 files."""

    def __init__(self, index: Path) -> None:
        self.index = index
        self._opened: dict[str, Pack] = {}

    def named(self, name: str) -> Pack:
        """Return the pack in the folder of this name."""
        if name not in self._opened:
            self._opened[name] = Pack(pack_folder(self.index, name))
        return self._opened[name]

    def holds(self, name: str) -> bool:
        """Return whether a pack is there already, as an interrupted build leaves it; one that is damaged is dropped."""
        folder = pack_folder(self.index, name)
        if folder.is_dir() and not checksums.is_whole(folder):
            files.drop(folder)
            self._opened.pop(name, None)
        return folder.is_dir()

    def of(self, entries: Iterable[PackEntry]) -> dict[int, Pack]:
        """Return the packs of these entries by their numbers, in the entries' order."""
        return {entry.number: self.named(entry.name) for entry in entries}

    def homes(self, generation: Generation) -> dict[str, str]:
        """Return the collection of each live work of a generation."""
        packs, live = self.of(generation.packs), generation.live_works()
        return {work: packs[number].works[place].collection for work, (number, place) in live.items()}


def utc_seconds() -> int:
    """Return the time in seconds of UTC since 1970."""
    return int(time.time())


def pack_folders(index: Path, generation: Generation) -> tuple[Path, ...]:
    """Return the folders of a generation's packs."""
    return tuple(pack_folder(index, pack.name) for pack in generation.packs)


def published(index: Path) -> Generation | None:
    """Return the published generation, or None where nothing was published yet.

    Raises:
        IndexFailure: the manifest can't be read.
    """
    return _read(index, MANIFEST)


def previous(index: Path) -> Generation | None:
    """Return the generation to go back to, or None where there is none that can be read."""
    try:
        return _read(index, PREVIOUS)
    except IndexFailure:
        return None


def require_sizes(index: Path, generation: Generation) -> None:
    """Check that every file of a generation's packs is there with its recorded size; their bytes are not read.

    Raises:
        Damaged: one is not.
    """
    for folder in pack_folders(index, generation):
        checksums.require_sizes(folder)


def damaged(index: Path, failure: Exception) -> Damaged:
    """Return the failure that says that an index is damaged, and what to do about it."""
    before = previous(index)
    back = f", or goes back to generation {before.number} with --previous" if before else ""
    return Damaged(f"{index}: damaged ({failure}); `wenyuan repair --index {index}` mends what can be mended{back}")


def _read(index: Path, name: str) -> Generation | None:
    path = index / name
    try:
        return from_json(path.read_text("utf-8"))
    except FileNotFoundError:
        return None
    except IndexFailure as failure:
        raise IndexFailure(f"{path}: {failure}") from failure
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as failure:
        unreadable = Damaged(f"{path}: unreadable, {failure}")
        raise (damaged(index, unreadable) if name == MANIFEST else unreadable) from failure


def as_json(generation: Generation) -> str:
    """Return the manifest of a generation."""
    data = json.loads(json.dumps({"format": FORMAT, **asdict(generation)}))
    if not generation.access:
        del data["access"]
    return json.dumps(checksums.checked(data), ensure_ascii=False, indent=1)


def from_json(text: str) -> Generation:
    """Return the generation that a manifest describes.

    Raises:
        IndexFailure: it is of another format.
        ValueError, KeyError, TypeError, AttributeError: it is none, or damaged.
    """
    data: dict[str, Any] = json.loads(text)
    if data["format"] != FORMAT:
        advice = "build it again from the texts with `wenyuan index PATH --index FOLDER`, in another folder"
        raise IndexFailure(f"an index of format {data['format']}, and this program reads format {FORMAT}; {advice}")
    data = checksums.unchecked(data)
    return Generation(
        number=data["number"],
        settings=Settings(**data["settings"]),
        packs=tuple(
            PackEntry(pack["number"], pack["name"], tuple(pack["works"]), tuple(pack["live"])) for pack in data["packs"]
        ),
        sources={digest: tuple(ids) for digest, ids in data["sources"].items()},
        access=declared_from(data.get("access", {})),
        places=dict(data["places"]),
        changed={work: _seconds(when) for work, when in data["changed"].items()},
        tombstones={
            work: Tombstone(str(stone["collection"]), _seconds(stone["removed"]), Access(stone["access"]))
            for work, stone in data["tombstones"].items()
        },
    )


def _seconds(value: object) -> int:
    if not isinstance(value, int):
        raise ValueError(f"{value!r} is no number of seconds")
    return value


def swap(index: Path, generation: Generation, before: Generation | None) -> None:
    """Publish ``generation`` atomically; ``before`` remains as the one to go back to.

    Its inverted index is durable already (:func:`indexer.building.engine.publish`).

    What neither needs, and what a build that died has left behind, is dropped. Nothing is published before it is
    durable. What the new generation closes is closed in the one to go back to before it is closed in itself: going
    back opens nothing, even when the manifest is lost.
    """
    files.sync(index / "packs")
    if before:
        _swap(index, PREVIOUS, before.closed_as(generation))
    _swap(index, MANIFEST, generation)
    if not before:
        (index / PREVIOUS).unlink(missing_ok=True)
    names = {pack.name for state in (before, generation) if state for pack in state.packs}
    packs = index / "packs"
    for entry in packs.iterdir() if packs.is_dir() else ():
        if entry.name not in names:
            files.drop(entry)


def relabel(index: Path, generation: Generation, access: Declared) -> Generation:
    """Publish the published generation again with another declaration of who may read its works."""
    labelled = replace(generation, access=access.only(generation.live_works()))
    if former := previous(index):
        _swap(index, PREVIOUS, former.closed_as(labelled))
    _swap(index, MANIFEST, labelled)
    return labelled


def _swap(index: Path, name: str, generation: Generation) -> None:
    """Replace a manifest atomically."""
    draft = index / f".{name}.draft"
    files.write(draft, as_json(generation).encode())
    files.settle(draft)
    files.sync(draft)
    os.replace(draft, index / name)
    files.sync(index)
