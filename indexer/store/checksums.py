"""What every file of a folder held when it was made: its size and its SHA-256, in a list beside the files.

Sizes are looked at whenever a folder is opened, which costs microseconds; the bytes are read by `wenyuan verify`.
The list has a checksum of its own. All this tells of accidents, not of forgery.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from indexer.errors import IndexFailure
from indexer.store import private

LIST = "checksums.json"
LOCKS = (".lock", "_WRITELOCK")
"""How the names of files end that engines leave about while they work; they hold nothing."""
_CHUNK = 1 << 20


class Damaged(IndexFailure):
    """A published file is not as it was made."""


@dataclass(frozen=True, slots=True)
class Damage:
    """One file that is not as it was made."""

    path: Path
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Record:
    """What a file held."""

    bytes: int
    sha256: str


def seal(folder: Path, before: Path | None = None) -> None:
    """Write the list of a folder's files, and let nobody read them who may not read the folder.

    What stands in ``before``, too, by a hard link, was recorded there and is not read again.
    """
    known = recorded(before) if before else {}
    records: dict[str, Record] = {}
    for file in files(folder):
        shared = file.name in known and before is not None and file.samefile(before / file.name)
        records[file.name] = known[file.name] if shared else _record(file)
    listed = {name: asdict(record) for name, record in records.items()}
    private.write(folder / LIST, json.dumps(checked({"files": listed}), indent=1).encode())
    for file in folder.iterdir():
        private.settle(file)


def files(folder: Path) -> list[Path]:
    """The files of a folder that are recorded, by name."""
    found = (file for file in folder.iterdir() if file.is_file() and not file.name.endswith(LOCKS))
    return sorted(file for file in found if file.name != LIST)


def checked(data: Mapping[str, Any]) -> dict[str, Any]:
    """Plain data with its own checksum, for :func:`unchecked` to test."""
    return {**data, "sha256": _sum(data)}


def unchecked(data: dict[str, Any]) -> dict[str, Any]:
    """Plain data without the checksum that :func:`checked` gave it.

    Raises:
        ValueError: the data have changed since.
    """
    bare = {name: value for name, value in data.items() if name != "sha256"}
    if data.get("sha256") != _sum(bare):
        raise ValueError("its bytes have changed")
    return bare


def recorded(folder: Path) -> dict[str, Record]:
    """What each file of the folder held, by name.

    Raises:
        Damaged: the list can't be read.
    """
    path = folder / LIST
    try:
        data = unchecked(json.loads(path.read_text("utf-8")))
        return {name: Record(**record) for name, record in data["files"].items()}
    except FileNotFoundError:
        raise Damaged(f"{path}: missing") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as failure:
        raise Damaged(f"{path}: unreadable ({failure})") from failure


def require_sizes(folder: Path) -> None:
    """Have every file there, as long as it was made.

    Raises:
        Damaged: one is not.
    """
    for name, record in recorded(folder).items():
        if damage := _wrong_size(folder / name, record):
            raise Damaged(str(damage))


def damages(folder: Path, read: Callable[[int], None] = lambda count: None) -> Iterator[Damage]:
    """Read every file of the folder, and name those that are not as they were made.

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


def size(folder: Path) -> int:
    """Bytes that :func:`damages` is going to read."""
    try:
        return sum(record.bytes for record in recorded(folder).values())
    except Damaged:
        return 0


def is_whole(folder: Path) -> bool:
    """Whether every file of the folder is as it was made; all are read."""
    return next(damages(folder), None) is None


def _wrong_size(path: Path, record: Record) -> Damage | None:
    try:
        found = path.stat().st_size
    except FileNotFoundError:
        return Damage(path, "missing")
    except OSError as failure:
        return Damage(path, f"unreadable ({failure.strerror})")
    if found != record.bytes:
        return Damage(path, f"{found:,} bytes instead of {record.bytes:,}")
    return None


def _record(file: Path) -> Record:
    return Record(file.stat().st_size, _digest(file))


def _digest(file: Path, read: Callable[[int], None] = lambda count: None) -> str:
    total = hashlib.sha256()
    with file.open("rb", buffering=0) as opened:
        while chunk := opened.read(_CHUNK):
            total.update(chunk)
            read(len(chunk))
    return total.hexdigest()


def _sum(data: Any) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
