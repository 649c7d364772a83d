"""The key that signs cookies: made once and kept with the database, or given by the environment.

Beside a database in a file it is a file; a database on a server, which several machines may share, has it in a table.
The key alone logs nobody in: a session is a row, and a cookie has to know its secret.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from indexer.store import files
from web.accounts.models import SiteKey
from web.database.failure import StorageFailure
from web.database.storage import Storage

VARIABLE = "WENYUAN_SECRET_KEY"
SHORTEST = 32
"""Bytes."""
_ONLY = 1
"""The number of the only row."""


def key_of(storage: Storage, path: Path | None) -> bytes:
    """Return the key of an application over a database; see :func:`key_in`.

    On a server it stands in the database, and a file that has it from before is read once.

    Raises:
        StorageFailure: it can't be read or kept, or the one given is too short.
    """
    if storage.engine.dialect.name == "sqlite" or os.environ.get(VARIABLE):
        return key_in(path)
    with storage.session.begin() as session:
        held = session.scalar(select(SiteKey.key))
        if held is None:
            known = path.read_text("ascii") if path and path.is_file() else secrets.token_hex(SHORTEST)
            session.execute(insert(SiteKey).values(id=_ONLY, key=known).on_conflict_do_nothing())
            held = session.scalars(select(SiteKey.key)).one()  # of two that start at once, the first one's
    return held.encode()


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
