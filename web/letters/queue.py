"""What becomes of letters that wait: put into the queue, decided on, taken back. The caller commits."""

from __future__ import annotations

import uuid
from urllib.parse import urlsplit

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from web.database.storage import now, rows_changed
from web.letters.models import UNDECIDED, UNSENT, LetterKind, LetterState, QueuedLetter


def put(
    session: Session,
    kind: LetterKind,
    recipient: str,
    site: str,
    *,
    account: int | None = None,
    subject: str = "",
    body: str = "",
) -> QueuedLetter:
    """Put a letter into the queue, under a Message-ID of the site's host; it has its number at once."""
    letter = QueuedLetter(
        kind=kind,
        account_id=account,
        recipient=recipient,
        subject=subject,
        body=body,
        message_id=f"<{uuid.uuid4()}@{urlsplit(site).hostname}>",
    )
    session.add(letter)
    session.flush()
    return letter


def settle(session: Session, letter: QueuedLetter, *, arrived: bool) -> bool:
    """Decide on a letter that waits for it: it has arrived, or is to be sent (again), under the same Message-ID.

    Return whether it waited for a decision.
    """
    values: dict[str, object] = (
        {"state": LetterState.SENT} if arrived else {"state": LetterState.WAITING, "tries": 0, "due": now()}
    )
    undecided = (QueuedLetter.id == letter.id, QueuedLetter.state.in_(UNDECIDED))
    return rows_changed(session, update(QueuedLetter).where(*undecided).values(values)) > 0


def to(session: Session, account: int, kind: LetterKind) -> list[QueuedLetter]:
    """Return the letters of a kind to an account, the latest first."""
    mine = select(QueuedLetter).where(QueuedLetter.account_id == account, QueuedLetter.kind == kind)
    return list(session.scalars(mine.order_by(QueuedLetter.id.desc())))


def take_back(session: Session, account: int, kind: LetterKind) -> None:
    """Remove the letters of a kind to an account that nobody has got."""
    unsent = (QueuedLetter.account_id == account, QueuedLetter.kind == kind, QueuedLetter.state.in_(UNSENT))
    session.execute(delete(QueuedLetter).where(*unsent).execution_options(synchronize_session=False))


def readdress(session: Session, account: int, kind: LetterKind, recipient: str) -> None:
    """Send the letters of a kind to an account that nobody has got to another address, as if they were new."""
    unsent = (QueuedLetter.account_id == account, QueuedLetter.kind == kind, QueuedLetter.state.in_(UNSENT))
    afresh = {"recipient": recipient, "state": LetterState.WAITING, "tries": 0, "due": now()}
    moved = update(QueuedLetter).where(*unsent).values(afresh)
    session.execute(moved.execution_options(synchronize_session=False))


def remove_all(session: Session, account: int) -> None:
    """Remove all letters to an account, wherever they are on their way."""
    mine = delete(QueuedLetter).where(QueuedLetter.account_id == account)
    session.execute(mine.execution_options(synchronize_session=False))
