"""Generations: an index is a sequence of immutable states behind one manifest that is swapped atomically.

    index/
      manifest.json          the published generation
      packs/<digest>/        text, streams and vectors of some works, see indexer.pack
      engines/<generation>/  the inverted index of one generation; its files are shared by hard links
      lock                   held by the one builder

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
from indexer.pack import Pack, sync

FORMAT = 2


@dataclass(frozen=True, slots=True)
class Settings:
    """What an index was made with; two builds with other settings can't share an index."""

    engine: str
    model: str
    folding: str


@dataclass(frozen=True, slots=True)
class PackEntry:
    """A pack in a generation. ``number`` never changes; ``live`` are the numbers of its works that count."""

    number: int
    name: str
    works: tuple[str, ...]
    live: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Generation:
    """One published state. ``sources`` maps a source's digest to the ids of the works it gave."""

    number: int
    settings: Settings
    packs: tuple[PackEntry, ...] = ()
    sources: dict[str, tuple[str, ...]] = field(default_factory=dict)

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
        return replace(self, packs=tuple(pack for pack in packs if pack.live), sources=sources)


def work_key(pack: int, work: int) -> str:
    """What an engine calls a work."""
    return f"{pack}-{work}"


def pack_folder(index: Path, name: str) -> Path:
    """Where a pack stands."""
    return index / "packs" / name


def open_packs(index: Path, entries: Iterable[PackEntry]) -> dict[int, Pack]:
    """The packs of these entries by their numbers, in the entries' order, opened for reading."""
    return {entry.number: Pack(pack_folder(index, entry.name)) for entry in entries}


def engine_folder(index: Path, generation: int) -> Path:
    """Where a generation's inverted index stands."""
    return index / "engines" / f"{generation:06d}"


def published(index: Path) -> Generation | None:
    """The published generation, or None where nothing was published yet.

    Raises:
        IndexFailure: the manifest can't be read.
    """
    path = index / "manifest.json"
    try:
        data: dict[str, Any] = json.loads(path.read_text("utf-8"))
        if data["format"] != FORMAT:
            raise IndexFailure(f"{path}: format {data['format']} is not {FORMAT}; build the index anew")
        return Generation(
            number=data["number"],
            settings=Settings(**data["settings"]),
            packs=tuple(
                PackEntry(pack["number"], pack["name"], tuple(pack["works"]), tuple(pack["live"]))
                for pack in data["packs"]
            ),
            sources={digest: tuple(ids) for digest, ids in data["sources"].items()},
        )
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as failure:
        raise IndexFailure(f"{path}: unreadable ({failure}); build the index anew") from failure


def publish(index: Path, generation: Generation) -> None:
    """Make ``generation`` the published one, all at once, and drop what neither it nor its predecessor needs.

    What a build that died has left behind goes with it. Nothing is published before it is durable.
    """
    before = published(index)
    engine = engine_folder(index, generation.number)
    for path in (*engine.iterdir(), engine, engine.parent):
        sync(path)
    draft = index / ".manifest.draft"
    draft.write_text(json.dumps({"format": FORMAT, **asdict(generation)}, ensure_ascii=False, indent=1), "utf-8")
    sync(draft)
    os.replace(draft, index / "manifest.json")
    sync(index)
    kept = [state for state in (before, generation) if state]
    numbers = {engine_folder(index, state.number).name for state in kept}
    names = {pack.name for state in kept for pack in state.packs}
    for folder, wanted in ((index / "engines", numbers), (index / "packs", names)):
        for entry in folder.iterdir() if folder.is_dir() else ():
            if entry.name not in wanted:
                _drop(entry)


def _drop(folder: Path) -> None:
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
    folder.mkdir(parents=True)
    source = engine_folder(index, old) if old is not None else None
    for file in source.iterdir() if source and source.is_dir() else ():
        if file.is_file() and not file.name.endswith((".lock", "_WRITELOCK")):
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
        index.mkdir(parents=True, exist_ok=True)
        handle = os.open(index / "lock", os.O_RDWR | os.O_CREAT, 0o644)
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
