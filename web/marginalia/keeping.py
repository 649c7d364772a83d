"""Marks are kept, found again, removed and restored; each belongs to an account."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from web.accounts.models import Account
from web.database.storage import now
from web.marginalia.models import Colour, Marginal
from web.places import Place

MOST = 5000
"""Marks of an account."""
UNDO = timedelta(days=1)
"""The time for which a removal can be undone."""
AROUND = 32
"""Characters of text that are kept on either side."""


def add(session: Session, account: Account, place: Place, colour: Colour, note: str) -> Marginal:
    """Mark a passage."""
    text = place.of.text
    mark = Marginal(
        account_id=account.id,
        address=place.address,
        work=place.address.work,
        title=place.title,
        section=place.section,
        text=place.text,
        before=text[max(0, place.start - AROUND) : place.start],
        after=text[place.end : place.end + AROUND],
        colour=colour,
        note=note,
    )
    session.add(mark)
    return mark


def count(session: Session, account: Account) -> int:
    """Return how many marks an account has, those that were removed left out."""
    mine = (Marginal.account_id == account.id, Marginal.removed.is_(None))
    return session.scalar(select(func.count()).select_from(Marginal).where(*mine)) or 0


def of(session: Session, account: Account, work: str = "") -> Sequence[Marginal]:
    """Return the marks of an account, by work, the oldest first; of one work, if it is named."""
    mine = select(Marginal).where(Marginal.account_id == account.id, Marginal.removed.is_(None))
    if work:
        mine = mine.where(Marginal.work == work)
    return session.scalars(mine.order_by(Marginal.work, Marginal.id).limit(MOST)).all()


def removed(session: Session, account: Account) -> Sequence[Marginal]:
    """Return the marks whose removal can still be undone, the latest first."""
    recent = (Marginal.account_id == account.id, Marginal.removed > now() - UNDO)
    return session.scalars(select(Marginal).where(*recent).order_by(Marginal.removed.desc()).limit(20)).all()


def remove(session: Session, mark: Marginal) -> None:
    """Remove a mark so that it can be restored; those that were removed longer ago go for good."""
    mark.removed = now()
    old = delete(Marginal).where(Marginal.account_id == mark.account_id, Marginal.removed <= now() - UNDO)
    session.execute(old.execution_options(synchronize_session=False))


def remove_all(session: Session, account: Account) -> None:
    """Remove all marks of an account for good."""
    session.execute(
        delete(Marginal).where(Marginal.account_id == account.id).execution_options(synchronize_session=False)
    )
