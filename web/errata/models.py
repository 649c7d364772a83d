"""The tables of reports of errors. Their history only grows, which the database itself sees to."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Enum, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from search.addresses import Address
from web.accounts.models import Account
from web.database.addresses import Written
from web.database.storage import Base, Moment, now
from web.desk.models import LONGEST_NAME

LONGEST_WORDS, LONGEST_SUGGESTION, LONGEST_REASON, LONGEST_ANSWER = 200, 500, 2000, 2000
"""In characters."""


class ErratumState(StrEnum):
    """Where a report of an error stands."""

    NEW = "new"
    ACCEPTED = "accepted"  # the reader is right, and the text is still as it was
    DECLINED = "declined"
    MENDED = "mended"  # the text has been mended where it comes from


_STATE = Enum(
    ErratumState, native_enum=False, length=20, values_callable=lambda states: [each.value for each in states]
)


class Erratum(Base):
    """A report of an error in a text; it is called by its year and its number in it.

    ``address`` is the place of the words that are wrong, ``words`` are they, as the edition has them; ``passage`` is
    what stands around them, and ``title`` and ``section`` name the place for who looks it up later. ``contact`` is
    empty where none was given, or once it was forgotten. ``digest`` is that of the secret by which the report is
    followed, ``decisions`` counts what was decided.
    """

    __tablename__ = "erratum"
    __table_args__ = (UniqueConstraint("year", "sequence"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    year: Mapped[int]
    sequence: Mapped[int]
    address: Mapped[Address] = mapped_column(Written)
    work: Mapped[str] = mapped_column(String(200), index=True)
    title: Mapped[str] = mapped_column(Text)
    section: Mapped[str] = mapped_column(Text)
    words: Mapped[str] = mapped_column(Text)
    passage: Mapped[str] = mapped_column(Text)
    suggestion: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text, default="")
    contact: Mapped[str] = mapped_column(String(LONGEST_NAME), default="")
    digest: Mapped[str] = mapped_column(String(64))
    state: Mapped[ErratumState] = mapped_column(_STATE, default=ErratumState.NEW, index=True)
    answer: Mapped[str] = mapped_column(Text, default="")
    decisions: Mapped[int] = mapped_column(default=0)
    reported: Mapped[datetime] = mapped_column(Moment, default=now)

    history: Mapped[list[ErratumEvent]] = relationship(order_by="ErratumEvent.id")

    @property
    def number(self) -> str:
        """What the report is called, such as ``E2026-0012``: a question has the same without the letter."""
        return f"E{self.year}-{self.sequence:04}"


class ErratumEvent(Base):
    """Who did what to a report, when. Rows are added and never changed: the database refuses it."""

    __tablename__ = "erratum_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    erratum_id: Mapped[int] = mapped_column(ForeignKey("erratum.id"), index=True)
    at: Mapped[datetime] = mapped_column(Moment, default=now)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    action: Mapped[str] = mapped_column(String(40))
    detail: Mapped[str] = mapped_column(String(LONGEST_ANSWER), default="")

    account: Mapped[Account | None] = relationship()
