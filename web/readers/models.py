"""The table of what was read by those who want it kept."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from web.database.storage import Base, Moment, now

LONGEST_WORK, LONGEST_TITLE = 200, 300
"""In characters; the query has as many as the title."""


class Visit(Base):
    """A section that somebody opened, when, and the query that led there.

    ``title`` is what work and section were called.
    """

    __tablename__ = "reading"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    at: Mapped[datetime] = mapped_column(Moment, default=now)
    work: Mapped[str] = mapped_column(String(LONGEST_WORK))
    section: Mapped[int]
    title: Mapped[str] = mapped_column(String(LONGEST_TITLE))
    query: Mapped[str] = mapped_column(String(LONGEST_TITLE), default="")
