"""The database: accounts and what staff write. Texts are not in it; they are in the index.

One address says where it is: a path or ``sqlite:///…`` for a file, ``postgresql://…`` for a server, nothing for one in
memory that ends with the program. Areas define their tables as subclasses of :class:`Base` and change them by
migrations, see ``web/database/migrations/``.
"""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any, cast

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask, current_app, g, has_request_context, request
from sqlalchemy import (
    URL,
    Connection,
    CursorResult,
    DateTime,
    Delete,
    Dialect,
    Engine,
    MetaData,
    Update,
    create_engine,
    event,
    make_url,
    text,
)
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Session, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool
from sqlalchemy.types import TypeDecorator

from indexer.store import files
from web.database.failure import StorageFailure

MIGRATIONS = Path(__file__).with_name("migrations")
PATIENCE = 10
"""Seconds that a write waits for another one, and a connection for its server."""
_UPGRADE_PATIENCE = 600
"""Seconds that an upgrade of a file waits for another one."""
HASTE = 1
"""Seconds that the write of a request waits which is answered as well without it."""
_READING = ("GET", "HEAD", "OPTIONS")
"""Methods of requests that write nothing which a person would miss."""
_UPGRADING = 7_146_290
"""The number of the lock that PostgreSQL holds during an upgrade: any that nobody else uses."""


# Its word on every step of a migration is no news to a reader of the server's log.
logging.getLogger("alembic").setLevel(logging.WARNING)


class Base(DeclarativeBase):
    """What every table derives from. Constraints get names by rule, so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Moment(TypeDecorator[datetime]):
    """A moment with its time zone, kept and given as UTC; SQLite itself knows no zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Convert a moment to UTC.

        Raises:
            ValueError: it has no time zone.
        """
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return a moment in UTC, whatever zone the server is in."""
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def now() -> datetime:
    """Return the present moment."""
    return datetime.now(UTC)


def today() -> date:
    """Return the local date."""
    return now().astimezone().date()


class Storage:
    """One database, brought up to date."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.session = sessionmaker(engine)
        """Opens a session: ``with storage.session() as opened``; ``session.begin()`` commits at the end."""

    @classmethod
    def open(cls, address: str = "") -> Storage:
        """Open the database; an empty one gets its tables.

        Raises:
            StorageFailure: it can't be reached, or its tables are those of another version of the program.
        """
        storage = cls(_engine(address))
        try:
            held, wanted = storage.version(), latest()
            if held == "":
                storage.upgrade()
            elif held != wanted:
                raise StorageFailure(_other_version(storage.name, held))
        except BaseException:
            storage.engine.dispose()
            raise
        return storage

    @classmethod
    def at(cls, address: str) -> Storage:
        """Open a database of any version without upgrading it; to upgrade it, or to look at it.

        Raises:
            StorageFailure: the address is none.
        """
        return cls(_engine(address))

    @property
    def name(self) -> str:
        """The address as it may be shown: without a password."""
        return self.engine.url.render_as_string(hide_password=True)

    @staticmethod
    def name_of(address: str) -> str:
        """Return an address as it may be shown, without opening what it names."""
        return _url(address).render_as_string(hide_password=True)

    @property
    def file(self) -> Path | None:
        """The file of an embedded database; None for one on a server or in memory."""
        database = self.engine.url.database
        return Path(database) if self.engine.dialect.name == "sqlite" and database else None

    def version(self) -> str:
        """Return the last migration that the database has seen; empty where there was none.

        Raises:
            StorageFailure: it can't be reached.
        """
        with self._reached() as connection:
            return MigrationContext.configure(connection).get_current_revision() or ""

    def upgrade(self) -> None:
        """Upgrade the tables, all or nothing. Of two that do so at once, the second waits.

        Raises:
            StorageFailure: it can't be reached.
        """
        with self._reached() as connection:
            if connection.dialect.name == "sqlite":
                # Off while tables are rebuilt; what they refer to is looked at when all is done.
                connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
                # Another upgrade may take its time, too; the next checkout sets it as it was.
                connection.exec_driver_sql(f"PRAGMA busy_timeout = {1000 * _UPGRADE_PATIENCE}")
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            else:
                connection.exec_driver_sql("SET LOCAL lock_timeout = 0")  # another upgrade may take its time
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _UPGRADING})
            config = _migrations()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            if connection.dialect.name == "sqlite":
                broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
                if broken:
                    raise StorageFailure(f"{self.name}: table {broken[0][0]} refers to rows that are not there")
            connection.commit()
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("PRAGMA foreign_keys = ON")

    @contextmanager
    def _reached(self) -> Iterator[Connection]:
        try:
            with self.engine.connect() as connection:
                yield connection
        except DBAPIError as failure:
            raise StorageFailure(f"{self.name}: {_reason(failure)}") from failure


def file_of(address: str) -> Path | None:
    """Return the file of an embedded database, whether it is there or not; None for one on a server or in memory.

    Raises:
        StorageFailure: the address is none.
    """
    url = _url(address)
    held = url.get_backend_name() == "sqlite" and url.database not in (None, "", ":memory:")
    return Path(str(url.database)) if held else None


def is_on_server(address: str) -> bool:
    """Return whether an address names a database that other machines can use, too.

    Raises:
        StorageFailure: the address is none.
    """
    return _url(address).get_backend_name() != "sqlite"


@cache
def latest() -> str:
    """Return the last migration that the program has."""
    return ScriptDirectory.from_config(_migrations()).get_current_head() or ""


def register(app: Flask, storage: Storage) -> None:
    """Register the database with the application."""
    app.extensions["storage"] = storage
    app.teardown_appcontext(_close)


def storage() -> Storage:
    """Return the database of the current application."""
    return cast(Storage, current_app.extensions["storage"])


def session() -> Session:
    """Return the session of the current request; changes that are not committed by its end are undone."""
    if "session" not in g:
        g.session = storage().session()
    return cast(Session, g.session)


def rows_changed(session: Session, statement: Update | Delete) -> int:
    """Execute a statement that changes or removes rows, and return how many."""
    return cast("CursorResult[Any]", session.execute(statement)).rowcount


@contextmanager
def aside() -> Iterator[Session]:
    """Open a transaction beside that of the request, for a write that may fail; it is committed at the end.

    It waits :data:`HASTE` seconds at most, and the request's own session is as it was whatever becomes of it. A
    database in memory has one connection, which the request holds: there it is the request's own transaction.

    Raises:
        DBAPIError: nothing was written.
    """
    held = storage()
    if held.engine.dialect.name == "sqlite" and held.file is None:
        yield session()
        session().commit()
        return
    with held.session.begin() as opened:
        if held.engine.dialect.name != "sqlite":
            opened.execute(text(f"SET LOCAL lock_timeout = '{HASTE}s'"))
        yield opened


def give_up() -> None:
    """Undo what the request has not committed and let its connection go; no failure is raised."""
    opened: Session | None = g.pop("session", None)
    if opened is not None:
        with suppress(SQLAlchemyError):
            opened.rollback()
        with suppress(SQLAlchemyError):
            opened.close()


class Trouble(StrEnum):
    """Why a database can't be used, as far as a waiting reader is concerned."""

    BUSY = "busy"
    FULL = "full"
    GONE = "gone"
    OTHER = "other"


_TROUBLES = {
    "SQLITE_BUSY": Trouble.BUSY,
    "SQLITE_LOCKED": Trouble.BUSY,
    "SQLITE_FULL": Trouble.FULL,
    "SQLITE_IOERR": Trouble.GONE,
    "SQLITE_CANTOPEN": Trouble.GONE,
    "SQLITE_READONLY": Trouble.GONE,
    "55P03": Trouble.BUSY,  # lock_not_available
    "57014": Trouble.BUSY,  # query_canceled
    "53100": Trouble.FULL,  # disk_full
    "53300": Trouble.BUSY,  # too_many_connections
}
"""SQLite's primary result codes (https://sqlite.org/rescode.html) and PostgreSQL's SQLSTATEs."""


def trouble(failure: SQLAlchemyError) -> tuple[Trouble, str]:
    """Return why the database can't be used, and a code for the log, which tells nothing of what was written."""
    cause = failure.orig if isinstance(failure, DBAPIError) else failure
    code = getattr(cause, "sqlite_errorname", None) or getattr(cause, "sqlstate", None) or type(cause).__name__
    primary = "_".join(code.split("_")[:2]) if code.startswith("SQLITE_") else code
    if primary in _TROUBLES:
        return _TROUBLES[primary], code
    # A server that does not answer leaves no code.
    lost = isinstance(failure, DBAPIError) and (failure.connection_invalidated or type(cause).__name__ == code)
    return (Trouble.GONE if lost and isinstance(failure, OperationalError) else Trouble.OTHER), code


def _close(_: BaseException | None) -> None:
    opened: Session | None = g.pop("session", None)
    if opened is not None:
        opened.close()


def _engine(address: str) -> Engine:
    url = _url(address)
    if url.get_backend_name() != "sqlite":
        waiting = {} if "options" in url.query else {"options": f"-c lock_timeout={PATIENCE}s"}
        return create_engine(
            url, pool_pre_ping=True, hide_parameters=True, connect_args={"connect_timeout": PATIENCE, **waiting}
        )
    # Reads take no lock; a write takes the lock when it begins, so that it waits for others instead of failing.
    options: dict[str, Any] = {
        "connect_args": {"timeout": PATIENCE, "isolation_level": "IMMEDIATE"},
        "hide_parameters": True,
    }
    if url.database in (None, "", ":memory:"):
        # A database in memory is that of its one connection, which the threads take in turn.
        options["connect_args"]["check_same_thread"] = False
        options |= {"poolclass": QueuePool, "pool_size": 1, "max_overflow": 0}
    else:
        _create(Path(str(url.database)))
    engine = create_engine(url, **options)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "checkout", _wait_as_long_as_it_matters)
    event.listen(engine, "savepoint", _begin)
    return engine


def _url(address: str) -> URL:
    if "://" not in address:
        return URL.create("sqlite", database=address or None)
    try:
        url = make_url(address)
    except ArgumentError as failure:
        raise StorageFailure("the database's address is not one that can be read") from failure
    if url.drivername in ("postgresql", "postgres", "postgresql+psycopg"):
        return url.set(drivername="postgresql+psycopg")
    if url.drivername != "sqlite":
        raise StorageFailure(f"{url.drivername}: no such kind of database; there are sqlite and postgresql")
    return url


def _create(file: Path) -> None:
    """Create an empty file that its owner alone may read; SQLite gives those beside it the same rights."""
    try:
        files.make(file.parent)
        os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as failure:
        raise StorageFailure(f"{file}: {failure.strerror}") from failure


def _prepare(connection: sqlite3.Connection, _: ConnectionPoolEntry) -> None:
    # FULL: with NORMAL a power cut takes back the last commits in WAL mode, https://sqlite.org/pragma.html#pragma_synchronous
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "recursive_triggers = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _wait_as_long_as_it_matters(connection: sqlite3.Connection, *_: object) -> None:
    """Set how long a write waits for others, see :data:`PATIENCE`."""
    hasty = has_request_context() and request.method in _READING
    connection.execute(f"PRAGMA busy_timeout = {1000 * (HASTE if hasty else PATIENCE)}")


def _begin(connection: Connection, _: str) -> None:
    """Begin before a savepoint: alone it would be the transaction, and be committed when it is released."""
    driver = connection.connection.driver_connection
    if isinstance(driver, sqlite3.Connection) and not driver.in_transaction:
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _migrations() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


def _other_version(name: str, held: str) -> str:
    known = {each.revision for each in ScriptDirectory.from_config(_migrations()).walk_revisions()}
    if held in known:
        return (
            f"{name}: its tables are of an earlier version ({held}); keep a copy with `wenyuan database backup FILE`, "
            "then run `wenyuan database upgrade`"
        )
    return f"{name}: its tables are of a later version ({held}) than this program; install the later program"


def _reason(failure: DBAPIError) -> str:
    return " ".join(str(failure.orig).split())
