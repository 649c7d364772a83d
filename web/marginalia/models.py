"""The table of readers' marks."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Enum, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from search.addresses import Address
from web.database.addresses import Written
from web.database.storage import Base, Moment, now

LONGEST_PASSAGE, LONGEST_REMARK = 2000, 4000
"""In characters."""


class Colour(StrEnum):
    """The colour of a mark."""

    YELLOW = "yellow"
    GREEN = "green"
    BLUE = "blue"
    RED = "red"


_COLOUR = Enum(Colour, native_enum=False, length=20, values_callable=lambda values: [each.value for each in values])


class Marginal(Base):
    """A mark on a passage. ``text`` is what stood there, ``before`` and ``after`` are what stood around it.

    ``title`` and ``section`` name the place for when it is gone. ``removed`` is when it was removed, which for a while
    can be undone.
    """

    __tablename__ = "marginal"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    address: Mapped[Address] = mapped_column(Written)
    work: Mapped[str] = mapped_column(String(200))
    title: Mapped[str] = mapped_column(Text)
    section: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    before: Mapped[str] = mapped_column(Text)
    after: Mapped[str] = mapped_column(Text)
    colour: Mapped[Colour] = mapped_column(_COLOUR)
    note: Mapped[str] = mapped_column(Text, default="")
    created: Mapped[datetime] = mapped_column(Moment, default=now)
    changed: Mapped[datetime] = mapped_column(Moment, default=now)
    removed: Mapped[datetime | None] = mapped_column(Moment)
