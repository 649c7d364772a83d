"""Letters to those who asked; a librarian decides on those of which nobody knows whether they arrived."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from web.accounts.models import Account
from web.desk.cases import Refused, note
from web.desk.document import BlockKind, ReplyDocument
from web.desk.models import Case, ReplyLetter
from web.letters import queue as outgoing
from web.letters.models import UNSENT, LetterKind, LetterState, QueuedLetter


def queue(
    session: Session, case: Case, account: Account, recipient: str, subject: str, body: str, site: str
) -> QueuedLetter:
    """Put a letter into the queue.

    Raises:
        Refused: another one of the case is on its way.
    """
    if any(each.state in (LetterState.WAITING, LetterState.SENDING) for each in of(session, case)):
        raise Refused("letter-on-its-way")
    letter = outgoing.put(session, LetterKind.REPLY, recipient, site, subject=subject, body=body)
    session.add(ReplyLetter(letter_id=letter.id, case_id=case.id, account_id=account.id))
    note(case, account, "letter")
    return letter


def of(session: Session, case: Case) -> Sequence[QueuedLetter]:
    """Return the letters of a case, the latest first."""
    mine = select(QueuedLetter).join(ReplyLetter).where(ReplyLetter.case_id == case.id)
    return session.scalars(mine.order_by(QueuedLetter.id.desc())).all()


def settle(session: Session, case: Case, account: Account, letter: QueuedLetter, *, arrived: bool) -> None:
    """Decide on a letter that waits for it: it has arrived, or is to be sent (again), under the same Message-ID.

    Raises:
        Refused: it does not wait for a decision.
    """
    if not outgoing.settle(session, letter, arrived=arrived):
        raise Refused("letter-decided")
    note(case, account, "letter-arrived" if arrived else "letter-again")


def forget(session: Session, case: Case) -> None:
    """Remove what letters tell of an asker; what was not sent yet is not sent."""
    mine = select(ReplyLetter.letter_id).where(ReplyLetter.case_id == case.id)
    unsent = select(QueuedLetter.id).where(QueuedLetter.id.in_(mine), QueuedLetter.state.in_(UNSENT))
    gone = session.scalars(unsent.with_for_update()).all()
    for statement in (
        delete(ReplyLetter).where(ReplyLetter.letter_id.in_(gone)),
        delete(QueuedLetter).where(QueuedLetter.id.in_(gone)),
        update(QueuedLetter).where(QueuedLetter.id.in_(mine)).values(recipient=""),
    ):
        session.execute(statement.execution_options(synchronize_session="fetch"))


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
