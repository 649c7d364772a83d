"""The table of letters."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from sqlalchemy import Enum, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from web.database.storage import Base, Moment, now

LONGEST_RECIPIENT, LONGEST_SUBJECT, LONGEST_TROUBLE = 200, 200, 300
"""In characters."""
Choice = TypeVar("Choice", bound=StrEnum)


class LetterState(StrEnum):
    """Where a letter is on its way."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    UNKNOWN = "unknown"  # it was handed over, and nobody knows whether it was taken
    FAILED = "failed"


class LetterKind(StrEnum):
    """What a letter is; all but a reply are written when they are sent."""

    REPLY = "reply"  # to who asked, as the librarian saw it
    CONFIRMATION = "confirmation"  # whether an address is that of the account
    NEWS = "news"  # of somebody's saved searches


UNDECIDED = (LetterState.UNKNOWN, LetterState.FAILED)
"""A letter that stands so is sent no more unless somebody says so."""
UNSENT = (LetterState.WAITING, LetterState.FAILED)
"""Nobody has got a letter that stands so."""


def _choice(kind: type[Choice]) -> Enum:
    return Enum(kind, native_enum=False, length=20, values_callable=lambda values: [each.value for each in values])


class QueuedLetter(Base):
    """A letter on its way. ``message_id`` is its own for ever, however often it is sent.

    ``due`` is when it is to be sent next or, while it is being sent, when its sender is taken for lost. ``trouble`` is
    what went wrong the last time. ``account_id`` is the account of whoever it is to, if it is to a reader's account.
    """

    __tablename__ = "letter"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[LetterKind] = mapped_column(_choice(LetterKind))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    recipient: Mapped[str] = mapped_column(String(LONGEST_RECIPIENT))
    subject: Mapped[str] = mapped_column(String(LONGEST_SUBJECT), default="")
    body: Mapped[str] = mapped_column(Text, default="")
    message_id: Mapped[str] = mapped_column(String(320), unique=True)
    state: Mapped[LetterState] = mapped_column(_choice(LetterState), default=LetterState.WAITING, index=True)
    tries: Mapped[int] = mapped_column(default=0)
    due: Mapped[datetime] = mapped_column(Moment, default=now)
    created: Mapped[datetime] = mapped_column(Moment, default=now)
    sent: Mapped[datetime | None] = mapped_column(Moment)
    trouble: Mapped[str] = mapped_column(String(LONGEST_TROUBLE), default="")
