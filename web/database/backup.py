"""A copy of the database in one file, taken while the site runs, and back.

An embedded database is copied by SQLite itself, one on a server by PostgreSQL's own ``pg_dump`` and ``pg_restore``.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from tempfile import NamedTemporaryFile, TemporaryDirectory

from sqlalchemy import URL, inspect
from sqlalchemy.exc import DBAPIError

from indexer.progress import Progress, silent
from web.database.failure import StorageFailure
from web.database.storage import Storage

MAGIC, DUMP_MAGIC = b"SQLite format 3\0", b"PGDMP"
"""The first bytes of copies, of an embedded database and of one on a server."""
ASIDE = "wenyuan_before_"
"""The prefix of schemas in which a server keeps what a restoration has replaced."""
STEP = "database"
"""The name of a copy in reports of progress, which count its pages."""
_PAGES = 256
"""Pages that are copied at a time; writers may come between."""


def back_up(storage: Storage, target: Path, progress: Progress = silent) -> None:
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
                _run("pg_dump", storage.engine.url, "--format=custom", f"--exclude-schema={ASIDE}*", f"--file={part}")
            os.link(part, target)  # unlike a renaming, it never replaces a file
        finally:
            part.unlink()
    except OSError as failure:
        raise StorageFailure(f"{target}: {failure.strerror}") from failure


def restore(storage: Storage, source: Path, progress: Progress = silent) -> None:
    """Fill an empty database from a copy.

    Raises:
        StorageFailure: the database is not empty, or the file is no copy of this kind of database.
    """
    if not is_empty(storage):
        raise StorageFailure(f"{storage.name}: is not empty; move it away, or name another with --database")
    try:
        with source.open("rb") as file:
            head = file.read(16)
    except OSError as failure:
        raise StorageFailure(f"{source}: {failure.strerror}") from failure
    if storage.file:
        if head != MAGIC:
            raise StorageFailure(f"{source}: no copy of an embedded database")
        with TemporaryDirectory(dir=storage.file.parent, prefix=f".{storage.file.name}.") as folder:
            # The copy may lie where nothing can be written, and SQLite writes beside what it reads.
            copy = Path(folder, "copy")
            for name in ("", "-wal"):  # of a database that was copied by hand, the journal has what came last
                if (beside := source.with_name(f"{source.name}{name}")).is_file():
                    shutil.copyfile(beside, copy.with_name(f"copy{name}"))
            require_copy(copy, source)
            storage.engine.dispose()
            opened = Storage.at(str(copy))
            _copy(opened, storage.file, progress)
            opened.engine.dispose()
    else:
        require_dump(head.startswith(DUMP_MAGIC), source)
        _fill(storage.engine.url, source)


def is_empty(storage: Storage) -> bool:
    """Return whether a database has no tables yet.

    Raises:
        StorageFailure: it can't be reached.
    """
    storage.version()
    return not inspect(storage.engine).get_table_names()


def require_copy(file: Path, source: Path) -> None:
    """Check that a file, which may be written to, is a whole database of this program; ``source`` is where it is from.

    Raises:
        StorageFailure: it is not.
    """
    copy = Storage.at(str(file))
    try:
        if not copy.version():
            raise StorageFailure(f"{source}: no copy of a database of this program")
        with copy.engine.connect() as connection:
            found = connection.exec_driver_sql("PRAGMA quick_check").scalar_one()
            connection.exec_driver_sql("PRAGMA journal_mode = DELETE")  # nothing of it is left beside it
    except DBAPIError as failure:
        raise StorageFailure(f"{source}: damaged ({failure.orig})") from failure
    finally:
        copy.engine.dispose()
    if found != "ok":
        raise StorageFailure(f"{source}: damaged ({found})")


def require_dump(is_one: bool, source: Path) -> None:
    """Check that what is to go to a server comes from one.

    Raises:
        StorageFailure: it does not.
    """
    if not is_one:
        raise StorageFailure(f"{source}: no copy of a database on PostgreSQL")


def replace_schema(address: str, dump: Path, stamp: str, undo: ExitStack) -> Sequence[Path]:
    """Fill a database on a server from a dump; the tables that it has are kept aside in a schema of their own.

    What would take it back is laid on ``undo``.

    Raises:
        StorageFailure: it can't be done; the database is unchanged.
    """
    storage = Storage.at(address)
    kept = f"{ASIDE}{stamp.lower()}"
    try:
        held = bool(inspect(storage.engine).get_table_names())
        with storage.engine.begin() as connection:
            if held:
                connection.exec_driver_sql(f"ALTER SCHEMA public RENAME TO {kept}")
                connection.exec_driver_sql("CREATE SCHEMA public")
        undo.callback(_take_back, address, kept if held else "")
        _fill(storage.engine.url, dump)
    except DBAPIError as failure:
        raise StorageFailure(f"{storage.name}: {' '.join(str(failure.orig).split())}") from failure
    finally:
        storage.engine.dispose()
    return (Path(f"{storage.name}, schema {kept}"),) if held else ()


def _take_back(address: str, kept: str) -> None:
    """Undo :func:`replace_schema` on a database on a server."""
    storage = Storage.at(address)
    with storage.engine.begin() as connection:
        connection.exec_driver_sql("DROP SCHEMA public CASCADE")
        connection.exec_driver_sql(f"ALTER SCHEMA {kept} RENAME TO public" if kept else "CREATE SCHEMA public")
    storage.engine.dispose()


def _fill(url: URL, dump: Path) -> None:
    options = ("--no-owner", "--single-transaction", "--exit-on-error", f"--dbname={url.database}")
    _run("pg_restore", url, *options, str(dump))


def _copy(storage: Storage, target: Path, progress: Progress) -> None:
    with closing(storage.engine.raw_connection()) as opened, closing(sqlite3.connect(target)) as copy:
        source = opened.driver_connection
        assert isinstance(source, sqlite3.Connection)
        try:
            source.backup(copy, pages=_PAGES, progress=lambda _, left, total: progress(STEP, total - left, total))
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
