"""Backup and restoration of a generation in one file.

The file is an uncompressed tar: the manifest first, then each folder with its checksums before what they tell of.
A backup reads what is published, which nothing changes, so that serving and building go on. Restoring publishes the
generation of the file as the next one of the index; what was published before it stays as the one to go back to. Who
may read what comes along in the manifest, and what was closed since the backup stays closed.

Of an index on a cluster the file is a note in JSON: the cluster keeps the index itself, as a snapshot
(:mod:`indexer.cluster.snapshots`).

Checksums tell of accidents, not of forgery. Yet a forged file can't run code: texts, streams and vectors are arrays
without pickles, and of an engine with pickles (:data:`indexer.engines.PICKLED`) the inverted index is made again.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import shutil
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import IO, cast

from indexer.building.engine import publish, write_engine
from indexer.cluster.address import ClusterAddress, IndexAddress
from indexer.engines import PICKLED, indexes
from indexer.errors import IndexFailure, no_room
from indexer.progress import Progress, silent
from indexer.store import checksums, files
from indexer.store.checksums import LIST, Damaged, FileRecord
from indexer.store.generation import (
    MANIFEST,
    Generation,
    Packs,
    as_json,
    damaged,
    from_json,
    pack_folder,
    pack_folders,
    previous,
    published,
    utc_seconds,
)
from indexer.store.lock import builder_lock

LARGEST_LIST = 256 << 20
"""The most bytes of a manifest or of a list of checksums, which are read into memory."""
_FOLDER = re.compile(r"(packs|engines)/[0-9A-Za-z-]+")
_FILE = re.compile(r"\.?[0-9A-Za-z_][0-9A-Za-z_.-]*")
_ATTEMPTS = 3
_LARGEST_NOTE = 1 << 16
"""Bytes."""


@dataclass(frozen=True, slots=True)
class Moved:
    """Amounts that went into a file, or came out of it. ``generation`` is its number in the index.

    ``aside`` is what an index on a cluster that was there before is called now.
    """

    generation: int
    works: int
    files: int
    bytes: int
    aside: str = ""


def backup(index: IndexAddress, target: Path, on_progress: Progress = silent, *, repository: str = "") -> Moved:
    """Write the published generation to the file ``target``; every byte is checked on its way.

    Raises:
        IndexFailure: there is no index, it is damaged, or the file exists; nothing is left behind.
    """
    if target.exists():
        raise IndexFailure(f"{target}: is there already; name another file")
    draft = target.with_name(f".{target.name}.draft")
    try:
        with no_room(target.parent):
            with open(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600), "r+b") as file:
                moved = archive(index, file, on_progress, repository=repository)
            files.sync(draft)
            os.replace(draft, target)
            files.sync(target.parent)
    finally:
        draft.unlink(missing_ok=True)
    return moved


def archive(index: IndexAddress, file: IO[bytes], on_progress: Progress = silent, *, repository: str = "") -> Moved:
    """Write the published generation into a file that is open, from where it stands to its end.

    ``repository`` is where a cluster keeps its snapshots, by default the usual one.

    Raises:
        IndexFailure: there is no index, it is damaged, or builds drop its generations faster than they are read.
    """
    if isinstance(index, ClusterAddress):
        from indexer.cluster import snapshots  # most indexes are folders

        note = snapshots.take(index, repository, on_progress)
        written = json.dumps(asdict(note), indent=1).encode()
        file.write(written)
        return Moved(note.generation, note.works, 1, len(written))
    start = file.tell()
    for _ in range(_ATTEMPTS):
        file.seek(start)
        file.truncate()
        state = published(index)
        if state is None:
            raise IndexFailure(f"{index}: no index there")
        try:
            return _write(index, state, file, on_progress)
        except (Damaged, FileNotFoundError) as failure:
            if published(index) == state:
                raise damaged(index, failure) from failure
            # Builds have dropped this generation meanwhile: take theirs.
    raise IndexFailure(f"{index}: builds published faster than it could be copied; run it when they are done")


def restore(source: Path, index: IndexAddress, *, over: bool = False, on_progress: Progress = silent) -> Moved:
    """Publish the generation in the file ``source`` as the next one of the index.

    Raises:
        IndexFailure: the file is no whole backup, or there is an index already and ``over`` was not said; what was
            published is as it was.
    """
    with source.open("rb") as file, staged(file, str(source), index, over=over, on_progress=on_progress) as settle:
        return settle()


@contextmanager
def staged(
    file: IO[bytes],
    name: str,
    index: IndexAddress,
    *,
    over: bool = False,
    repository: str = "",
    on_progress: Progress = silent,
) -> Iterator[Callable[[], Moved]]:
    """Unpack the generation in a file beside the index, and give what publishes it; nobody else builds meanwhile.

    ``name`` is the file's in messages, ``repository`` where a cluster keeps the snapshot, by default where the file
    says.

    Raises:
        IndexFailure: as :func:`restore` does.
    """
    head = file.read(1)
    file.seek(0)
    if isinstance(index, ClusterAddress):
        from indexer.cluster import snapshots  # most indexes are folders

        if head != b"{":
            advice = "restore it into a folder, and carry it with `wenyuan carry`"
            raise IndexFailure(f"{name}: a backup of an index in a folder, and {index} is on a cluster; {advice}")
        note = snapshots.read_note(file.read(_LARGEST_NOTE), name, repository)
        with snapshots.staged(note, index, over=over, on_progress=on_progress) as settle:

            def settled() -> Moved:
                generation, aside = settle()
                return Moved(generation, note.works, 1, 0, aside)

            yield settled
        return
    if head == b"{":
        raise IndexFailure(f"{name}: a note of a cluster's snapshot, and {index} is a folder; name the cluster's index")
    with builder_lock(index), no_room(index):
        before = _before(index, over)
        draft = index / "packs" / ".restoring"  # where the next to publish drops what a death leaves
        shutil.rmtree(draft, ignore_errors=True)
        for each in (draft.parent, draft):
            files.make_inside(each)
        try:
            room = shutil.disk_usage(index).free
            size = file.seek(0, os.SEEK_END)
            file.seek(0)
            if size > room:
                advice = f"{size:,} bytes are needed and {room:,} are free"
                raise IndexFailure(f"{index}: no room is left on the disk ({advice})")
            try:
                state = _unpack(file, draft, lambda done: on_progress("restore", done, size))
            except (_Refused, tarfile.TarError, EOFError) as failure:
                raise IndexFailure(f"{name}: {failure}; nothing was restored") from failure
            yield lambda: _settle(index, draft, state, before, on_progress)
        finally:
            shutil.rmtree(draft, ignore_errors=True)


class _Refused(Exception):
    """An error for a file that no backup wrote."""


def _before(index: Path, over: bool) -> Generation | None:
    """Return the generation to go back to after a restoration."""
    try:
        before = published(index)
    except Damaged:
        if not over:
            raise
        return previous(index)
    if before and not over:
        works = len(before.live_works())
        advice = "say --replace to publish the backup in their place (`wenyuan repair --previous` takes it back)"
        raise IndexFailure(f"{index}: {works} works are there, in generation {before.number}; {advice}")
    return before


# Writing


class _Checking:
    """A file that is read once from start to end and compared with its record."""

    def __init__(self, file: IO[bytes], record: FileRecord) -> None:
        self._file, self._record = file, record
        self._sum = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        data = self._file.read(size)
        self._sum.update(data)
        return data

    @property
    def is_whole(self) -> bool:
        """Return whether what was read is what was recorded."""
        return self._sum.hexdigest() == self._record.sha256


def _write(index: Path, state: Generation, file: IO[bytes], on_progress: Progress) -> Moved:
    every = _folders(index, state)
    total = sum(map(checksums.size, every))
    done = count = 0
    with tarfile.open(fileobj=file, mode="w") as tar:
        _add_bytes(tar, MANIFEST, as_json(state).encode())
        for folder in every:
            name = f"{folder.parent.name}/{folder.name}"
            records = checksums.recorded(folder)
            _add_bytes(tar, f"{name}/{LIST}", (folder / LIST).read_bytes())
            for each, record in records.items():
                with (folder / each).open("rb") as opened:
                    checking = _Checking(opened, record)
                    try:
                        tar.addfile(_member(f"{name}/{each}", record.bytes), cast(IO[bytes], checking))
                    except OSError as failure:
                        raise failure if failure.errno else Damaged(f"{folder / each}: truncated") from failure
                if not checking.is_whole:
                    raise Damaged(f"{folder / each}: its bytes have changed")
                count += 1
                done += record.bytes
                on_progress("backup", done, total)
    return Moved(state.number, len(state.live_works()), count, done)


def _folders(index: Path, state: Generation) -> tuple[Path, ...]:
    """Return every folder of a generation: its packs, and its inverted index where that is one."""
    engine = indexes(index, state.settings.engine).folder(state.number)
    return (*pack_folders(index, state), *([engine] if engine else []))


def _add_bytes(archive: tarfile.TarFile, name: str, data: bytes) -> None:
    archive.addfile(_member(name, len(data)), io.BytesIO(data))


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size = size
    return member


# Reading


def _unpack(file: IO[bytes], draft: Path, on_progress: Callable[[int], None]) -> Generation:
    """Write what a backup holds below ``draft``, and nothing else: no other names, no links, no holes, nothing twice.

    A backup isn't compressed, so that nothing in it can be larger than it is.
    """
    with tarfile.open(fileobj=file, mode="r:") as archive:
        members = iter(archive)
        manifest = next(members, None)
        if manifest is None or manifest.name != MANIFEST:
            raise _Refused("no backup of an index")
        try:
            state = from_json(_bytes(archive, manifest).decode())
        except (IndexFailure, ValueError, KeyError, TypeError, AttributeError) as failure:
            raise _Refused(f"its manifest can't be used ({failure})") from failure
        wanted = {f"{folder.parent.name}/{folder.name}" for folder in _folders(Path(), state)}
        if odd := sorted(name for name in wanted if not _FOLDER.fullmatch(name)):
            raise _Refused(f"no backup names a folder {odd[0]!r}")
        lists: dict[str, dict[str, FileRecord]] = {}
        for member in members:
            folder, _, name = member.name.rpartition("/")
            place = draft / folder / name
            if folder not in wanted or not _FILE.fullmatch(name):
                raise _Refused(f"no backup holds {member.name!r}")
            if not member.isreg() or member.issparse():
                raise _Refused(f"{member.name}: not a plain file")
            if name == LIST and folder not in lists:
                for each in (place.parent.parent, place.parent):
                    files.make_inside(each)
                place.write_bytes(_bytes(archive, member))
                lists[folder] = _list(place, member.name)
            elif name in lists.get(folder, {}) and not place.exists():
                _copy(archive, member, place, lists[folder][name])
            else:
                raise _Refused(f"no backup holds {member.name!r}, or not there")
            on_progress(file.tell())
        for folder in sorted(wanted):
            absent = [name for name in lists.get(folder, {LIST: None}) if not (draft / folder / name).exists()]
            if absent:
                raise _Refused(f"{folder}/{absent[0]} is missing")
    return state


def _bytes(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    opened = archive.extractfile(member) if member.isreg() and not member.issparse() else None
    if opened is None or member.size > LARGEST_LIST:
        raise _Refused(f"{member.name}: not a plain file of at most {LARGEST_LIST:,} bytes")
    return opened.read()


def _list(path: Path, name: str) -> dict[str, FileRecord]:
    try:
        records = checksums.recorded(path.parent)
    except Damaged as failure:
        raise _Refused(f"{name}: damaged") from failure
    if odd := [file for file in records if not _FILE.fullmatch(file)]:
        raise _Refused(f"{name} lists {odd[0]!r}")
    return records


def _copy(archive: tarfile.TarFile, member: tarfile.TarInfo, place: Path, record: FileRecord) -> None:
    opened = archive.extractfile(member)
    if opened is None or member.size != record.bytes:
        raise _Refused(f"{member.name}: {member.size:,} bytes instead of {record.bytes:,}")
    checking = _Checking(opened, record)
    with place.open("xb") as copy:
        while data := checking.read(1 << 20):
            copy.write(data)
    if not checking.is_whole:
        raise _Refused(f"{member.name}: its bytes have changed")


def _settle(index: Path, draft: Path, state: Generation, before: Generation | None, on_progress: Progress) -> Moved:
    """Move what was unpacked to its place, durably, and publish it; an inverted index with pickles is made again."""
    numbered = replace(state, number=before.number + 1 if before else state.number)
    restored = numbered.closed_as(before).after(before, _homes(index, before), utc_seconds())
    homes = {folder: pack_folder(index, folder.name) for folder in pack_folders(draft, state)}
    saved, kept = (indexes(each, state.settings.engine) for each in (draft, index))
    engine, home = saved.folder(state.number), kept.folder(restored.number)
    anew = state.settings.engine in PICKLED or engine is None or home is None
    if engine and home and not anew:
        homes[engine] = home
    count = size = 0
    for folder, home in homes.items():
        records = checksums.recorded(folder)
        count += len(records)
        size += sum(record.bytes for record in records.values())
        if home.parent.name == "packs" and home.is_dir() and checksums.is_whole(home):
            continue  # a pack's name stands for what is in it
        for file in folder.iterdir():
            files.settle(file)
            files.sync(file)
        files.sync(folder)
        files.drop(home)
        files.make_inside(home.parent)
        os.replace(folder, home)
        files.sync(home.parent)
    if anew:
        write_engine(Packs(index), None, restored, on_progress)
    publish(index, restored, before)
    return Moved(restored.number, len(restored.live_works()), count, size)


def _homes(index: Path, before: Generation | None) -> dict[str, str]:
    """Return the collections of the works that were published; none where they can't be read, for it may be damaged."""
    try:
        return Packs(index).homes(before) if before else {}
    except (OSError, ValueError, KeyError, RuntimeError):
        return {}
