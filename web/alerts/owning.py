"""The saved searches of an account, which go with it."""

from __future__ import annotations

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from web.accounts.models import Account
from web.alerts.models import Arrival, SavedSearch


def of(session: Session, account: Account) -> list[SavedSearch]:
    """Return the saved searches of an account, the latest first."""
    mine = select(SavedSearch).where(SavedSearch.account_id == account.id).order_by(SavedSearch.id.desc())
    return list(session.scalars(mine))


def remove_all(session: Session, account: Account) -> None:
    """Remove all saved searches of an account, with their news and feeds."""
    mine = select(SavedSearch.id).where(SavedSearch.account_id == account.id)
    for statement in (
        delete(Arrival).where(Arrival.search_id.in_(mine)),
        delete(SavedSearch).where(SavedSearch.account_id == account.id),
    ):
        session.execute(statement.execution_options(synchronize_session=False))
