"""Paths of what belongs to a database but is not in it: the cookies' key, the base of answers."""

from __future__ import annotations

from pathlib import Path

from web.database.storage import Storage
from web.serving.config import Config


def place(storage: Storage, config: Config, suffix: str) -> Path | None:
    """Return the path for one such thing, named by its suffix; None where the database is in memory.

    It is in the state folder where the database is on a server or the configuration names the folder; otherwise it is
    beside the database's file.
    """
    if storage.engine.dialect.name == "sqlite" and storage.file is None:
        return None
    return place_beside(storage.file, config, suffix)


def place_beside(database: Path | None, config: Config, suffix: str) -> Path:
    """Return the same for an embedded database in a file, or with None for one on a server."""
    if database is None or "state" in config.model_fields_set:
        return config.state / f"wenyuan{suffix}"
    return database.with_suffix(suffix)
