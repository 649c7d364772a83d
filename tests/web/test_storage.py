"""The database: set up, brought up to date, and safe to share, on every kind."""

from __future__ import annotations

import sqlite3
import stat
import threading
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from web.accounts.audit import record
from web.accounts.models import Account, AccountRole, AuditEntry
from web.commands.main import main
from web.database.failure import StorageFailure
from web.database.storage import MIGRATIONS, Base, Storage, latest


def account(login: str = "wang", role: AccountRole = AccountRole.READER) -> Account:
    return Account(login=login, name="王", role=role)


def test_an_empty_database_is_set_up(empty: str) -> None:
    assert Storage.open(empty).version() == latest()
    assert Storage.open(empty).version() == latest()


def test_the_steps_make_the_tables_of_the_classes(empty: str, app: Flask) -> None:
    with Storage.open(empty).engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_the_steps_are_one_row() -> None:
    scripts = ScriptDirectory(str(MIGRATIONS))
    assert len(scripts.get_heads()) == 1
    steps = [step.revision for step in scripts.walk_revisions()][::-1]
    assert steps == [f"{number:04}" for number in range(1, len(steps) + 1)]


def test_an_older_or_newer_database_is_left_as_it_is(database: str) -> None:
    storage = Storage.open(database)
    for version, advice in (("9999", "install the later program"),):
        with storage.engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = :held"), {"held": version})
        with pytest.raises(StorageFailure, match=advice) as failure:
            Storage.open(database)
        assert "\n" not in str(failure.value)


def test_two_that_set_up_at_once_do_not_disturb_each_other(empty: str) -> None:
    failures: list[BaseException] = []

    def open_it() -> None:
        try:
            Storage.open(empty)
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=open_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert Storage.open(empty).version() == latest()


def test_an_upgrade_waits_for_another_one_that_takes_its_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.database.storage.PATIENCE", 0)
    file = tmp_path / "wenyuan.sqlite"
    other = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    other.execute("PRAGMA journal_mode = WAL")
    other.execute("BEGIN IMMEDIATE")
    ending = threading.Timer(0.3, other.rollback)
    ending.start()
    assert Storage.open(str(file)).version() == latest()
    ending.join()
    other.close()


def test_an_upgrade_that_fails_leaves_nothing_behind(empty: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(table: str) -> None:
        raise RuntimeError("the power failed")

    with monkeypatch.context() as broken:
        broken.setattr("web.database.migrations.append_only.append_only", fail)
        with pytest.raises(RuntimeError):
            Storage.open(empty)
    assert Storage.at(empty).version() == ""
    assert Storage.open(empty).version() == latest()


def test_moments_come_back_as_they_were(database: str) -> None:
    storage = Storage.open(database)
    moment = datetime(2026, 2, 3, 4, 5, 6, tzinfo=timezone(timedelta(hours=8)))
    with storage.session.begin() as session:
        session.add(Account(login="wang", name="王", role=AccountRole.READER, created=moment))
    with storage.session() as session:
        (kept,) = session.scalars(select(Account))
        assert kept.created == moment
        assert kept.created.utcoffset() == timedelta(0)


def test_rows_refer_to_rows_that_are_there(database: str) -> None:
    storage = Storage.open(database)
    with storage.session() as session:
        session.add(AuditEntry(account_id=77, who="x", action="x"))
        with pytest.raises(IntegrityError):
            session.commit()


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE audit SET who = 'x'",
        "DELETE FROM audit",
        "INSERT OR REPLACE INTO audit SELECT * FROM audit",
        "TRUNCATE audit",
    ],
)
def test_nobody_changes_the_log(database: str, change: str) -> None:
    storage = Storage.open(database)
    only = {"INSERT": "sqlite", "TRUNCATE": "postgresql"}.get(change.split()[0], "")
    if only and storage.engine.dialect.name != only:
        return
    with storage.session.begin() as session:
        record(session, None, "account.add", "account:1")
    with storage.engine.connect() as connection, pytest.raises(DBAPIError, match="append-only"):
        connection.exec_driver_sql(change)
    with storage.session() as session:
        assert [entry.action for entry in session.scalars(select(AuditEntry))] == ["account.add"]


def test_what_is_not_committed_is_undone_savepoints_and_all(database: str) -> None:
    storage = Storage.open(database)
    with storage.session() as session:
        with session.begin_nested():
            session.add(account())
        session.rollback()
    with storage.session() as session:
        assert session.scalars(select(Account)).all() == []


def test_writers_wait_for_each_other(database: str) -> None:
    storage = Storage.open(database)
    with storage.session.begin() as session:
        session.add(account())

    def add() -> None:
        for _ in range(20):
            with storage.session.begin() as session:
                session.scalars(select(AuditEntry)).all()  # a read before the write, as in a request
                record(session, None, "account.log-in")

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with storage.session() as session:
        assert len(session.scalars(select(AuditEntry)).all()) == 80


def test_a_file_is_its_owners_alone(tmp_path: Path) -> None:
    storage = Storage.open(str(tmp_path / "new" / "wenyuan.sqlite"))
    with storage.session.begin() as session:
        session.add(account())
    files = list((tmp_path / "new").iterdir())
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert storage.file in files


@pytest.mark.parametrize(
    "address", ["mysql://a/b", "://", "postgresql://nobody:secret@127.0.0.1:1/none", "/dev/null/x"]
)
def test_a_database_that_can_not_be_used_is_one_line_without_its_password(address: str) -> None:
    with pytest.raises(StorageFailure) as failure:
        Storage.open(address)
    assert "\n" not in str(failure.value)
    assert "secret" not in str(failure.value)


def test_the_command_line_tells_the_version_and_upgrades(empty: str) -> None:
    def run(*arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(main, ["database", *arguments, "--database", empty])
        return done.exit_code, done.output

    assert run("status")[0] == 1
    code, told = run("upgrade")
    assert (code, latest() in told) == (0, True)
    assert run("status")[0] == 0
