"""Letters to those who asked: a queue in the database that any process may work off, and none sends twice.

A letter is claimed by one statement before it is sent, and has its Message-ID from the beginning. What fails for now is
tried again, ever more rarely; what is refused, or was handed over without an answer, waits for a librarian. So does one
whose sender died: nobody knows how far it came.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from urllib.parse import urlsplit

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from web.accounts.models import Account
from web.database.storage import Storage, now, rows_changed
from web.desk.cases import Refused, note
from web.desk.document import BlockKind, ReplyDocument
from web.desk.models import Case, ReplyLetter
from web.desk.states import LetterState
from web.mail import LetterFate, Sending

WAITS = tuple(timedelta(minutes=each) for each in (1, 5, 15, 60, 240, 720, 1440))
"""How long a letter waits after each failure; after the last one a librarian decides."""
LEASE = timedelta(minutes=10)
"""The longest that a sending takes; what is still being sent after it has lost its sender."""

Send = Callable[[str, bytes], Sending]
"""Sends a message to an address."""


def queue(
    session: Session, case: Case, account: Account, recipient: str, subject: str, body: str, site: str
) -> ReplyLetter:
    """Put a letter into the queue, under a Message-ID of the site's host.

    Raises:
        Refused: another one of the case is on its way.
    """
    if any(each.state in (LetterState.WAITING, LetterState.SENDING) for each in of(session, case)):
        raise Refused("letter-on-its-way")
    letter = ReplyLetter(
        case_id=case.id,
        account_id=account.id,
        recipient=recipient,
        subject=subject,
        body=body,
        message_id=f"<{uuid.uuid4()}@{urlsplit(site).hostname}>",
    )
    session.add(letter)
    note(case, account, "letter")
    return letter


def of(session: Session, case: Case) -> Sequence[ReplyLetter]:
    """Return the letters of a case, the latest first."""
    return session.scalars(
        select(ReplyLetter).where(ReplyLetter.case_id == case.id).order_by(ReplyLetter.id.desc())
    ).all()


def settle(session: Session, case: Case, account: Account, letter: ReplyLetter, *, arrived: bool) -> None:
    """Decide on a letter that waits for it: it has arrived, or is to be sent (again), under the same Message-ID.

    Raises:
        Refused: it does not wait for a decision.
    """
    undecided = (LetterState.UNKNOWN, LetterState.FAILED)
    values: dict[str, object] = (
        {"state": LetterState.SENT} if arrived else {"state": LetterState.WAITING, "tries": 0, "due": now()}
    )
    settled = update(ReplyLetter).where(ReplyLetter.id == letter.id, ReplyLetter.state.in_(undecided)).values(values)
    if not rows_changed(session, settled):
        raise Refused("letter-decided")
    note(case, account, "letter-arrived" if arrived else "letter-again")


def forget(session: Session, case: Case) -> None:
    """Remove what letters tell of an asker; what was not sent yet is not sent."""
    unsent = (LetterState.WAITING, LetterState.FAILED)
    session.execute(delete(ReplyLetter).where(ReplyLetter.case_id == case.id, ReplyLetter.state.in_(unsent)))
    session.execute(update(ReplyLetter).where(ReplyLetter.case_id == case.id).values(recipient=""))


def deliver(storage: Storage, send: Send, sender: str) -> int:
    """Send what is due, one by one; return how many were tried."""
    tried = 0
    while (claimed := _claimed(storage)) is not None:
        outcome = send(claimed.recipient, _message(claimed, sender))
        with storage.session.begin() as session:
            _settled(session, claimed.id, outcome)
        tried += 1
    return tried


def _claimed(storage: Storage) -> ReplyLetter | None:
    """Claim the next letter that is due; of several processes, one gets it. None where nothing is due."""
    with storage.session() as session:
        at = now()
        lost = select(ReplyLetter.id).where(ReplyLetter.state == LetterState.SENDING, ReplyLetter.due < at)
        if session.scalars(lost).first() is not None:
            given_up = update(ReplyLetter).where(ReplyLetter.state == LetterState.SENDING, ReplyLetter.due < at)
            session.execute(given_up.values(state=LetterState.UNKNOWN, trouble="the sending process ended"))
            session.commit()
        due = (ReplyLetter.state == LetterState.WAITING, ReplyLetter.due <= at, ReplyLetter.recipient != "")
        letter = session.scalars(
            select(ReplyLetter).where(*due).order_by(ReplyLetter.due, ReplyLetter.id).limit(1)
        ).first()
        if letter is None:
            return None
        taken = update(ReplyLetter).where(ReplyLetter.id == letter.id, *due)
        claimed = {"state": LetterState.SENDING, "tries": ReplyLetter.tries + 1, "due": at + LEASE}
        count = rows_changed(session, taken.values(claimed))
        session.commit()
        if not count:  # another process was first
            return _claimed(storage)
        session.refresh(letter)
        session.expunge(letter)
        return letter


def _settled(session: Session, number: int, outcome: Sending) -> None:
    letter = session.get_one(ReplyLetter, number, with_for_update=True)
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


def _message(letter: ReplyLetter, sender: str) -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = letter.recipient
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(letter.created)
    message["Message-ID"] = letter.message_id
    message.set_content(letter.body, charset="utf-8", cte="base64")
    return message.as_bytes()


def plain(document: ReplyDocument) -> str:
    """Return a signed reply as plain text, with its marks and references."""
    parts = []
    for block in document.blocks:
        text = "".join(run.text for run in block.runs)
        match block.kind:
            case BlockKind.QUOTATION:
                parts.append("\n".join(f"　　{line}" for line in text.split("\n")))
            case BlockKind.ITEM:
                parts.append(f"{block.marker} {text}".strip())
            case _:
                parts.append(text)
    if document.references:
        parts.append("\n".join(document.references))
    return "\n\n".join(parts)
