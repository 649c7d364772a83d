"""Quotations that were kept before addresses get one; nothing of what was quoted is lost or changed, up or down."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import databases
import pytest
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import DBAPIError

from search.addresses import Address
from web.database.storage import Storage
from web.desk.models import Case, Quotation

PASSAGES = [
    ("jin", 3, "024-1a", 120, "上京路，即海古之地，\n金之舊土也。"),
    ("liao.2", 0, "", 0, "會寧"),
    ("odd", 12, "甲@乙/50%\n", 7, "字" * 400),
]
ROW = (
    "INSERT INTO desk_evidence (id, case_id, number, position, heading, note, stance, withdrawn, work, collection, "
    'record, section_number, section, page, facsimile, start, "end", text, notes, trim_start, trim_end, generation, '
    "query, added, account_id) VALUES (:id, 1, :id, :id, '', '附注', 'for', false, :work, 'c', '{}', "
    ":section, '卷', :page, 'https://x.example/', :start, :end, :text, '[[0, 2]]', 0, :shown, 3, '問', "
    "'2026-01-01 00:00:00', 1)"
)
COLUMNS = 'id, work, section_number, page, start, "end", text, notes, record, section, facsimile, query, generation'


@pytest.fixture
def migrate(empty: str) -> Iterator[Callable[[str], Engine]]:
    """Takes a database that is at 0004, with quotations, up or down to a revision."""
    storage = Storage.at(empty)

    def go(revision: str) -> Engine:
        with storage.engine.connect() as connection:
            databases.migrate(connection, revision)
            connection.commit()
        return storage.engine

    with storage.engine.connect() as connection:
        databases.migrate(connection, "0004")
        connection.exec_driver_sql(
            "INSERT INTO account (id, login, name, role, password, active, stamp, created) VALUES "
            "(1, 'li', 'x', 'librarian', '', true, '', '2026-01-01 00:00:00')"
        )
        connection.exec_driver_sql(
            "INSERT INTO desk_case (id, year, sequence, question, tier, status, opened, published, shown_question) "
            "VALUES (1, 2026, 1, '問', 'factual', 'in-progress', '2026-01-01 00:00:00', false, '')"
        )
        for number, (work, section, page, start, words) in enumerate(PASSAGES, start=1):
            place = {"work": work, "section": section, "page": page, "start": start, "end": start + len(words)}
            connection.execute(text(ROW), {"id": number, "text": words, "shown": len(words), **place})
        connection.commit()
    yield go
    storage.engine.dispose()


def rows(engine: Engine) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(f"SELECT {COLUMNS} FROM desk_evidence ORDER BY id")]


def test_old_quotations_get_addresses(migrate: Callable[[str], Engine], empty: str) -> None:
    migrate("head")
    with Storage.open(empty).session() as session:
        kept = session.query(Quotation).order_by(Quotation.id).all()
        for each, (work, section, page, start, words) in zip(kept, PASSAGES, strict=True):
            assert each.address == Address(work, section, page, start, words)
            assert (each.text, each.work, each.note, each.section) == (words, work, "附注", "卷")
            assert (each.case_id, each.account_id, each.trim_end) == (1, 1, len(words))


def test_old_cases_are_found_in_either_script(migrate: Callable[[str], Engine], empty: str) -> None:
    migrate("head")
    with Storage.open(empty).session() as session:
        assert session.scalars(select(Case.folded)).all() == ["问"]


def test_up_and_down_changes_nothing(migrate: Callable[[str], Engine]) -> None:
    before = rows(migrate("0004"))
    assert len(before) == len(PASSAGES)
    migrate("0005")
    assert rows(migrate("0004")) == before


@pytest.mark.parametrize("revision", ["0005", "0004"])
def test_quotations_are_guarded_as_before(migrate: Callable[[str], Engine], revision: str) -> None:
    migrate("0005")
    engine = migrate(revision)
    place = "address = 'a/1/b@1+1:x'" if revision == "0005" else "start = 1"
    changes = [f"UPDATE desk_evidence SET {place}", "UPDATE desk_evidence SET text = 'x'", "DELETE FROM desk_evidence"]
    if engine.dialect.name == "sqlite":
        changes += [
            "INSERT OR REPLACE INTO desk_evidence SELECT * FROM desk_evidence",
            "UPDATE OR REPLACE desk_evidence SET id = 2 WHERE id = 1",
        ]
    for change in changes:
        with engine.connect() as connection, pytest.raises(DBAPIError, match="append-only"):
            connection.exec_driver_sql(change)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE desk_evidence SET note = 'x'")
