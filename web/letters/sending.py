"""Sending what is due, each letter once.

A letter is claimed by one statement before it is sent, and has its Message-ID from the beginning. What fails for now is
tried again, ever more rarely; what is refused, or was handed over without an answer, waits for a person to decide. So
does one whose sender died: nobody knows how far it came.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from indexer.errors import IndexFailure
from web.database.storage import Storage, now, rows_changed
from web.letters.composing import Compose, WrittenLetter
from web.letters.models import LONGEST_TROUBLE, LetterKind, LetterState, QueuedLetter
from web.mail import LetterFate, Sending

WAITS = tuple(timedelta(minutes=each) for each in (1, 5, 15, 60, 240, 720, 1440))
"""How long a letter waits after each failure; after the last one a person decides."""
LEASE = timedelta(minutes=10)
"""The longest that a sending takes; what is still being sent after it has lost its sender."""

_ADDRESSES = "List-Unsubscribe"
"""The header that holds addresses of the web, which mail programs read as they stand (RFC 2369)."""

Send = Callable[[str, bytes], Sending]
"""Sends a message to an address."""


class _Policy(EmailPolicy):
    """How messages are written: as the standard library does, which would encode an address longer than a line."""

    def fold_binary(self, name: str, value: str) -> bytes:
        """Write a header."""
        if name == _ADDRESSES:
            return f"{name}: {value}{self.linesep}".encode("ascii")
        return super().fold_binary(name, value)


def deliver(storage: Storage, send: Send, sender: str, composers: Mapping[LetterKind, Compose] | None = None) -> int:
    """Send what is due, one by one; return how many were tried."""
    tried = 0
    while (claimed := _claimed(storage)) is not None:
        outcome = _sent(storage, send, sender, claimed, (composers or {}).get(claimed.kind))
        with storage.session.begin() as session:
            _settled(session, claimed.id, outcome)
        tried += 1
    return tried


def _sent(storage: Storage, send: Send, sender: str, letter: QueuedLetter, compose: Compose | None) -> Sending | None:
    """Send a letter, written by whoever writes letters of its kind; None where there is nothing to say any more."""
    written: WrittenLetter | None = WrittenLetter(letter.subject, letter.body)
    if compose is not None:
        try:
            with storage.session.begin() as session:
                written = compose(session, letter)
        except IndexFailure as failure:
            return Sending(LetterFate.DEFERRED, f"the index: {failure}"[:LONGEST_TROUBLE])
    return None if written is None else send(letter.recipient, _message(letter, written, sender))


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


def _settled(session: Session, number: int, outcome: Sending | None) -> None:
    if outcome is None:
        session.execute(delete(QueuedLetter).where(QueuedLetter.id == number))
        return
    letter = session.get(QueuedLetter, number, with_for_update=True)
    if letter is None:  # whoever it was to has left meanwhile
        return
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


def _message(letter: QueuedLetter, written: WrittenLetter, sender: str) -> bytes:
    message = EmailMessage(policy=_Policy(linesep="\r\n"))
    message["From"] = sender
    message["To"] = letter.recipient
    message["Subject"] = written.subject
    message["Date"] = format_datetime(letter.created)
    message["Message-ID"] = letter.message_id
    for name, value in written.headers.items():
        message[name] = value
    message.set_content(written.body, charset="utf-8", cte="base64")
    return message.as_bytes()
