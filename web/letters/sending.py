"""Sending what is due, each letter once.

A letter is claimed by one statement before it is sent, and has its Message-ID from the beginning. What fails for now is
tried again, ever more rarely; what is refused, or was handed over without an answer, waits for a person to decide. So
does one whose sender died: nobody knows how far it came.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from web.database.storage import Storage, now, rows_changed
from web.letters.models import LetterState, QueuedLetter
from web.mail import LetterFate, Sending

WAITS = tuple(timedelta(minutes=each) for each in (1, 5, 15, 60, 240, 720, 1440))
"""How long a letter waits after each failure; after the last one a person decides."""
LEASE = timedelta(minutes=10)
"""The longest that a sending takes; what is still being sent after it has lost its sender."""

Send = Callable[[str, bytes], Sending]
"""Sends a message to an address."""


def deliver(storage: Storage, send: Send, sender: str) -> int:
    """Send what is due, one by one; return how many were tried."""
    tried = 0
    while (claimed := _claimed(storage)) is not None:
        outcome = send(claimed.recipient, _message(claimed, sender))
        with storage.session.begin() as session:
            _settled(session, claimed.id, outcome)
        tried += 1
    return tried


def _claimed(storage: Storage) -> QueuedLetter | None:
    """Claim the next letter that is due; of several processes, one gets it. None where nothing is due."""
    with storage.session() as session:
        at = now()
        lost = select(QueuedLetter.id).where(QueuedLetter.state == LetterState.SENDING, QueuedLetter.due < at)
        if session.scalars(lost).first() is not None:
            given_up = update(QueuedLetter).where(QueuedLetter.state == LetterState.SENDING, QueuedLetter.due < at)
            session.execute(given_up.values(state=LetterState.UNKNOWN, trouble="the sending process ended"))
            session.commit()
        due = (QueuedLetter.state == LetterState.WAITING, QueuedLetter.due <= at, QueuedLetter.recipient != "")
        letter = session.scalars(
            select(QueuedLetter).where(*due).order_by(QueuedLetter.due, QueuedLetter.id).limit(1)
        ).first()
        if letter is None:
            return None
        taken = update(QueuedLetter).where(QueuedLetter.id == letter.id, *due)
        claimed = {"state": LetterState.SENDING, "tries": QueuedLetter.tries + 1, "due": at + LEASE}
        count = rows_changed(session, taken.values(claimed))
        session.commit()
        if not count:  # another process was first
            return _claimed(storage)
        session.refresh(letter)
        session.expunge(letter)
        return letter


def _settled(session: Session, number: int, outcome: Sending) -> None:
    letter = session.get_one(QueuedLetter, number, with_for_update=True)
    letter.trouble = outcome.trouble
    match outcome.fate:
        case LetterFate.SENT:
            letter.state, letter.sent = LetterState.SENT, now()
        case LetterFate.UNKNOWN:
            letter.state = LetterState.UNKNOWN
        case LetterFate.DEFERRED if letter.tries <= len(WAITS):
            letter.state, letter.due = LetterState.WAITING, now() + WAITS[letter.tries - 1]
        case _:
            letter.state = LetterState.FAILED


def _message(letter: QueuedLetter, sender: str) -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = letter.recipient
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(letter.created)
    message["Message-ID"] = letter.message_id
    message.set_content(letter.body, charset="utf-8", cte="base64")
    return message.as_bytes()
