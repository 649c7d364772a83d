"""A copy of the database in one file, taken while the site runs, and back.

An embedded database is copied by SQLite itself, one on a server by PostgreSQL's own ``pg_dump`` and ``pg_restore``.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from tempfile import NamedTemporaryFile

from sqlalchemy import URL, inspect

from web.failure import StorageFailure
from web.storage import Storage

Progress = Callable[[int, int], None]
"""Called with how many pages were copied, and how many there are."""
_PAGES = 256
"""Pages that are copied at a time; writers may come between."""


def back_up(storage: Storage, target: Path, progress: Progress = lambda done, total: None) -> None:
    """Write a copy to a file that is not there yet; it appears when it is whole, for its owner alone.

    Raises:
        StorageFailure: the file is there, can't be written, or the database can't be read.
    """
    if not storage.version():
        raise StorageFailure(f"{storage.name}: there is nothing in it to keep")
    try:
        if target.exists():
            raise StorageFailure(f"{target}: is there already; name another file")
        with NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as file:
            part = Path(file.name)
        try:
            if storage.engine.dialect.name == "sqlite":
                _copy(storage, part, progress)
            else:
                _run("pg_dump", storage.engine.url, "--format=custom", f"--file={part}")
            os.link(part, target)  # unlike a renaming, it never replaces a file
        finally:
            part.unlink()
    except OSError as failure:
        raise StorageFailure(f"{target}: {failure.strerror}") from failure


def restore(storage: Storage, source: Path, progress: Progress = lambda done, total: None) -> None:
    """Fill an empty database from a copy.

    Raises:
        StorageFailure: the database is not empty, or the file is no copy of this kind of database.
    """
    storage.version()  # that it can be reached
    if inspect(storage.engine).get_table_names():
        raise StorageFailure(f"{storage.name}: is not empty; move it away, or name another with --database")
    try:
        with source.open("rb") as file:
            head = file.read(16)
    except OSError as failure:
        raise StorageFailure(f"{source}: {failure.strerror}") from failure
    if storage.file:
        if head != b"SQLite format 3\0":
            raise StorageFailure(f"{source}: no copy of an embedded database")
        copy = Storage.at(str(source))
        if not copy.version():
            raise StorageFailure(f"{source}: no copy of a database of this program")
        storage.engine.dispose()
        _copy(copy, storage.file, progress)
    else:
        if not head.startswith(b"PGDMP"):
            raise StorageFailure(f"{source}: no copy of a database on PostgreSQL")
        database = f"--dbname={storage.engine.url.database}"
        url = storage.engine.url
        _run("pg_restore", url, "--no-owner", "--single-transaction", "--exit-on-error", database, str(source))


def _copy(storage: Storage, target: Path, progress: Progress) -> None:
    with closing(storage.engine.raw_connection()) as opened, closing(sqlite3.connect(target)) as copy:
        source = opened.driver_connection
        assert isinstance(source, sqlite3.Connection)
        try:
            source.backup(copy, pages=_PAGES, progress=lambda _, left, total: progress(total - left, total))
            found = copy.execute("PRAGMA quick_check").fetchone()[0]
        except sqlite3.Error as failure:
            raise StorageFailure(f"{storage.name}: {failure}") from failure
        if found != "ok":
            raise StorageFailure(f"{storage.name}: damaged ({found})")


def _run(program: str, url: URL, *options: str) -> None:
    """Run a program of PostgreSQL's; it is told the password in its environment, where others can't see it."""
    found = shutil.which(program)
    if found is None:
        raise StorageFailure(f"{program} is not installed; it comes with PostgreSQL's client programs")
    done = subprocess.run(
        [found, "--no-password", *options], env=_environment(url), capture_output=True, text=True, check=False
    )
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        raise StorageFailure(f"{program}: {said[0].removeprefix(f'{program}: ').removeprefix('error: ')}")


def _environment(url: URL) -> Mapping[str, str]:
    host = url.host or url.query.get("host", "")
    known = {
        "PGHOST": host if isinstance(host, str) else host[0],
        "PGPORT": str(url.port or url.query.get("port", "")),
        "PGUSER": url.username or "",
        "PGPASSWORD": url.password or "",
        "PGDATABASE": url.database or "",
    }
    return {**os.environ, **{name: value for name, value in known.items() if value}}
