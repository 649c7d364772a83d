"""The tables of saved searches."""

from __future__ import annotations

import json
from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from search.addresses import Address
from web.accounts.models import Account
from web.database.storage import Base, Moment, now

LONGEST_TITLE = 200
"""In characters."""


class SavedSearch(Base):
    """A search that somebody keeps. ``address`` is that of its page, below the application's root.

    ``seen`` holds the places that were found so far (:class:`web.alerts.novelty.Seen`), None until they could be
    counted. ``standing`` is of the texts that were looked at last (:func:`web.alerts.checking.standing`), ``trouble``
    what kept it from being known what is new there. ``read`` is when its owner last said that they know the news.
    ``feed`` is what the address of its feed is known by, empty for none. ``mailed`` is since when news are told by
    mail, None where they are not.
    """

    __tablename__ = "saved_search"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    title: Mapped[str] = mapped_column(String(LONGEST_TITLE))
    address: Mapped[str] = mapped_column(Text)
    language: Mapped[str] = mapped_column(String(10))
    created: Mapped[datetime] = mapped_column(Moment, default=now)
    standing: Mapped[str] = mapped_column(String(64), default="", index=True)
    seen: Mapped[bytes | None] = mapped_column(LargeBinary)
    places: Mapped[int] = mapped_column(default=0)
    trouble: Mapped[str] = mapped_column(String(20), default="")
    read: Mapped[datetime] = mapped_column(Moment, default=now)
    feed: Mapped[str] = mapped_column(String(16), default="")
    mailed: Mapped[datetime | None] = mapped_column(Moment)

    account: Mapped[Account] = relationship()
    arrivals: Mapped[list[Arrival]] = relationship(order_by="Arrival.id.desc()", cascade="all, delete-orphan")


class Arrival(Base):
    """The places that were new to a saved search when a state of the texts was looked at, as a JSON array of addresses.

    ``count`` counts them, ``places`` has the first of them. ``told`` says whether a letter was queued that tells of it,
    ``letter_id`` which one, as long as it is kept.
    """

    __tablename__ = "saved_search_arrival"

    id: Mapped[int] = mapped_column(primary_key=True)
    search_id: Mapped[int] = mapped_column(ForeignKey("saved_search.id"), index=True)
    at: Mapped[datetime] = mapped_column(Moment, default=now)
    generation: Mapped[int]
    count: Mapped[int]
    places: Mapped[str] = mapped_column(Text)
    told: Mapped[bool] = mapped_column(default=False)
    letter_id: Mapped[int | None] = mapped_column(ForeignKey("letter.id", ondelete="SET NULL"), index=True)

    @property
    def addresses(self) -> list[Address]:
        """The places that are kept, in their order."""
        return [Address.parse(each) for each in json.loads(self.places)]
