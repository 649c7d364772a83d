"""The table of baskets."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from search.addresses import Address
from web.database.addresses import Written
from web.database.storage import Base, Moment, now

LONGEST_TITLE, LONGEST_NOTE, LONGEST_ADDRESS = 300, 2000, 500
"""In characters; an address as it is written."""


class BasketItem(Base):
    """A place in somebody's basket. ``title`` is what it was called, as far as they could see it when it was put in.

    ``removed`` is when it was taken out; it can be put back for some time.
    """

    __tablename__ = "basket_item"
    __table_args__ = (UniqueConstraint("account_id", "address"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    position: Mapped[int]
    address: Mapped[Address] = mapped_column(Written)
    title: Mapped[str] = mapped_column(String(LONGEST_TITLE))
    note: Mapped[str] = mapped_column(Text, default="")
    added: Mapped[datetime] = mapped_column(Moment, default=now)
    removed: Mapped[datetime | None] = mapped_column(Moment)
