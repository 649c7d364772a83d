"""Use statistics as a report: a row for each collection, metric and method, a column for each month."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from web.usage.models import WHOLE, UsageCount


@dataclass(frozen=True, slots=True)
class UsageRow:
    """How often something happened to a collection: in all, and in each month of the report."""

    collection: str
    metric: str
    method: str
    total: int
    months: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class UsageReport:
    """The use of a year: its months, and rows in the order of collections, the whole platform first."""

    months: tuple[str, ...]
    rows: tuple[UsageRow, ...]


def report(session: Session, year: int, visible: Iterable[str]) -> UsageReport:
    """Report the use of the whole platform, and of those collections that whoever asks may see."""
    months = tuple(f"{year:04}-{month:02}" for month in range(1, 13))
    shown = {WHOLE, *visible}
    counts: dict[tuple[str, str, str], dict[str, int]] = {}
    for each in session.scalars(select(UsageCount).where(UsageCount.month.in_(months))):
        if each.collection in shown:
            counts.setdefault((each.collection, each.metric, each.method), {})[each.month] = each.count
    rows = (
        UsageRow(*key, sum(found.values()), tuple(found.get(month, 0) for month in months))
        for key, found in sorted(counts.items())
    )
    return UsageReport(months, tuple(rows))


def years(session: Session) -> tuple[int, ...]:
    """Return the years of which something is known, the last first."""
    found = session.scalars(select(UsageCount.month).distinct())
    return tuple(sorted({int(month[:4]) for month in found}, reverse=True))
