"""The reading history: kept for those who have switched it on, and for nobody else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from flask import Response, current_app, request
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from web.access import library
from web.accounts.guard import current_account
from web.accounts.models import Account
from web.database.storage import aside, now, trouble
from web.places import titled
from web.readers.models import LONGEST_TITLE, LONGEST_WORK, Visit

MOST = 1000
"""Lines that are kept of an account; the oldest go first."""
SAME = timedelta(hours=1)
"""The time in which the same section with the same query is one reading."""


def readings(session: Session, account: Account, start: int = 0, most: int | None = None) -> Sequence[Visit]:
    """Return what an account has read, the latest first."""
    mine = select(Visit).where(Visit.account_id == account.id).order_by(Visit.at.desc(), Visit.id.desc())
    return session.scalars(mine.offset(start).limit(most)).all()


def count(session: Session, account: Account) -> int:
    """Return how many lines are kept of an account."""
    return session.scalars(select(func.count()).select_from(Visit).where(Visit.account_id == account.id)).one()


def switch(session: Session, account: Account, on: bool) -> None:
    """Switch the history on or off; what it has stays until it is cleared."""
    account.keeps_history = on


def forget(session: Session, account: Account, number: int) -> None:
    """Remove a line, if it is this account's."""
    session.execute(delete(Visit).where(Visit.id == number, Visit.account_id == account.id))


def clear(session: Session, account: Account) -> None:
    """Remove all lines of an account."""
    session.execute(delete(Visit).where(Visit.account_id == account.id))


def export(session: Session, account: Account) -> dict[str, Any]:
    """Return what is kept of an account, as JSON has it."""
    kept = [
        {
            "at": each.at.isoformat(),
            "work": each.work,
            "section": each.section,
            "title": each.title,
            "query": each.query,
        }
        for each in readings(session, account)
    ]
    return {"on": account.keeps_history, "readings": kept}


def keep(response: Response) -> Response:
    """Keep that a section was opened, after the page was made; a reader who is not kept costs no write."""
    if request.endpoint != "pages.read" or request.method != "GET" or response.status_code != 200:
        return response
    account = current_account()
    if account is None or not account.keeps_history:
        return response
    try:
        _keep(account.id)
    except SQLAlchemyError as failure:  # the page is read all the same
        current_app.logger.warning("a reading could not be kept: %s", trouble(failure)[1])
    return response


def _keep(account: int) -> None:
    given = request.view_args or {}
    work, section = str(given["work"])[:LONGEST_WORK], int(given["number"])
    held = library()
    title = titled(held.card(work).record.title, held.contents(work)[section])
    query = request.args.get("q", "").strip()[:LONGEST_TITLE]
    at = now()
    with aside() as session:
        same = (
            Visit.account_id == account,
            Visit.work == work,
            Visit.section == section,
            Visit.query == query,
        )
        latest = session.scalar(select(Visit.id).where(*same, Visit.at > at - SAME).limit(1))
        if latest is not None:
            session.execute(update(Visit).where(Visit.id == latest).values(at=at))
            return
        session.add(
            Visit(account_id=account, at=at, work=work, section=section, title=title[:LONGEST_TITLE], query=query)
        )
        session.flush()
        kept = select(Visit.id).where(Visit.account_id == account).order_by(Visit.at.desc(), Visit.id.desc())
        if oldest := session.scalars(kept.offset(MOST)).all():
            session.execute(delete(Visit).where(Visit.id.in_(oldest)))
