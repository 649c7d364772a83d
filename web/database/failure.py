"""StorageFailure, importable without SQLAlchemy."""

from __future__ import annotations


class StorageFailure(Exception):
    """The database can't be used; the message is one line that says which, why, and what to do."""
