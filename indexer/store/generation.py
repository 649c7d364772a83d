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

import fcntl
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from indexer.errors import IndexFailure
from indexer.store import checksums, private
from indexer.store.access import Declared, declared_from
from indexer.store.checksums import Damaged
from indexer.store.files import sync
from indexer.store.pack import Pack

FORMAT = 4
MANIFEST = "manifest.json"
PREVIOUS = "previous.json"


@dataclass(frozen=True, slots=True)
class Settings:
    """What an index was made with; two builds with other settings can't share an index."""

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

    ``sources`` maps a source's digest to the ids of the works it gave, ``places`` a work's id to the file or folder
    that it was read from on this machine; an index made before these were kept has none. ``access`` says who may read
    what; it is empty in an index that was built before it was written there.
    """

    number: int
    settings: Settings
    packs: tuple[PackEntry, ...] = ()
    sources: dict[str, tuple[str, ...]] = field(default_factory=dict)
    access: Declared = field(default_factory=Declared)
    places: dict[str, str] = field(default_factory=dict)

    def live_works(self) -> dict[str, tuple[int, int]]:
        """Every live work's id with the number of its pack and its number in it."""
        return {pack.works[work]: (pack.number, work) for pack in self.packs for work in pack.live}

    def without(self, works: set[str]) -> Generation:
        """The generation with these works dead, and packs that hold no live work left out."""
        packs = tuple(
            replace(pack, live=tuple(work for work in pack.live if pack.works[work] not in works))
            for pack in self.packs
        )
        sources = {digest: ids for digest, ids in self.sources.items() if not works.intersection(ids)}
        places = {work: place for work, place in self.places.items() if work not in works}
        return replace(self, packs=tuple(pack for pack in packs if pack.live), sources=sources, places=places)

    def closed_as(self, other: Generation | None) -> Generation:
        """The generation with what another one closes closed here, too."""
        access = self.access.tightened(other.access) if other else self.access
        return replace(self, access=access.only(self.live_works()))


def work_key(pack: int, work: int) -> str:
    """What an engine calls a work."""
    return f"{pack}-{work}"


def pack_folder(index: Path, name: str) -> Path:
    """Where a pack stands."""
    return index / "packs" / name


def is_made(index: Path, name: str) -> bool:
    """Whether a pack is there already, as what was interrupted has left it; one that is damaged is dropped."""
    folder = pack_folder(index, name)
    if folder.is_dir() and not checksums.is_whole(folder):
        drop(folder)
    return folder.is_dir()


def open_packs(index: Path, entries: Iterable[PackEntry]) -> dict[int, Pack]:
    """The packs of these entries by their numbers, in the entries' order, opened for reading."""
    return {entry.number: Pack(pack_folder(index, entry.name)) for entry in entries}


def engine_folder(index: Path, generation: int) -> Path:
    """Where a generation's inverted index stands."""
    return index / "engines" / f"{generation:06d}"


def folders(index: Path, generation: Generation) -> tuple[Path, ...]:
    """Every folder of a generation: its packs and its inverted index."""
    return (*(pack_folder(index, pack.name) for pack in generation.packs), engine_folder(index, generation.number))


def published(index: Path) -> Generation | None:
    """The published generation, or None where nothing was published yet.

    Raises:
        IndexFailure: the manifest can't be read.
    """
    return _read(index, MANIFEST)


def previous(index: Path) -> Generation | None:
    """The generation to go back to, or None where there is none that can be read."""
    try:
        return _read(index, PREVIOUS)
    except IndexFailure:
        return None


def require_sizes(index: Path, generation: Generation) -> None:
    """Have every file of a generation there, as long as it was made; what they hold is not read.

    Raises:
        Damaged: one is not.
    """
    for folder in folders(index, generation):
        checksums.require_sizes(folder)


def damaged(index: Path, failure: Exception) -> Damaged:
    """That an index is damaged, and what a person can do about it."""
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
    """A manifest."""
    data = json.loads(json.dumps({"format": FORMAT, **asdict(generation)}))
    if not generation.access:
        del data["access"]
    return json.dumps(checksums.checked(data), ensure_ascii=False, indent=1)


def from_json(text: str) -> Generation:
    """The generation that a manifest describes.

    Raises:
        IndexFailure: it is of another format.
        ValueError, KeyError, TypeError, AttributeError: it is none, or damaged.
    """
    data: dict[str, Any] = json.loads(text)
    if data["format"] != FORMAT:
        raise IndexFailure(f"format {data['format']} is not {FORMAT}; build the index anew in another folder")
    data = checksums.unchecked(data)
    return Generation(
        number=data["number"],
        settings=Settings(**data["settings"]),
        packs=tuple(
            PackEntry(pack["number"], pack["name"], tuple(pack["works"]), tuple(pack["live"])) for pack in data["packs"]
        ),
        sources={digest: tuple(ids) for digest, ids in data["sources"].items()},
        access=declared_from(data.get("access", {})),
        places=dict(data.get("places", {})),
    )


def publish(index: Path, generation: Generation, before: Generation | None) -> None:
    """Make ``generation`` the published one, all at once; ``before`` stays as the one to go back to.

    What neither needs, and what a build that died has left behind, is dropped. Nothing is published before it is
    durable. What the new generation closes is closed in the one to go back to before it is closed in itself: going
    back opens nothing, even when the manifest is lost.
    """
    engine = engine_folder(index, generation.number)
    checksums.seal(engine, engine_folder(index, before.number) if before else None)
    for path in (*engine.iterdir(), engine, engine.parent, index / "packs"):
        sync(path)
    if before:
        _swap(index, PREVIOUS, before.closed_as(generation))
    _swap(index, MANIFEST, generation)
    if not before:
        (index / PREVIOUS).unlink(missing_ok=True)
    kept = [state for state in (before, generation) if state]
    numbers = {engine_folder(index, state.number).name for state in kept}
    names = {pack.name for state in kept for pack in state.packs}
    for folder, wanted in ((index / "engines", numbers), (index / "packs", names)):
        for entry in folder.iterdir() if folder.is_dir() else ():
            if entry.name not in wanted:
                drop(entry)


def relabel(index: Path, generation: Generation, access: Declared) -> Generation:
    """Publish other words on who may read the works of the published generation, which stays as it is otherwise."""
    labelled = replace(generation, access=access.only(generation.live_works()))
    if former := previous(index):
        _swap(index, PREVIOUS, former.closed_as(labelled))
    _swap(index, MANIFEST, labelled)
    return labelled


def _swap(index: Path, name: str, generation: Generation) -> None:
    """Put a manifest in the place of another, all at once."""
    draft = index / f".{name}.draft"
    private.write(draft, as_json(generation).encode())
    private.settle(draft)
    sync(draft)
    os.replace(draft, index / name)
    sync(index)


def drop(folder: Path) -> None:
    """Remove a folder. Whatever interrupts it, no half of the folder is left under its name for a build to reuse."""
    hidden = folder.with_name(f".{folder.name.lstrip('.')}")
    with suppress(OSError):  # what can't be removed now goes with a later generation
        os.replace(folder, hidden)
    shutil.rmtree(hidden, ignore_errors=True)


def fork_engine(index: Path, old: int | None, new: int) -> Path:
    """A folder for the new generation's inverted index that begins as a copy of the old one's.

    Engines write new files and replace their own manifest by renaming, so sharing files by hard links is safe.
    """
    folder = engine_folder(index, new)
    shutil.rmtree(folder, ignore_errors=True)
    for each in (folder.parent, folder):
        private.make_inside(each)
    source = engine_folder(index, old) if old is not None else None
    for file in source.iterdir() if source and source.is_dir() else ():
        if file.is_file() and not file.name.endswith(checksums.LOCKS) and file.name != checksums.LIST:
            try:
                os.link(file, folder / file.name)
            except OSError:  # a file system without hard links
                shutil.copy2(file, folder / file.name)
    return folder


@contextmanager
def builder_lock(index: Path) -> Iterator[None]:
    """Hold the index for building.

    Raises:
        IndexFailure: another process builds it.
    """
    try:
        private.make(index)
        handle = os.open(index / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as failure:
        raise IndexFailure(f"{index}: can't write there ({failure.strerror}); name another folder") from failure
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise IndexFailure(f"{index}: another build is under way; wait until it ends") from None
    else:
        yield
    finally:
        os.close(handle)
