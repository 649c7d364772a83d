"""Databases for tests: an embedded one, and a new one on a server of PostgreSQL where there is one.

Setting up tables step by step takes longer than many a test: it is done once, and then copied.
"""

from __future__ import annotations

import atexit
import os
import shutil
import sqlite3
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import skips
from alembic import command
from alembic.migration import MigrationContext
from sqlalchemy import URL, Connection, create_engine, make_url

from web.database.storage import Storage, _migrations

SERVER = "WENYUAN_TEST_POSTGRESQL"
"""Names the address of a server on which databases may be made and dropped."""
KINDS = ("sqlite", "postgresql")


@contextmanager
def empty_database(kind: str, folder: Path) -> Iterator[str]:
    """The address of a database without tables; it is gone afterwards."""
    if kind == "sqlite":
        yield str(folder / "wenyuan.sqlite")
        return
    url = _made()
    yield url.render_as_string(hide_password=False)
    _on_server(f"DROP DATABASE {url.database} WITH (FORCE)")


@contextmanager
def new_database(kind: str, folder: Path) -> Iterator[str]:
    """The address of a database that is set up and has no rows; it is gone afterwards."""
    if kind == "sqlite":
        shutil.copyfile(_file(), folder / "wenyuan.sqlite")
        yield str(folder / "wenyuan.sqlite")
        return
    url = _made(_template().database)
    yield url.render_as_string(hide_password=False)
    _on_server(f"DROP DATABASE {url.database} WITH (FORCE)")


def migrate(connection: Connection, revision: str) -> None:
    """Take a database up or down to a step."""
    config = _migrations()
    config.attributes["connection"] = connection
    held = MigrationContext.configure(connection).get_current_revision() or ""
    (command.upgrade if revision > held else command.downgrade)(config, revision)


def set_up_in_memory(storage: Storage) -> None:
    """Give an empty database in memory its tables."""
    with storage.engine.connect() as connection, sqlite3.connect(_file()) as template:
        held = connection.connection.driver_connection
        assert held
        template.backup(held)


@cache
def _file() -> Path:
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder)
    storage = Storage.open(str(folder / "wenyuan.sqlite"))
    storage.engine.dispose()  # which writes the log of the database into it
    return folder / "wenyuan.sqlite"


@cache
def _template() -> URL:
    url = _made()
    atexit.register(_on_server, f"DROP DATABASE {url.database} WITH (FORCE)")
    storage = Storage.open(url.render_as_string(hide_password=False))
    storage.engine.dispose()  # of what somebody is connected to no copy is made
    return url


def _made(template: str | None = None) -> URL:
    """Make a database on the server, and return its address."""
    name = f"wenyuan_{uuid.uuid4().hex}"
    _on_server(f"CREATE DATABASE {name}" + (f" TEMPLATE {template}" if template else ""))
    return _server().set(database=name)


def _server() -> URL:
    server = os.environ.get(SERVER)
    if not server:
        skips.skip(f"NOTHING WAS TESTED ON POSTGRESQL: {SERVER} is not set", forbidden=os.environ.get("CI"))
    return make_url(server).set(drivername="postgresql+psycopg")


def _on_server(statement: str) -> None:
    engine = create_engine(_server(), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()
