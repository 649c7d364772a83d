"""Sessions: where somebody is logged in, as rows that can be ended.

A session ends when it was not used for a while, when its time is up however much it is used, and when somebody ends it.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, or_, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, contains_eager

from web.accounts.models import Account, AccountSession
from web.database.storage import PATIENCE, now

IDLE = timedelta(hours=8)
"""After the last use."""
COARSE = timedelta(minutes=5)
"""The precision of the last use: not every page has to write."""
_HASTE = 200
"""Milliseconds that noting the last use waits for others who write."""
_FAMILIES = {
    "MicroMessenger/": "WeChat",
    "Edg/": "Edge",
    "OPR/": "Opera",
    "Firefox/": "Firefox",
    "Chrome/": "Chrome",
    "Safari/": "Safari",
}
"""Names of browsers in their user agents; of those that name several, the first here is meant."""


@dataclass(frozen=True)
class Current:
    """The session of a request: its number, and when it ends if it is not used any more."""

    number: int
    ends: datetime

    @property
    def left(self) -> int:
        """Seconds until then."""
        return max(0, int((self.ends - now()).total_seconds()))


def begin(session: Session, account: Account, agent: str, life: timedelta) -> tuple[str, Current]:
    """Begin a session of an account and return it with its secret; all expired sessions are removed."""
    session.execute(delete(AccountSession).where(_over(life)))
    secret = secrets.token_urlsafe(24)
    begun = AccountSession(digest=_digest(secret), account_id=account.id, agent=family(agent))
    session.add(begun)
    session.flush()
    return secret, current(begun, life)


def current(held: AccountSession, life: timedelta) -> Current:
    """Return a session's number and end as a value, valid whatever becomes of the row."""
    return Current(held.id, min(held.created + life, held.seen + IDLE))


def find(session: Session, secret: str, life: timedelta) -> AccountSession | None:
    """Return the session with this secret, together with its account, unless it is over.

    Raises:
        DBAPIError: the database can't be read.
    """
    found: AccountSession | None = session.scalar(
        select(AccountSession)
        .join(AccountSession.account)
        .options(contains_eager(AccountSession.account))
        .where(AccountSession.digest == _digest(secret))
    )
    return found if found and current(found, life).ends > now() else None


def touch(session: Session, held: AccountSession) -> bool:
    """Record that a session is used, in a transaction of its own; only now and then, and soon given up.

    Returns whether there was anything to note.

    Raises:
        DBAPIError: it could not be written, which need not trouble a reader; the transaction is rolled back.
    """
    at = now()
    if held.seen > at - COARSE:
        return False
    noted = update(AccountSession).where(AccountSession.id == held.id).values(seen=at)
    try:
        if session.get_bind().dialect.name == "sqlite":
            session.execute(text(f"PRAGMA busy_timeout = {_HASTE}"))
            try:
                session.execute(noted)
            finally:
                session.execute(text(f"PRAGMA busy_timeout = {1000 * PATIENCE}"))
        else:
            session.execute(text(f"SET LOCAL lock_timeout = {_HASTE}"))
            session.execute(noted)
        session.commit()
    except DBAPIError:
        session.rollback()
        raise
    return True


def of(session: Session, account: Account, life: timedelta) -> list[AccountSession]:
    """Return the sessions of an account, the one used last first."""
    mine = select(AccountSession).where(AccountSession.account_id == account.id, ~_over(life))
    return list(session.scalars(mine.order_by(AccountSession.seen.desc(), AccountSession.id.desc())))


def end(session: Session, secret: str) -> None:
    """End one session."""
    session.execute(delete(AccountSession).where(AccountSession.digest == _digest(secret)))


def end_all(session: Session, account: Account) -> None:
    """End all sessions of an account."""
    session.execute(delete(AccountSession).where(AccountSession.account_id == account.id))


def family(agent: str) -> str:
    """Return the family of a browser by what it calls itself; empty where it is not known."""
    return next((name for mark, name in _FAMILIES.items() if mark in agent), "")


def _over(life: timedelta) -> ColumnElement[bool]:
    at: datetime = now()
    return or_(AccountSession.created <= at - life, AccountSession.seen <= at - IDLE)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
