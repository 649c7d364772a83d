"""Backup of a whole site in one file, and restoration: database, key, manifests of collections, letterhead, index.

The file is an uncompressed tar with a member for each file of a part, and last :data:`MANIFEST`, which ties them: when
and by which version of the program it was made, and of every member its size and SHA-256. Without it, or with a member
more or less, a file is no backup.

The parts are taken one after the other, the database before the index, each as it is at one moment, while the site
goes on. A quotation stands in the database itself; what it was quoted from is in the index of the backup or in one
before it, as in the site itself, since an index is only ever followed by a later one.

Restoring is all or nothing: every part is unpacked beside its place and checked, then all are put in their places, and
if one can't be, the others are taken back. What was there is kept aside under a name that ends with the moment.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import sqlite3
import tarfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir
from typing import IO, Any

from indexer.cluster.address import IndexAddress
from indexer.errors import no_room
from indexer.progress import Progress, silent
from indexer.store.checksums import checked, unchecked
from indexer.store.files import sync
from indexer.store.generation import MANIFEST as INDEX_MANIFEST
from indexer.upkeep import backup as index_backup
from indexer.upkeep.standing import published
from web.database import backup as database_backup
from web.database.failure import StorageFailure
from web.database.storage import Storage, file_of
from web.serving.defaults import PARTS

DATABASE, KEY, COLLECTIONS, LETTERHEAD, INDEX = PARTS
MANIFEST = "backup.json"
FORMAT = 1
_SQLITE, _POSTGRESQL, _KEY = "database.sqlite", "database.pgdump", "wenyuan.key"
_INDEX, _SNAPSHOT = "index.tar", "index.json"
_LARGEST_MANIFEST, _MOST_MEMBERS = 16 << 20, 10_000
_CHUNK = 1 << 20
_NAME = re.compile(r"\w[\w .+-]{0,150}")
"""A file of a folder that is kept: no path, nothing hidden."""


@dataclass(frozen=True, slots=True)
class SitePaths:
    """Paths of the parts of a site. ``key`` is None where the environment gives it; ``letterhead`` may be none.

    ``snapshots`` is the repository for an index on a cluster; empty for the usual one, or the one that a backup names.
    """

    database: str
    key: Path | None
    collections: Path
    letterhead: Path | None
    index: IndexAddress
    snapshots: str = ""

    def folders(self) -> Mapping[str, Path]:
        """Return the parts that are a folder of files, with the folder."""
        return {COLLECTIONS: self.collections} | ({LETTERHEAD: self.letterhead} if self.letterhead else {})


@dataclass(frozen=True, slots=True)
class BackupMember:
    """A file in a backup: the part it belongs to, its name in the tar, and what it holds."""

    part: str
    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class BackupManifest:
    """The manifest of a backup. ``began`` and ``time`` are ISO 8601 in UTC; ``generation`` is the index's, 0 without
    one.
    """

    name: str
    began: str
    time: str
    program: str
    generation: int
    members: tuple[BackupMember, ...]

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts that are in it."""
        held = {member.part for member in self.members}
        return tuple(part for part in PARTS if part in held)


@dataclass(frozen=True, slots=True)
class Restored:
    """Result of a restoration: the parts with their paths, and what was there before with its new path."""

    parts: Mapping[str, str]
    aside: Sequence[Path]


def present(places: SitePaths) -> tuple[str, ...]:
    """Return the parts of a site that are there to be kept."""
    file = file_of(places.database)
    there = {
        DATABASE: "://" in places.database if file is None else file.is_file(),
        KEY: places.key is not None and places.key.is_file(),
        INDEX: _is_there(places.index),
        **{part: bool(_files(folder)) for part, folder in places.folders().items()},
    }
    return tuple(part for part in PARTS if there.get(part))


def _is_there(index: IndexAddress) -> bool:
    """Return whether there is an index to be kept: a damaged one is, and its backup fails."""
    return (index / INDEX_MANIFEST).is_file() if isinstance(index, Path) else published(index) is not None


def back_up(
    places: SitePaths, target: Path, only: Collection[str] = (), on_progress: Progress = silent
) -> BackupManifest:
    """Write what is there of a site, or ``only`` these parts, to a file that appears when it is whole.

    Raises:
        StorageFailure, IndexFailure: a part is not there or can't be read, or the file is there already; nothing was
            written.
    """
    if target.exists():
        raise StorageFailure(f"{target}: is there already; name another file")
    there = present(places)
    if absent := [part for part in only if part not in there]:
        raise StorageFailure(f"{absent[0]}: not there, so it can't be kept ({_place(places, absent[0])})")
    parts = [part for part in there if not only or part in only]
    if not parts:
        raise StorageFailure(f"there is nothing to keep: no index at {places.index}, no database at {places.database}")
    began = _now()
    with no_room(target.parent), TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as folder:
        draft = Path(folder, "draft")
        with open(os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "r+b") as file:
            members: list[BackupMember] = []
            generation = 0
            with tarfile.open(fileobj=file, mode="w") as tar:
                for part in parts:
                    if part == INDEX:
                        generation = _add_index(tar, file, places, on_progress)
                    else:
                        for name, path in _sources(places, part, Path(folder), on_progress):
                            _add_file(tar, name, path)
                members = [_recorded(file, info, on_progress) for info in _infos(file)]
                manifest = BackupManifest(target.name, began, _now(), version("wenyuan"), generation, tuple(members))
                _add(tar, file, MANIFEST, _as_json(manifest))
        sync(draft)
        os.replace(draft, target)
        sync(target.parent)
    return manifest


def restore(
    source: Path,
    places: SitePaths,
    only: Collection[str] = (),
    *,
    over: bool = False,
    on_progress: Progress = silent,
) -> Restored:
    """Restore the parts in a file to their places, all of them or ``only`` these, all or nothing.

    The file is what :func:`back_up` wrote, or a copy of an index or of a database alone. With ``over``, what is there
    already is kept aside.

    Raises:
        StorageFailure, IndexFailure: the file is no backup, lacks a part, or something is there already; all is as it
            was.
    """
    with source.open("rb") as file, ExitStack() as stack:
        members = _members(file, source)
        parts = [part for part in PARTS if part in members and (not only or part in only)]
        if absent := [part for part in only if part not in members]:
            raise StorageFailure(f"{source}: no {absent[0]} in it; there are: {', '.join(members)}")
        if not over:
            _require_empty(places, parts)
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
        settles: list[Callable[[ExitStack], Sequence[Path]]] = []
        for part in parts:
            settles.append(stack.enter_context(_staged(places, part, members[part], source, stamp, over, on_progress)))
        with ExitStack() as undo:
            aside = [path for settle in settles for path in settle(undo)]
            undo.pop_all()  # all is in its place: nothing is taken back
    return Restored({part: _place(places, part) for part in parts}, aside)


# Writing


def _sources(places: SitePaths, part: str, folder: Path, on_progress: Progress) -> Iterator[tuple[str, Path]]:
    """Yield the files of a part, each with its name in the tar; a database is copied into ``folder`` first."""
    if part == DATABASE:
        storage = Storage.at(places.database)
        name = _SQLITE if storage.file else _POSTGRESQL
        database_backup.back_up(storage, folder / name, on_progress)
        storage.engine.dispose()
        yield name, folder / name
    elif part == KEY and places.key:
        yield _KEY, places.key
    else:
        root = places.folders()[part]
        yield from ((f"{part}/{path.relative_to(root).as_posix()}", path) for path in _files(root))


def _files(root: Path) -> list[Path]:
    """Return the plain files of a folder and of those in it whose names can be kept: nothing hidden, no links."""
    found = (path for path in root.rglob("*") if path.is_file() and not path.is_symlink()) if root.is_dir() else ()
    return sorted(path for path in found if all(_NAME.fullmatch(each) for each in path.relative_to(root).parts))


def _add_file(tar: tarfile.TarFile, name: str, path: Path) -> None:
    with path.open("rb") as opened:
        info = tarfile.TarInfo(name)
        info.size, info.mode = os.fstat(opened.fileno()).st_size, 0o600
        tar.addfile(info, opened)


def _add(tar: tarfile.TarFile, file: IO[bytes], name: str, data: bytes) -> None:
    file.seek(tar.offset)
    file.write(_header(name, len(data)) + data + bytes(-len(data) % tarfile.BLOCKSIZE))
    tar.offset = file.tell()


def _add_index(tar: tarfile.TarFile, file: IO[bytes], places: SitePaths, on_progress: Progress) -> int:
    """Write the index as one member straight into the file, and its header when its size is known."""
    at = tar.offset
    file.seek(at)
    file.write(bytes(tarfile.BLOCKSIZE))
    moved = index_backup.archive(places.index, file, on_progress, repository=places.snapshots)
    end = file.seek(0, os.SEEK_END)
    size = end - at - tarfile.BLOCKSIZE
    file.write(bytes(-size % tarfile.BLOCKSIZE))
    tar.offset = file.tell()
    file.seek(at)
    file.write(_header(_INDEX if isinstance(places.index, Path) else _SNAPSHOT, size))
    file.seek(tar.offset)
    return moved.generation


def _header(name: str, size: int) -> bytes:
    """Return a header of one block, however large the member is."""
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o600
    return info.tobuf(tarfile.GNU_FORMAT)


def _infos(file: IO[bytes]) -> list[tarfile.TarInfo]:
    """Return the members that were written so far."""
    end = file.seek(0, os.SEEK_END)
    file.write(bytes(2 * tarfile.BLOCKSIZE))  # the end of a tar, for now
    file.seek(0)
    with tarfile.open(fileobj=file, mode="r:") as tar:
        infos = tar.getmembers()
    file.seek(end)
    file.truncate()
    return infos


def _recorded(file: IO[bytes], info: tarfile.TarInfo, on_progress: Progress) -> BackupMember:
    """Read a member back, as it stands in the file."""
    return BackupMember(_part_of(info.name), info.name, info.size, _digest(file, info, on_progress))


def _digest(file: IO[bytes], info: tarfile.TarInfo, on_progress: Progress) -> str:
    total = hashlib.sha256()
    file.seek(info.offset_data)
    left = info.size
    while left and (data := file.read(min(_CHUNK, left))):
        total.update(data)
        left -= len(data)
        on_progress("checksum", info.size - left, info.size)
    return total.hexdigest()


def _as_json(manifest: BackupManifest) -> bytes:
    data = checked(json.loads(json.dumps({"format": FORMAT, **asdict(manifest)})))
    return json.dumps(data, ensure_ascii=False, indent=1).encode()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


# Reading


@dataclass(frozen=True, slots=True)
class _Stored:
    """A file that is to be restored: its name, and where its bytes are in the backup."""

    name: str
    offset: int
    bytes: int


def _members(file: IO[bytes], source: Path) -> dict[str, list[_Stored]]:
    """Return what there is to restore, by parts, with every byte compared with its checksum.

    Raises:
        StorageFailure: it is no backup, or not whole.
    """
    head = file.read(16)
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    if head == database_backup.MAGIC:
        return {DATABASE: [_Stored(_SQLITE, 0, size)]}
    if head.startswith(database_backup.DUMP_MAGIC):
        return {DATABASE: [_Stored(_POSTGRESQL, 0, size)]}
    try:
        with tarfile.open(fileobj=file, mode="r:") as tar:
            infos = [info for _, info in zip(range(_MOST_MEMBERS + 1), tar, strict=False)]
    except (tarfile.TarError, EOFError, OSError, ValueError) as failure:
        raise StorageFailure(f"{source}: no backup ({failure})") from failure
    if infos and infos[0].name == INDEX_MANIFEST:  # of an index alone, which looks through its own members
        return {INDEX: [_Stored(_INDEX, 0, size)]}
    try:
        manifest = _manifest(file, infos)
        by_name = {info.name: info for info in infos[:-1]}
        if len(by_name) != len(infos) - 1 or by_name.keys() != {member.name for member in manifest.members}:
            raise ValueError("its members are not those of its manifest")
        found: dict[str, list[_Stored]] = {part: [] for part in manifest.parts}
        for member in manifest.members:
            info = by_name[member.name]
            if not info.isreg() or info.issparse() or info.size != member.bytes or member.part != _part_of(info.name):
                raise ValueError(f"{member.name} is not as it was written")
            if _digest(file, info, silent) != member.sha256:
                raise ValueError(f"{member.name}: its bytes have changed")
            found[member.part].append(_Stored(member.name, info.offset_data, info.size))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as failure:
        raise StorageFailure(f"{source}: no whole backup ({failure}); nothing was restored") from failure
    return found


def _manifest(file: IO[bytes], infos: Sequence[tarfile.TarInfo]) -> BackupManifest:
    last = infos[-1] if infos else None
    if last is None or last.name != MANIFEST or not last.isreg() or last.size > _LARGEST_MANIFEST:
        raise ValueError(f"{MANIFEST} is not its last file: it was not written to its end")
    file.seek(last.offset_data)
    data: dict[str, Any] = unchecked(json.loads(file.read(last.size)))
    if data.pop("format") != FORMAT:
        raise ValueError("of another version of the program")
    return BackupManifest(**{**data, "members": tuple(BackupMember(**member) for member in data["members"])})


def _part_of(name: str) -> str:
    """Return the part that a member belongs to.

    Raises:
        ValueError: a backup holds no such name.
    """
    known = {_SQLITE: DATABASE, _POSTGRESQL: DATABASE, _KEY: KEY, _INDEX: INDEX, _SNAPSHOT: INDEX}
    if name in known:
        return known[name]
    folder, *inner = name.split("/")
    if folder in (COLLECTIONS, LETTERHEAD) and inner and all(_NAME.fullmatch(each) for each in inner):
        return folder
    raise ValueError(f"no backup holds {name!r}")


def _require_empty(places: SitePaths, parts: Sequence[str]) -> None:
    there = [_place(places, part) for part in present(places) if part in parts and part not in (DATABASE, INDEX)]
    if DATABASE in parts and not _is_empty(places.database):
        there.insert(0, _place(places, DATABASE))
    if INDEX in parts and published(places.index):
        there.append(_place(places, INDEX))
    if there:
        raise StorageFailure(
            f"{', '.join(there)}: there already; say --replace to put the backup there and keep what is there aside"
        )


def _is_empty(address: str) -> bool:
    file = file_of(address)
    if file is not None:
        return not file.exists() or not file.stat().st_size
    return database_backup.is_empty(Storage.at(address))


def _place(places: SitePaths, part: str) -> str:
    """Return where a part stands, as it may be shown."""
    match part:
        case "database":
            return Storage.name_of(places.database)
        case "key":
            return str(places.key or "given by the environment")
        case "index":
            return str(places.index)
    return str(places.folders().get(part, "none"))


# Putting back


@contextmanager
def _staged(
    places: SitePaths,
    part: str,
    members: Sequence[_Stored],
    source: Path,
    stamp: str,
    over: bool,
    on_progress: Progress,
) -> Iterator[Callable[[ExitStack], Sequence[Path]]]:
    """Unpack a part beside its place, and give what puts it there and says what was kept aside.

    That gets a stack on which it lays what would take it back.
    """
    with source.open("rb") as file:
        if part == INDEX:
            (member,) = members
            nested = _Window(file, member.offset, member.bytes)
            with index_backup.staged(
                nested,  # type: ignore[arg-type]  # it reads, tells and seeks, which is all that is asked of it
                str(source),
                places.index,
                over=over,
                repository=places.snapshots,
                on_progress=on_progress,
            ) as settle:
                yield lambda undo: _published(settle)
            return
        place = _home(places, part)
        place.parent.mkdir(parents=True, exist_ok=True)
        with no_room(place.parent), TemporaryDirectory(dir=place.parent, prefix=f".{place.name}.") as folder:
            draft = Path(folder, "draft")
            for member in members:
                name = member.name.partition("/")[2]
                path = draft / name if part in (COLLECTIONS, LETTERHEAD) else draft
                path.parent.mkdir(parents=True, exist_ok=True)
                _copy(file, member, path)
            for path in (*draft.rglob("*"), draft):
                sync(path)
            if part == DATABASE and file_of(places.database) is None:
                database_backup.require_dump(members[0].name == _POSTGRESQL, source)
                yield lambda undo: database_backup.replace_schema(places.database, draft, stamp, undo)
            elif part == DATABASE:
                database_backup.require_copy(draft, source)
                yield lambda undo: _put_database(draft, place, stamp, undo)
            else:
                yield lambda undo: _put(draft, place, stamp, undo)


def _published(settle: Callable[[], index_backup.Moved]) -> Sequence[Path]:
    """Publish the index; in a folder what was published before stays as the generation to go back to."""
    aside = settle().aside
    return (Path(aside),) if aside else ()


def _home(places: SitePaths, part: str) -> Path:
    if part == DATABASE:
        return file_of(places.database) or Path(gettempdir(), "wenyuan")  # for a server, the dump lies here meanwhile
    if part == KEY:
        if places.key is None:
            raise StorageFailure("the environment gives the key: unset it, or leave the key out with --only")
        return places.key
    return places.folders()[part]


def _copy(file: IO[bytes], member: _Stored, path: Path) -> None:
    file.seek(member.offset)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as copy:
        shutil.copyfileobj(_Window(file, member.offset, member.bytes), copy, _CHUNK)


def _put(draft: Path, place: Path, stamp: str, undo: ExitStack) -> Sequence[Path]:
    """Put a file or a folder in its place; what is there goes aside."""
    aside = place.with_name(f"{place.name}.before-{stamp}")
    was_there = os.path.lexists(place)
    if was_there:
        os.rename(place, aside)
        undo.callback(os.rename, aside, place)
    os.rename(draft, place)
    undo.callback(os.rename, place, draft)
    sync(place.parent)
    return (aside,) if was_there else ()


def _put_database(draft: Path, place: Path, stamp: str, undo: ExitStack) -> Sequence[Path]:
    """Put an embedded database in its place; of what is there, the journal goes aside with it."""
    aside: list[Path] = []
    if place.exists():
        _require_unused(place)
        for journal in ("-wal", "-shm"):
            path = place.with_name(f"{place.name}{journal}")
            if path.exists():
                target = place.with_name(f"{place.name}.before-{stamp}{journal}")
                os.rename(path, target)
                undo.callback(os.rename, target, path)
                aside.append(target)
    return (*_put(draft, place, stamp, undo), *aside)


def _require_unused(file: Path) -> None:
    """Check that nobody has an embedded database open, and fold its journal into it; a damaged one is left as it is.

    Raises:
        StorageFailure: a server is running on it, and would go on writing to what is kept aside.
    """
    with closing(sqlite3.connect(file, timeout=1)) as opened:
        try:
            opened.execute("PRAGMA journal_mode = DELETE").fetchone()
        except sqlite3.OperationalError as failure:
            raise StorageFailure(f"{file}: in use ({failure}); stop the server first") from failure
        except sqlite3.DatabaseError:
            return


class _Window:
    """A part of a file as a file for reading."""

    def __init__(self, file: IO[bytes], start: int, size: int) -> None:
        self._file, self._start, self._size, self._at = file, start, size, 0

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        left = max(self._size - self._at, 0)
        self._file.seek(self._start + self._at)
        data = self._file.read(left if size < 0 else min(size, left))
        self._at += len(data)
        return data

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place, counted from the start, from here or from the end."""
        self._at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        return self._at

    def tell(self) -> int:
        """Return where the next read begins."""
        return self._at
