"""Numbers for the library: what is asked, how long answers take, what they are made from; nothing of who asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from web.accounts.models import Account
from web.desk.models import Case, Event, KeptSearch, Quotation
from web.desk.quotations import record
from web.desk.states import CaseOutcome, Move, Status, Tier

MOST = 20
"""The longest list of works or searches."""
DAYS = (1, 3, 7, 14, 30)
"""Bounds between which the days to an answer are counted."""
ACTS = {
    "taken": (Move.TAKE_UP.value,),
    "written": ("draft",),
    "signed": (Move.APPROVE.value, Move.SIGN.value),
    "closed": (Move.CLOSE.value,),
}
"""The acts that are counted for each person, by what the history of cases calls them."""
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Days:
    """The time that answers to one tier took: how many there were, and the median of their days."""

    tier: Tier
    answered: int
    median: float | None


@dataclass(frozen=True, slots=True)
class People:
    """What somebody at the desk did: cases taken up, drafts written, replies signed, cases closed."""

    name: str
    acts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Statistics:
    """The numbers of one year, or of all.

    ``spans`` counts answers by the days that they took: up to each of :data:`DAYS`, and beyond. ``months`` have how
    many questions came and how many answers went out. ``works`` are title, id and how many passages were quoted;
    ``fruitless`` are queries that found nothing, and how often they were made.
    """

    tiers: dict[Tier, int]
    statuses: dict[Status, int]
    days: tuple[Days, ...]
    spans: tuple[int, ...]
    months: tuple[tuple[str, int, int], ...]
    people: tuple[People, ...]
    works: tuple[tuple[str, str, int], ...]
    fruitless: tuple[tuple[str, int], ...]


def statistics(session: Session, year: int | None = None) -> Statistics:
    """Compute the statistics of a year, or of all; spam is no question, and not counted."""
    query = select(Case.tier, Case.status, Case.opened, Case.answered).where(
        Case.outcome.is_distinct_from(CaseOutcome.SPAM)
    )
    if year is not None:
        query = query.where(Case.year == year)
    rows = session.execute(query).all()
    taken: dict[Tier, list[float]] = {tier: [] for tier in Tier}
    for tier, _, opened, answered in rows:
        if answered is not None:
            taken[tier].append((answered - opened) / _DAY)
    tiers, statuses = Counter(row.tier for row in rows), Counter(row.status for row in rows)
    return Statistics(
        tiers={tier: tiers[tier] for tier in Tier},
        statuses={status: statuses[status] for status in Status},
        days=tuple(Days(tier, len(each), median(each) if each else None) for tier, each in taken.items()),
        months=_months([row.opened for row in rows], [row.answered for row in rows if row.answered]),
        people=_people(session, year),
        spans=_spans([days for each in taken.values() for days in each]),
        works=_works(session, year),
        fruitless=_fruitless(session, year),
    )


def years(session: Session) -> Sequence[int]:
    """Return the years in which there were cases, the last first."""
    return session.scalars(select(Case.year).distinct().order_by(Case.year.desc())).all()


def _spans(days: list[float]) -> tuple[int, ...]:
    bounds = (*DAYS, float("inf"))
    counts = Counter(next(at for at, bound in enumerate(bounds) if each <= bound) for each in days)
    return tuple(counts[at] for at in range(len(bounds)))


def _months(opened: Iterable[datetime], answered: Iterable[datetime]) -> tuple[tuple[str, int, int], ...]:
    came, went = (Counter(at.astimezone().strftime("%Y-%m") for at in each) for each in (opened, answered))
    return tuple((month, came[month], went[month]) for month in sorted(came | went))


def _people(session: Session, year: int | None) -> tuple[People, ...]:
    query = select(Account.id, Account.name, Event.action, func.count()).join(Event, Event.account_id == Account.id)
    if year is not None:
        query = query.join(Case, Event.case_id == Case.id).where(Case.year == year)
    names: dict[int, str] = {}
    acts: Counter[tuple[int, str]] = Counter()
    for account, name, action, count in session.execute(query.group_by(Account.id, Account.name, Event.action)):
        names[account] = name
        acts[account, action] = count
    found = [
        People(name, tuple(sum(acts[account, action] for action in each) for each in ACTS.values()))
        for account, name in names.items()
    ]
    return tuple(sorted((each for each in found if any(each.acts)), key=lambda each: each.name))


def _works(session: Session, year: int | None) -> tuple[tuple[str, str, int], ...]:
    count = func.count()
    query = select(Quotation.work, count, func.max(Quotation.id)).where(~Quotation.withdrawn).group_by(Quotation.work)
    if year is not None:
        query = query.join(Quotation.case).where(Case.year == year)
    rows = session.execute(query.order_by(count.desc(), Quotation.work).limit(MOST)).all()
    named = {
        each.id: each for each in session.scalars(select(Quotation).where(Quotation.id.in_([row[2] for row in rows])))
    }
    return tuple((record(named[last]).title, work, number) for work, number, last in rows)


def _fruitless(session: Session, year: int | None) -> tuple[tuple[str, int], ...]:
    count = func.count()
    query = select(KeptSearch.query, count).where(KeptSearch.passages == 0).group_by(KeptSearch.query)
    if year is not None:
        query = query.join(Case, KeptSearch.case_id == Case.id).where(Case.year == year)
    rows = session.execute(query.order_by(count.desc(), KeptSearch.query).limit(MOST)).all()
    return tuple((text, number) for text, number in rows)
