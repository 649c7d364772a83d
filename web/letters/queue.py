"""What becomes of letters that wait: put into the queue, decided on, taken back. The caller commits."""

from __future__ import annotations

import uuid
from urllib.parse import urlsplit

from sqlalchemy import update
from sqlalchemy.orm import Session

from web.database.storage import now, rows_changed
from web.letters.models import UNDECIDED, LetterKind, LetterState, QueuedLetter


def put(
    session: Session, kind: LetterKind, recipient: str, site: str, *, subject: str = "", body: str = ""
) -> QueuedLetter:
    """Put a letter into the queue, under a Message-ID of the site's host; it has its number at once."""
    letter = QueuedLetter(
        kind=kind,
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
