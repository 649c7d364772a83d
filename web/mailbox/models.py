"""The table of mail addresses."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from web.database.storage import Base, Moment
from web.letters.models import LONGEST_RECIPIENT


class Mailbox(Base):
    """The address of an account, empty until the first one was confirmed, at ``since``.

    ``pending`` is one that a letter was sent to and that was not confirmed yet, empty for none; ``mark`` is what the
    key in this letter is known by. ``language`` is that of the letters.
    """

    __tablename__ = "mailbox"

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True, autoincrement=False)
    address: Mapped[str] = mapped_column(String(LONGEST_RECIPIENT), default="")
    since: Mapped[datetime | None] = mapped_column(Moment)
    language: Mapped[str] = mapped_column(String(10))
    pending: Mapped[str] = mapped_column(String(LONGEST_RECIPIENT), default="")
    mark: Mapped[str] = mapped_column(String(32), default="")
