"""Drafts that are kept while they are written, each person's own, until they are saved as a revision or thrown away.

An editor that is opened is a sheet with a name of its own, so that two windows of one person don't write over each
other's text. What a save brings that can't become a revision at once, because somebody else saved meanwhile or because
the case stands otherwise, is kept here before anything else is done with it.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence

from sqlalchemy import Select, delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from web.accounts.models import Account
from web.database.storage import now
from web.desk.models import Autosave, Case

MOST = 20
"""Sheets of one person in one case; of more, the oldest are thrown away."""
_SHEET = re.compile("[0-9a-f]{32}")


def sheet(given: str = "") -> str:
    """Return the name of a sheet as a form sends it back, or a new one."""
    return given if _SHEET.fullmatch(given) else secrets.token_hex(16)


def keep(session: Session, case: Case, account: Account, name: str, text: str, after: int) -> Autosave:
    """Keep a sheet's text, begun from revision ``after``, in a transaction of its own.

    Raises:
        DBAPIError: it could not be kept.
    """
    case_id, account_id = case.id, account.id
    try:
        kept = _written(session, case_id, account_id, name, text, after)
        session.commit()
    except IntegrityError:  # the sheet was kept for the first time in the moment between
        session.rollback()
        kept = _written(session, case_id, account_id, name, text, after)
        session.commit()
    return kept


def find(session: Session, case: Case, account: Account, name: str) -> Autosave | None:
    """Return a sheet of this person, if it is kept."""
    return session.scalar(_own(case.id, account.id).where(Autosave.sheet == name))


def left(session: Session, case: Case, account: Account, *, but: str = "") -> Sequence[Autosave]:
    """Return this person's sheets that say anything else than the saved reply, the newest first, without ``but``."""
    saved = case.draft.text if case.draft else ""
    kept = session.scalars(_own(case.id, account.id).order_by(Autosave.at.desc(), Autosave.id.desc()))
    return [each for each in kept if each.sheet != but and each.text != saved and each.text.strip()]


def drop(session: Session, case: Case, account: Account, name: str) -> None:
    """Drop a sheet, in the transaction of the session."""
    named = (Autosave.case_id == case.id, Autosave.account_id == account.id, Autosave.sheet == name)
    session.execute(delete(Autosave).where(*named))


def _written(session: Session, case_id: int, account_id: int, name: str, text: str, after: int) -> Autosave:
    held = session.scalars(_own(case_id, account_id).order_by(Autosave.at, Autosave.id)).all()
    kept = next((each for each in held if each.sheet == name), None)
    if kept is None:
        for each in held[: max(len(held) - MOST + 1, 0)]:
            session.delete(each)
        kept = Autosave(case_id=case_id, account_id=account_id, sheet=name)
        session.add(kept)
    kept.text, kept.after, kept.at = text, after, now()
    return kept


def _own(case_id: int, account_id: int) -> Select[Autosave]:
    return select(Autosave).where(Autosave.case_id == case_id, Autosave.account_id == account_id)
