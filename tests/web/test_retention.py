"""Nothing leaves the logs but by the commands that say so, and those lose nothing."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, OperationalError

from web.accounts import retention
from web.accounts.models import Account, AccountRole, AuditEntry
from web.commands.main import main
from web.database.failure import StorageFailure
from web.database.storage import Storage, now
from web.desk.models import Case, KeptSearch
from web.desk.states import Status, Tier

DAY = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def storage(database: str) -> Storage:
    """A database with a log: ten lines of February, five of today."""
    opened = Storage.open(database)
    with opened.session.begin() as session:
        for number in range(10):
            at = DAY - timedelta(days=10 - number)
            session.add(AuditEntry(at=at, who="王", address="192.0.2.1", action=f"old-{number}", detail="a\nb"))
        for number in range(5):
            session.add(AuditEntry(who="王", action=f"new-{number}"))
    return opened


def run(database: str, *arguments: str) -> Result:
    return CliRunner().invoke(main, [*arguments, "--database", database])


def lines(storage: Storage) -> list[AuditEntry]:
    with storage.session() as session:
        return list(session.scalars(select(AuditEntry).order_by(AuditEntry.id)))


def test_old_lines_go_into_a_file_and_the_log_says_so(storage: Storage, database: str, tmp_path: Path) -> None:
    before = lines(storage)
    file = tmp_path / "log.jsonl"
    done = run(database, "accounts", "audit", "--export", str(file), "--before", "2026-03-01")
    assert done.exit_code == 0, done.output
    kept = lines(storage)
    written = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    assert [each["action"] for each in written] == [f"old-{number}" for number in range(10)]
    assert written[0] == {
        "id": before[0].id,
        "at": before[0].at.isoformat(),
        "account": None,
        "who": "王",
        "address": "192.0.2.1",
        "action": "old-0",
        "subject": "",
        "detail": "a\nb",
    }
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [each.action for each in kept] == [*(f"new-{number}" for number in range(5)), "audit.export"]
    told, digest = kept[-1], hashlib.sha256(file.read_bytes()).hexdigest()
    assert told.who == "(command line)"
    assert told.id > max(each["id"] for each in written)
    assert all(part in told.detail for part in ("10 lines", "2026-02-19", "2026-02-28", digest, "log.jsonl"))
    assert digest in done.output
    for change in ("DELETE FROM audit", "UPDATE audit SET who = 'x'"):  # the triggers are back
        with storage.engine.connect() as connection, pytest.raises(DBAPIError, match="append-only"):
            connection.execute(text(change))
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith(".")] == []


def test_a_number_is_never_given_twice(storage: Storage, database: str, tmp_path: Path) -> None:
    last = lines(storage)[-1].id
    assert retention.export(storage, tmp_path / "all", now()) is not None
    assert [each.id > last for each in lines(storage)] == [True]


@pytest.mark.parametrize("day", ["2999-01-01", "2026-13-01", "yesterday"])
def test_what_can_not_be_exported_is_a_line(storage: Storage, database: str, tmp_path: Path, day: str) -> None:
    done = run(database, "accounts", "audit", "--export", str(tmp_path / "x"), "--before", day)
    assert done.exit_code == 2
    assert len(done.stderr.splitlines()) == 1
    assert "internal error" not in done.stderr
    assert not (tmp_path / "x").exists()


def test_no_file_is_written_over_and_none_is_made_for_nothing(storage: Storage, database: str, tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl"
    assert "no line" in run(database, "accounts", "audit", "--export", str(file), "--before", "2020-01-01").output
    assert not file.exists()
    file.write_text("mine")
    for target in (file, tmp_path / "nowhere" / "x"):
        done = run(database, "accounts", "audit", "--export", str(target), "--before", "2026-03-01")
        assert done.exit_code == 2
        assert len(done.stderr.splitlines()) == 1
    assert file.read_text() == "mine"
    assert len(lines(storage)) == 15


@pytest.mark.parametrize("dying", ["_write", "_removable", "record"])
def test_what_fails_on_the_way_removes_nothing(
    storage: Storage, tmp_path: Path, dying: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise OperationalError("", {}, Exception("the disk is full"))

    with monkeypatch.context() as broken:
        broken.setattr(retention, dying, die)
        with pytest.raises(StorageFailure, match="the disk is full"):
            retention.export(storage, tmp_path / "log", DAY)
    assert len(lines(storage)) == 15
    with storage.engine.connect() as connection, pytest.raises(DBAPIError, match="append-only"):
        connection.execute(text("DELETE FROM audit"))
    assert (tmp_path / "log").exists() == (dying != "_write")  # what is written stays: it may be all that is left


FORGERIES: dict[str, tuple[str, str]] = {
    "audit": (
        "INSERT INTO audit VALUES (1, '2026-01-01', NULL, 'wang', '', 'x', '', '')",
        "INSERT OR REPLACE INTO audit VALUES (1, '2026-01-01', NULL, 'li', '', 'x', '', '')",
    ),
    "desk_event": (
        "INSERT INTO desk_event VALUES (1, 1, '2026-01-01', NULL, 'x', '')",
        "REPLACE INTO desk_event VALUES (1, 1, '2026-01-01', NULL, 'forged', '')",
    ),
    "desk_revision by number": (
        "INSERT INTO desk_revision VALUES (1, 1, 1, 'first', '2026-01-01', 1)",
        "INSERT OR REPLACE INTO desk_revision VALUES (9, 1, 1, 'forged', '2026-01-01', 1)",
    ),
    "desk_revision": (
        "INSERT INTO desk_revision VALUES (1, 1, 1, 'first', '2026-01-01', 1)",
        "INSERT OR REPLACE INTO desk_revision VALUES (1, 1, 2, 'forged', '2026-01-01', 1)",
    ),
    "desk_signature": (
        "INSERT INTO desk_signature VALUES (1, 1, 1, '2026-01-01', 1, NULL, 'signed')",
        "INSERT OR REPLACE INTO desk_signature VALUES (1, 1, 1, '2026-01-01', 1, NULL, 'forged')",
    ),
}


@pytest.mark.parametrize("of", FORGERIES)
def test_another_program_can_not_replace_a_row_either(tmp_path: Path, of: str) -> None:
    file = tmp_path / "wenyuan.sqlite"
    Storage.open(str(file)).engine.dispose()
    first, forged = FORGERIES[of]
    table = of.split()[0]
    with closing(sqlite3.connect(file)) as connection:  # as any program opens it: no pragma is set
        connection.execute(first)
        connection.commit()
        kept = connection.execute(f"SELECT * FROM {table}").fetchall()
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute(forged)
        connection.rollback()
        assert connection.execute(f"SELECT * FROM {table}").fetchall() == kept


def test_evidence_is_not_replaced_by_renumbering_another(tmp_path: Path) -> None:
    file = tmp_path / "wenyuan.sqlite"
    Storage.open(str(file)).engine.dispose()
    with closing(sqlite3.connect(file)) as connection:
        columns = [row[1] for row in connection.execute("PRAGMA table_info(desk_evidence)")]
        for number in (1, 2):
            values = [number if column in ("id", "number") else 1 for column in columns]
            connection.execute(f"INSERT INTO desk_evidence VALUES ({', '.join('?' * len(values))})", values)
        connection.commit()
        for change in ("SET id = 1", "SET rowid = 1"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                connection.execute(f"UPDATE OR REPLACE desk_evidence {change} WHERE id = 2")
        assert connection.execute("UPDATE desk_evidence SET position = 5 WHERE id = 2").rowcount == 1


def test_searches_of_cases_closed_long_ago_are_removed(database: str) -> None:
    storage = Storage.open(database)

    def add(status: Status, closed: datetime | None, sequence: int) -> Callable[[Account], Case]:
        return lambda account: Case(
            year=2026,
            sequence=sequence,
            question="會寧府在哪裡？",
            tier=Tier.FACTUAL,
            status=status,
            closed=closed,
            searches=[
                KeptSearch(account=account, query=f"q{sequence}", arguments="", passages=0, occurrences=0, generation=1)
            ],
        )

    cases = [
        add(Status.CLOSED, DAY - timedelta(days=1), 1),
        add(Status.CLOSED, DAY + timedelta(days=1), 2),
        add(Status.REOPENED, DAY - timedelta(days=1), 3),
        add(Status.NEW, None, 4),
    ]
    with storage.session.begin() as session:
        account = Account(login="wang", name="王", role=AccountRole.LIBRARIAN)
        session.add(account)
        session.add_all(make(account) for make in cases)
    done = run(database, "database", "forget-searches", "--before", "2026-03-01")
    assert done.exit_code == 0, done.output
    assert done.output.startswith("1 searches")
    with storage.session() as session:
        assert sorted(session.scalars(select(KeptSearch.query))) == ["q2", "q3", "q4"]
        assert len(session.scalars(select(Case)).all()) == 4
    assert lines(storage)[-1].action == "desk.forget-searches"
    assert lines(storage)[-1].detail.startswith("1 of cases closed before 2026-0")
