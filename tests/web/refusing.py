"""A database that takes no writes, as a full disk or a replica does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from web.database.storage import Storage

SWITCH = {
    "sqlite": ("PRAGMA query_only = ON", "PRAGMA query_only = OFF"),
    "postgresql": ("SET default_transaction_read_only = on", "SET default_transaction_read_only = off"),
}


@contextmanager
def unwritable(storage: Storage) -> Iterator[None]:
    """Within this, whatever writes to the database fails at once, and whatever reads does not."""
    on, off = SWITCH[storage.engine.dialect.name]

    def switch(connection: Any, *_: object, statement: str = on) -> None:
        cursor = connection.cursor()
        cursor.execute(statement)
        cursor.close()
        connection.commit()

    event.listen(storage.engine, "checkout", switch)
    try:
        yield
    finally:
        event.remove(storage.engine, "checkout", switch)
        event.listen(storage.engine, "checkout", lambda connection, *_: switch(connection, statement=off))
