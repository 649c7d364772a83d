"""Databases for tests: an embedded one, and a new one on a server of PostgreSQL where there is one."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import skips
from sqlalchemy import create_engine, make_url

SERVER = "WENYUAN_TEST_POSTGRESQL"
"""Names the address of a server on which databases may be made and dropped."""
KINDS = ("sqlite", "postgresql")


@contextmanager
def empty_database(kind: str, folder: Path) -> Iterator[str]:
    """The address of a database without tables; it is gone afterwards."""
    if kind == "sqlite":
        yield str(folder / "wenyuan.sqlite")
        return
    server = os.environ.get(SERVER)
    if not server:
        skips.skip(f"NOTHING WAS TESTED ON POSTGRESQL: {SERVER} is not set", forbidden=os.environ.get("CI"))
    url = make_url(server).set(drivername="postgresql+psycopg")
    name = f"wenyuan_{uuid.uuid4().hex}"
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
        yield url.set(database=name).render_as_string(hide_password=False)
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    engine.dispose()
