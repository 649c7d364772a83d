"""People at the desk, and what they do there, as forms send it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from web.accounts import sessions
from web.accounts.models import Account, AccountRole
from web.database.storage import Storage
from web.desk.cases import find
from web.desk.models import Case

NAME, CONTACT = "趙錢孫李", "secret@example.org"
QUESTION = "金代上京会宁府在今天什么地方？"
Answer = TypeVar("Answer")


class Desk:
    """The desk of an application: ``li`` and ``zhao`` are librarians, ``wang`` is a reviewer, ``sun`` a reader."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.storage: Storage = app.extensions["storage"]
        people = {
            "li": AccountRole.LIBRARIAN,
            "zhao": AccountRole.LIBRARIAN,
            "wang": AccountRole.REVIEWER,
            "sun": AccountRole.READER,
        }
        with self.storage.session.begin() as session:
            for login, role in people.items():
                session.add(Account(login=login, name=f"{login}氏", role=role))
        self.li, self.zhao, self.wang, self.sun = (self.client(login) for login in people)

    def client(self, login: str) -> FlaskClient:
        """A browser in which this person is logged in."""
        with self.storage.session.begin() as session:
            account = session.scalars(select(Account).where(Account.login == login)).one()
            carried = account.get_id()
            secret, _ = sessions.begin(session, account, "", timedelta(hours=12))
        client = self.app.test_client()
        client.environ_base["HTTP_SEC_FETCH_SITE"] = "same-origin"  # pages of the site lead where they go
        with client.session_transaction() as cookie:
            cookie["_user_id"] = carried
            cookie["_fresh"] = True
            cookie["session"] = secret
        return client

    def number_of(self, login: str) -> int:
        """The id of this person's account."""
        with self.storage.session() as session:
            return session.scalars(select(Account.id).where(Account.login == login)).one()

    def ask(self, question: str = QUESTION) -> str:
        """A question by the public form; the number that it gets."""
        sent = {"question": question, "name": NAME, "contact": CONTACT}
        with self.app.test_client() as client:
            answer = client.post("/ask", data=sent)
            assert answer.status_code == 302, answer.text
        with self.storage.session() as session:
            return session.scalars(select(Case).order_by(Case.id.desc())).first().number  # type: ignore[union-attr]  # there is a case

    def taken(self, tier: str = "factual") -> str:
        """A question that ``li`` has taken up."""
        number = self.ask()
        self.post(self.li, number, "move", move="take-up")
        self.post(self.li, number, "facts", tier=tier, assignee="0", tags="")
        return number

    def answered(self, text: str = "在阿城。\n\n[@1]", tier: str = "factual") -> str:
        """A question that was answered and closed."""
        number = self.taken(tier)
        self.quote(self.li, number)
        self.save(self.li, number, text, 0)
        if tier == "factual":
            self.post(self.li, number, "move", move="sign")
        else:
            self.post(self.li, number, "move", move="submit")
            self.post(self.wang, number, "move", move="approve")
        self.post(self.li, number, "move", move="close")
        return number

    def quote(self, client: FlaskClient, number: str, start: int = 0, end: int = 46, work: str = "jin") -> int:
        """Keep a passage; the answer's status."""
        return self.post(client, number, "evidence", work=work, section="0", range=f"{start}-{end}")

    def save(self, client: FlaskClient, number: str, text: str, after: int) -> int:
        """Save a reply; the answer's status."""
        return self.post(client, number, "reply", text=text, after=str(after))

    def post(self, client: FlaskClient, number: str, action: str, **fields: str) -> int:
        """Send a form of the case's page; the answer's status."""
        return client.post(f"/desk/cases/{number}/{action}", data=fields).status_code

    def look(self, number: str, see: Callable[[Case], Answer]) -> Answer:
        """What there is to see in the case."""
        with self.storage.session() as session:
            case = find(session, number)
            assert case is not None
            return see(case)

    def status(self, number: str) -> str:
        """Where the case stands."""
        return self.look(number, lambda case: case.status.value)
