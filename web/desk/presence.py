"""Who has a reply open: known by opening it and, where there is JavaScript, by keeping it open.

A row says when somebody was last there. Without JavaScript that is when they opened or saved it, so it is told with its
time, and for as long as they may well still be writing.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from flask import current_app
from sqlalchemy import delete, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session, joinedload

from web.accounts.models import Account
from web.database.storage import aside, now, trouble
from web.desk.models import Case, Presence

STAYS = timedelta(minutes=30)
"""How long somebody counts as there."""


def enter(case: Case, account: Account) -> None:
    """Note that somebody has the reply open; the page is shown whether it can be noted or not."""
    here = Presence(case_id=case.id, account_id=account.id, seen=now())
    try:
        with aside() as opened:
            opened.merge(here)
    except SQLAlchemyError as failure:
        current_app.logger.warning("who has a reply open was not noted: %s", trouble(failure)[1])


def leave(session: Session, case: Case, account: Account) -> None:
    """Note that somebody has closed the reply, in the transaction of the session."""
    session.execute(delete(Presence).where(Presence.case_id == case.id, Presence.account_id == account.id))


def others(session: Session, case: Case, account: Account) -> Sequence[Presence]:
    """Return who else has the reply open, the one seen last first."""
    there = (
        select(Presence)
        .where(Presence.case_id == case.id, Presence.account_id != account.id, Presence.seen > now() - STAYS)
        .options(joinedload(Presence.account))
        .order_by(Presence.seen.desc())
    )
    return session.scalars(there).all()
