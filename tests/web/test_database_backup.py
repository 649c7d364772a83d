"""A copy of the database is whole, its owner's alone, and comes back."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from databases import empty_database
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from web.accounts.audit import record
from web.accounts.models import Account, AccountRole, AuditEntry
from web.commands.main import main
from web.database.storage import Storage


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["database", *map(str, arguments)])


@pytest.fixture
def used(database: str) -> str:
    """A database with something in it."""
    with Storage.open(database).session.begin() as session:
        session.add(Account(login="wang", name="王", role=AccountRole.LIBRARIAN))
        record(session, None, "account.add")
    return database


def test_a_copy_comes_back(used: str, tmp_path: Path) -> None:
    open_all_the_while = Storage.open(used)
    with open_all_the_while.session() as reading:
        reading.scalars(select(Account)).all()
        done = run("backup", tmp_path / "copy", "--database", used)
    assert done.exit_code == 0, done.output
    assert stat.S_IMODE((tmp_path / "copy").stat().st_mode) == 0o600
    (tmp_path / "other").mkdir()
    with empty_database(open_all_the_while.engine.dialect.name, tmp_path / "other") as other:
        done = run("restore", tmp_path / "copy", "--database", other)
        assert done.exit_code == 0, done.output
        restored = Storage.open(other)
        with restored.session() as session:
            assert [(each.login, each.name) for each in session.scalars(select(Account))] == [("wang", "王")]
            assert len(session.scalars(select(AuditEntry)).all()) == 1
        with restored.engine.connect() as connection, pytest.raises(DBAPIError, match="append-only"):
            connection.exec_driver_sql("DELETE FROM audit")
        restored.engine.dispose()


def test_nothing_is_overwritten(used: str, tmp_path: Path) -> None:
    (tmp_path / "copy").write_text("precious")
    done = run("backup", tmp_path / "copy", "--database", used)
    assert done.exit_code == 2
    assert (tmp_path / "copy").read_text() == "precious"
    assert run("backup", tmp_path / "good", "--database", used).exit_code == 0
    done = run("restore", tmp_path / "good", "--database", used)
    assert done.exit_code == 2
    assert "is not empty" in done.stderr
    assert not list(tmp_path.glob(".copy*"))


@pytest.mark.parametrize("content", [b"", b"nonsense", b"SQLite format 3\0 and more", b"PGDMP and more", None])
def test_what_is_no_copy_is_one_line(database: str, tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "copy").write_bytes(content)
    done = run("restore", tmp_path / "copy", "--database", database)
    assert done.exit_code == 2
    assert len(done.stderr.splitlines()) == 1
    assert "internal error" not in done.stderr


def test_of_an_empty_database_there_is_no_copy(empty: str, tmp_path: Path) -> None:
    done = run("backup", tmp_path / "copy", "--database", empty)
    assert done.exit_code == 2
    assert not (tmp_path / "copy").exists()


def test_a_folder_that_is_not_there_is_one_line(used: str, tmp_path: Path) -> None:
    done = run("backup", tmp_path / "none" / "copy", "--database", used)
    assert done.exit_code == 2
    assert "No such file" in done.stderr
