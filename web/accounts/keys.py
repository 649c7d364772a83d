"""The key that signs cookies: made once and kept beside the database, or given by the environment."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from web.failure import StorageFailure
from web.storage import Storage

VARIABLE = "WENYUAN_SECRET_KEY"
SHORTEST = 32
"""Bytes."""
_ELSEWHERE = Path("data", "wenyuan.key")
"""Where the key is kept for a database on a server."""


def key_of(storage: Storage) -> bytes:
    """The key of the application over this database: whoever knows it can be anybody.

    Raises:
        StorageFailure: it can't be read or kept, or the one given is too short.
    """
    if given := os.environ.get(VARIABLE, ""):
        if len(given.encode()) < SHORTEST:
            raise StorageFailure(f"{VARIABLE}: at least {SHORTEST} bytes are needed, not {len(given.encode())}")
        return given.encode()
    if storage.engine.dialect.name == "sqlite" and storage.file is None:
        return secrets.token_bytes(SHORTEST)  # it ends with the database in memory
    path = place_of(storage.file)
    try:
        return _kept(path)
    except OSError as failure:
        raise StorageFailure(f"{path}: {failure.strerror}; or set {VARIABLE}") from failure


def place_of(database: Path | None) -> Path:
    """Return where the key is kept for an embedded database, or with None for one on a server."""
    return database.with_suffix(".key") if database else _ELSEWHERE


def _kept(path: Path) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        # Written whole under another name first: of two programs that start at once, both get the first one's key.
        fresh = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(secrets.token_hex(SHORTEST).encode())
        with suppress(FileExistsError):
            os.link(fresh, path)
        fresh.unlink()
    key = path.read_bytes()
    if len(key) < SHORTEST:
        raise StorageFailure(f"{path}: too short for a key; remove it, and a new one is made (all log in again)")
    return key
