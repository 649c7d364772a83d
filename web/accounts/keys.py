"""The key that signs cookies: made once and kept in a file, or given by the environment."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from indexer.store import files
from web.database.failure import StorageFailure

VARIABLE = "WENYUAN_SECRET_KEY"
SHORTEST = 32
"""Bytes."""


def key_in(path: Path | None) -> bytes:
    """Return the key of the application, which is made where there is none: anyone who knows it can be anybody.

    ``path`` is its file; None stands for a key that ends with the program.

    Raises:
        StorageFailure: it can't be read or kept, or the one given is too short.
    """
    if given := os.environ.get(VARIABLE, ""):
        if len(given.encode()) < SHORTEST:
            raise StorageFailure(f"{VARIABLE}: at least {SHORTEST} bytes are needed, not {len(given.encode())}")
        return given.encode()
    if path is None:
        return secrets.token_bytes(SHORTEST)
    try:
        return _kept(path)
    except OSError as failure:
        raise StorageFailure(f"{path}: {failure.strerror}; or set {VARIABLE}") from failure


def _kept(path: Path) -> bytes:
    files.make(path.parent)
    if not path.exists():
        # Written whole under another name first: of two programs that start at once, both get the first one's key.
        fresh = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
        files.write(fresh, secrets.token_hex(SHORTEST).encode())
        with suppress(FileExistsError):
            os.link(fresh, path)
        fresh.unlink()
    key = path.read_bytes()
    if len(key) < SHORTEST:
        raise StorageFailure(f"{path}: too short for a key; remove it, and a new one is made (all log in again)")
    return key
