"""Reports of errors: making one, finding it, and deciding on it."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from web.accounts.audit import record
from web.accounts.models import Account
from web.database.storage import rows_changed, today
from web.desk.following import digest, secret
from web.errata.models import Erratum, ErratumEvent, ErratumState
from web.places import Place

FORGET = "forget-contact"
"""The history's name of the removal of what was known of who reported."""
REASONED = frozenset({ErratumState.DECLINED})
"""What is decided so needs an answer."""
_AROUND = 40
"""Characters of text that are kept on either side of the words."""
_TRIES = 10
_NUMBER = re.compile(r"[Ee]?(\d{4})-(\d{1,6})")


class NotDecided(Exception):
    """A decision that is refused; ``code`` says why, for :mod:`web.errata.labels` to put in words."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Reported:
    """What a reader says of a place."""

    place: Place
    suggestion: str
    reason: str
    contact: str


def report(session: Session, said: Reported, code: str) -> Erratum:
    """Keep a report under the year's next number, in a transaction of its own; ``code`` is the secret to follow it by.

    Raises:
        IntegrityError: others took each number that was tried.
    """
    year, place = today().year, said.place
    for attempt in range(_TRIES):
        last = session.scalar(select(func.max(Erratum.sequence)).where(Erratum.year == year)) or 0
        erratum = Erratum(
            year=year,
            sequence=last + 1,
            address=place.address,
            work=place.address.work,
            title=place.title,
            section=place.section,
            words=place.text,
            passage=place.around(_AROUND),
            suggestion=said.suggestion,
            reason=said.reason,
            contact=said.contact,
            digest=digest(code),
        )
        erratum.history.append(ErratumEvent(action="report"))
        session.add(erratum)
        try:
            session.commit()
            return erratum
        except IntegrityError:
            session.rollback()
            if attempt == _TRIES - 1:
                raise
    raise AssertionError("unreachable")


def find(session: Session, number: str) -> Erratum | None:
    """Return the report with this number, such as ``E2026-0012``."""
    said = _NUMBER.fullmatch(number.strip())
    if said is None:
        return None
    return session.scalar(select(Erratum).where(Erratum.year == int(said[1]), Erratum.sequence == int(said[2])))


def followed(session: Session, number: str, typed: str) -> Erratum | None:
    """Return the report with this number and this secret; nobody can tell which of the two was wrong."""
    found = find(session, number)
    kept = found.digest if found else digest(secret())
    return found if hmac.compare_digest(kept, digest(typed)) else None


def counted(session: Session) -> Mapping[ErratumState, int]:
    """Return how many reports stand in each state."""
    return dict(session.execute(select(Erratum.state, func.count()).group_by(Erratum.state)).all())


def listed(session: Session, state: ErratumState | None, q: str, *, limit: int, offset: int) -> Sequence[Erratum]:
    """Return reports in a state, or in any, that hold what is looked for; those that wait longest first."""
    conditions: list[ColumnElement[bool]] = []
    if state:
        conditions.append(Erratum.state == state)
    for word in q.split()[:10]:
        held = (Erratum.work, Erratum.title, Erratum.words, Erratum.suggestion, Erratum.reason, Erratum.contact)
        conditions.append(or_(*(column.icontains(word, autoescape=True) for column in held)))
    order = Erratum.id if state is ErratumState.NEW else Erratum.id.desc()
    return session.scalars(select(Erratum).where(*conditions).order_by(order).limit(limit).offset(offset)).all()


def decide(session: Session, erratum: Erratum, seen: int, state: ErratumState, answer: str, actor: Account) -> None:
    """Decide on a report after so many decisions as were seen; who made it reads the answer.

    Raises:
        NotDecided: somebody decided meanwhile, nothing would change, or an answer is needed.
    """
    if state is ErratumState.NEW or (state is erratum.state and answer == erratum.answer):
        raise NotDecided("nothing-new")
    if state in REASONED and not answer:
        raise NotDecided("no-answer")
    mine = update(Erratum).where(Erratum.id == erratum.id, Erratum.decisions == seen)
    if not rows_changed(session, mine.values(state=state, answer=answer, decisions=seen + 1)):
        raise NotDecided("decided-meanwhile")
    _note(session, erratum, actor, state.value, answer)


def forget(session: Session, erratum: Erratum, actor: Account) -> None:
    """Remove the contact of who reported; the report itself stays, and can be followed as before."""
    erratum.contact = ""
    _note(session, erratum, actor, FORGET)


def _note(session: Session, erratum: Erratum, actor: Account, action: str, detail: str = "") -> None:
    session.add(ErratumEvent(erratum_id=erratum.id, account_id=actor.id, action=action, detail=detail))
    record(session, actor, f"erratum.{action}", f"erratum:{erratum.number}")
