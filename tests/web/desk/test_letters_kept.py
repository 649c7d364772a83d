"""An upgrade moves letters to the table of all letters, whole and under their numbers."""

from __future__ import annotations

from datetime import UTC, datetime

from databases import migrate
from sqlalchemy import text

from web.alerts.models import Arrival, SavedSearch
from web.database.storage import Storage
from web.desk.letters import of
from web.desk.models import Case, ReplyLetter
from web.letters import queue
from web.letters.models import LetterKind, LetterState, QueuedLetter

AT = "2026-01-0%d 00:00:00"
LETTERS = ((3, "waiting", "NULL"), (5, "sent", f"'{AT % 3}'"), (6, "unknown", "NULL"))


def test_an_upgrade_keeps_every_letter(empty: str) -> None:
    storage = Storage.at(empty)
    with storage.engine.connect() as connection:
        migrate(connection, "0016")
        connection.exec_driver_sql(
            "INSERT INTO account (id, login, name, role, password, active, stamp, created, keeps_history) VALUES "
            "(1, 'li', 'x', 'librarian', '', true, '', '2026-01-01 00:00:00', false)"
        )
        connection.exec_driver_sql(
            "INSERT INTO desk_case (id, year, sequence, question, tier, status, opened, published, shown_question) "
            "VALUES (1, 2026, 1, '問', 'factual', 'closed', '2026-01-01 00:00:00', false, '')"
        )
        for number, state, sent in LETTERS:
            connection.execute(
                text(
                    "INSERT INTO desk_letter (id, case_id, account_id, recipient, subject, body, message_id, state, "
                    "tries, due, created, sent, trouble) VALUES (:n, 1, 1, :to, '答復', :body, :mark, :state, :n, "
                    f"'{AT % 2}', '{AT % 1}', {sent}, '421 busy')"
                ),
                {
                    "n": number,
                    "to": f"{number}@example.org",
                    "body": f"第{number}封",
                    "mark": f"<{number}@x>",
                    "state": state,
                },
            )
        connection.exec_driver_sql(
            "INSERT INTO saved_search (id, account_id, title, address, language, created, standing, places, trouble, "
            f"read, feed) VALUES (2, 1, '長白', '/search?q=x', 'zh', '{AT % 1}', '', 1, '', '{AT % 1}', '')"
        )
        connection.exec_driver_sql(
            "INSERT INTO saved_search_arrival (id, search_id, at, generation, count, places) "
            f"VALUES (4, 2, '{AT % 2}', 3, 1, '[]')"
        )
        connection.commit()
    storage.upgrade()
    with storage.session.begin() as session:
        letters = list(of(session, session.get_one(Case, 1)))[::-1]
        assert [
            (each.id, each.kind, each.recipient, each.subject, each.body, each.message_id, each.tries, each.trouble)
            for each in letters
        ] == [
            (n, LetterKind.REPLY, f"{n}@example.org", "答復", f"第{n}封", f"<{n}@x>", n, "421 busy")
            for n, *_ in LETTERS
        ]
        assert [(each.state, each.sent) for each in letters] == [
            (LetterState.WAITING, None),
            (LetterState.SENT, datetime(2026, 1, 3, tzinfo=UTC)),
            (LetterState.UNKNOWN, None),
        ]
        assert {(each.due, each.created) for each in letters} == {
            (datetime(2026, 1, 2, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC))
        }
        assert {each.account_id for each in session.query(ReplyLetter)} == {1}
        arrival = session.get_one(Arrival, 4)
        assert (arrival.search_id, arrival.generation, arrival.told, arrival.letter_id) == (2, 3, False, None)
        assert session.get_one(SavedSearch, 2).mailed is None
        later = queue.put(session, LetterKind.REPLY, "x@example.org", "https://x.example")
        assert later.id == 7
    with storage.session() as session:
        assert session.query(QueuedLetter).count() == 4
    storage.engine.dispose()


def test_an_upgrade_without_letters_begins_at_one(empty: str) -> None:
    storage = Storage.open(empty)
    with storage.session.begin() as session:
        assert queue.put(session, LetterKind.REPLY, "x@example.org", "https://x.example").id == 1
    storage.engine.dispose()
