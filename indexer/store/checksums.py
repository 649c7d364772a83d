"""Checksums of a folder's files: size and SHA-256 of each when it was made, in a list beside the files.

The list is what ``sha256sum -c SHA256SUMS`` reads, so that an index can be checked without this program. Sizes, and a
checksum of the list itself, stand in its comments. Sizes are looked at whenever a folder is opened, which costs
microseconds; the bytes are read by ``wenyuan verify``. All this tells of accidents, not of forgery.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from indexer.errors import IndexFailure
from indexer.store import files

LIST = "SHA256SUMS"
LOCKS = (".lock", "_WRITELOCK")
"""Suffixes of the lock files that engines leave while they work; they hold nothing."""
_CHUNK = 1 << 20
_ENTRY = re.compile(r"# (?P<bytes>[0-9]{1,18}) bytes\n(?P<sha256>[0-9a-f]{64})  (?P<name>[^\n\\]+)\n")
_END = re.compile(r"# the lines above: (?P<sha256>[0-9a-f]{64})\n")


class Damaged(IndexFailure):
    """A published file that differs from its record."""


@dataclass(frozen=True, slots=True)
class Damage:
    """One file that differs from its record."""

    path: Path
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


@dataclass(frozen=True, slots=True)
class FileRecord:
    """Size and SHA-256 of a file when it was made."""

    bytes: int
    sha256: str


def seal(folder: Path, before: Path | None = None) -> None:
    """Write the list of a folder's files, and let nobody read them who may not read the folder.

    A file that ``before`` shares by a hard link was recorded there and is not read again.

    Raises:
        ValueError: a file's name holds a line feed or a backslash, which no file of an engine or a pack does.
    """
    known = recorded(before) if before else {}
    records: dict[str, FileRecord] = {}
    for file in listed(folder):
        shared = file.name in known and before is not None and file.samefile(before / file.name)
        records[file.name] = known[file.name] if shared else _record(file)
    files.write(folder / LIST, _written(records).encode())
    for file in folder.iterdir():
        files.settle(file)


def listed(folder: Path) -> list[Path]:
    """Return the files of a folder that are recorded, by name."""
    found = (file for file in folder.iterdir() if file.is_file() and not file.name.endswith(LOCKS))
    return sorted(file for file in found if file.name != LIST)


def checked(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return plain data with its own checksum, for :func:`unchecked` to test."""
    return {**data, "sha256": _sum(data)}


def unchecked(data: dict[str, Any]) -> dict[str, Any]:
    """Return plain data without the checksum that :func:`checked` gave it.

    Raises:
        ValueError: the data have changed since.
    """
    bare = {name: value for name, value in data.items() if name != "sha256"}
    if data.get("sha256") != _sum(bare):
        raise ValueError("its bytes have changed")
    return bare


def recorded(folder: Path) -> dict[str, FileRecord]:
    """Return size and checksum of each file of a folder, by name.

    Raises:
        Damaged: the list can't be read.
    """
    path = folder / LIST
    try:
        return _read(path.read_bytes().decode())
    except FileNotFoundError:
        raise Damaged(f"{path}: missing") from None
    except (OSError, ValueError) as failure:
        raise Damaged(f"{path}: unreadable ({failure})") from failure


def require_sizes(folder: Path) -> None:
    """Check that every file is there and has the size that was recorded.

    Raises:
        Damaged: one is not.
    """
    for name, record in recorded(folder).items():
        if damage := _wrong_size(folder / name, record):
            raise Damaged(str(damage))


def damages(folder: Path, read: Callable[[int], None] = lambda count: None) -> Iterator[Damage]:
    """Read every file of the folder and yield those that are not as they were made.

    ``read`` is called with the number of bytes that were read since.
    """
    try:
        records = recorded(folder)
    except Damaged as failure:
        path = folder / LIST
        yield Damage(path, str(failure).removeprefix(f"{path}: "))
        return
    for name, record in records.items():
        path = folder / name
        if damage := _wrong_size(path, record):
            yield damage
            continue
        try:
            if _digest(path, read) != record.sha256:
                yield Damage(path, "its bytes have changed")
        except OSError as failure:
            yield Damage(path, f"unreadable ({failure.strerror})")


def count(folder: Path) -> int:
    """Return how many files :func:`damages` is going to read."""
    try:
        return len(recorded(folder))
    except Damaged:
        return 0


def size(folder: Path) -> int:
    """Return how many bytes :func:`damages` is going to read."""
    try:
        return sum(record.bytes for record in recorded(folder).values())
    except Damaged:
        return 0


def is_whole(folder: Path) -> bool:
    """Return whether every file of the folder agrees with its record; all are read."""
    return next(damages(folder), None) is None


def _written(records: Mapping[str, FileRecord]) -> str:
    if odd := [name for name in records if "\n" in name or "\\" in name]:
        raise ValueError(f"{odd[0]!r} is no name that a list of checksums can hold")
    lines = "".join(f"# {each.bytes} bytes\n{each.sha256}  {name}\n" for name, each in records.items())
    return f"{lines}# the lines above: {_sha256(lines)}\n"


def _read(text: str) -> dict[str, FileRecord]:
    """Return what :func:`_written` wrote.

    Raises:
        ValueError: it did not write this.
    """
    records: dict[str, FileRecord] = {}
    at = 0
    while found := _ENTRY.match(text, at):
        records[found["name"]] = FileRecord(int(found["bytes"]), found["sha256"])
        at = found.end()
    end = _END.fullmatch(text, at)
    if end is None or end["sha256"] != _sha256(text[:at]):
        raise ValueError("its bytes have changed")
    return records


def _wrong_size(path: Path, record: FileRecord) -> Damage | None:
    try:
        found = path.stat().st_size
    except FileNotFoundError:
        return Damage(path, "missing")
    except OSError as failure:
        return Damage(path, f"unreadable ({failure.strerror})")
    if found != record.bytes:
        return Damage(path, f"{found:,} bytes instead of {record.bytes:,}")
    return None


def _record(file: Path) -> FileRecord:
    return FileRecord(file.stat().st_size, _digest(file))


def _digest(file: Path, read: Callable[[int], None] = lambda count: None) -> str:
    total = hashlib.sha256()
    with file.open("rb", buffering=0) as opened:
        while chunk := opened.read(_CHUNK):
            total.update(chunk)
            read(len(chunk))
    return total.hexdigest()


def _sum(data: Any) -> str:
    return _sha256(json.dumps(data, sort_keys=True, ensure_ascii=False))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
