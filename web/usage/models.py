"""The table of use statistics, and the words of COUNTER that it is kept in.

They are those of the Code of Practice, release 5.1 (https://cop5.countermetrics.org): a collection is what it calls a
database, a section of a work that is opened is an item that is requested.
"""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from web.database.storage import Base

WHOLE = ""
"""What stands for the whole platform, where a metric is of no collection."""
LONGEST_ID = 200
"""Characters of a collection's id."""


class Metric(StrEnum):
    """What is counted."""

    SEARCHES_PLATFORM = "Searches_Platform"
    SEARCHES_REGULAR = "Searches_Regular"
    TOTAL_ITEM_REQUESTS = "Total_Item_Requests"
    LIMIT_EXCEEDED = "Limit_Exceeded"
    NO_LICENSE = "No_License"


class Method(StrEnum):
    """How it was asked for: by a person on pages, or by a program (text and data mining)."""

    REGULAR = "Regular"
    TDM = "TDM"


class UsageCount(Base):
    """How often something happened in a month; ``month`` is such as ``2026-11``."""

    __tablename__ = "usage_count"

    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    collection: Mapped[str] = mapped_column(String(LONGEST_ID), primary_key=True)
    metric: Mapped[str] = mapped_column(String(40), primary_key=True)
    method: Mapped[str] = mapped_column(String(10), primary_key=True)
    count: Mapped[int] = mapped_column(BigInteger)
