"""The queue: which cases wait for somebody, and finding any case by its state, its number or its words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, selectinload

from indexer.text.folding import fold
from web.accounts.models import Account, AccountRole
from web.desk.models import Asker, Case, Event, Note, ReplyLetter, Revision, Searched, Tag
from web.desk.states import FINISHED, Move, Status, Tier
from web.letters.models import UNDECIDED, QueuedLetter

LONGEST = 100
"""Characters that cases are searched for by."""
_NUMBER = re.compile(r"([0-9]{4})-([0-9]{1,6})")
_MOST_WORDS = 8
_OPEN = (Status.NEW, Status.IN_PROGRESS, Status.REOPENED)
_MOVED = {move.value for move in Move}


class QueueScope(StrEnum):
    """Whose cases are listed."""

    WAITING = "waiting"  # what waits for whoever looks: theirs, nobody's, and replies that they may review
    MINE = "mine"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class WantedCases:
    """What is looked for among the cases; ``q`` is a number such as ``2026-0012``, or words."""

    scope: QueueScope = QueueScope.WAITING
    status: Status | None = None
    tier: Tier | None = None
    tag: str = ""
    q: str = ""


def found(session: Session, account: Account, wanted: WantedCases, *, limit: int, offset: int = 0) -> Sequence[Case]:
    """Return cases for somebody, those that are due first, then the newest."""
    query = (
        select(Case)
        .where(*_conditions(account, wanted))
        .options(selectinload(Case.history).joinedload(Event.account), selectinload(Case.tags))
        .order_by(Case.status.in_(FINISHED), Case.due.is_(None), Case.due, Case.year.desc(), Case.sequence.desc())
    )
    return session.scalars(query.limit(limit).offset(offset)).all()


def counted(session: Session, account: Account, wanted: WantedCases) -> Mapping[Status, int]:
    """Count such cases by their status, whichever status is wanted; those of which there are none are left out."""
    conditions = _conditions(account, replace(wanted, status=None))
    rows = session.execute(select(Case.status, func.count()).where(*conditions).group_by(Case.status)).all()
    return {row[0]: row[1] for row in rows}


def waiting(session: Session, account: Account) -> int:
    """Count the cases that wait for somebody."""
    return session.scalar(select(func.count()).select_from(Case).where(_waits_for(account))) or 0


def returned(case: Case) -> Event | None:
    """Return the line that tells who sent the case back, or reopened it, and why; None where nobody has since."""
    last = next((event for event in reversed(case.history) if event.action in _MOVED), None)
    return last if last and last.action in (Move.SEND_BACK, Move.REOPEN) else None


def _conditions(account: Account, wanted: WantedCases) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    match wanted.scope:
        case QueueScope.WAITING:
            conditions.append(_waits_for(account))
        case QueueScope.MINE:
            conditions.append(Case.assignee_id == account.id)
    if wanted.status:
        conditions.append(Case.status == wanted.status)
    if wanted.tier:
        conditions.append(Case.tier == wanted.tier)
    if wanted.tag:
        conditions.append(Case.tags.any(Tag.name == wanted.tag))
    if number := _NUMBER.fullmatch(wanted.q.strip()):
        conditions.append(and_(Case.year == int(number[1]), Case.sequence == int(number[2])))
    else:
        conditions += [_holds(word) for word in wanted.q.split()[:_MOST_WORDS]]
    return conditions


def _waits_for(account: Account) -> ColumnElement[bool]:
    own = Case.assignee_id == account.id
    undecided = and_(QueuedLetter.state.in_(UNDECIDED), QueuedLetter.recipient != "")
    letter = exists().where(ReplyLetter.case_id == Case.id, ReplyLetter.letter_id == QueuedLetter.id, undecided)
    waits = or_(
        and_(letter, or_(own, Case.assignee_id.is_(None))),
        and_(Case.status.in_(_OPEN), or_(own, Case.assignee_id.is_(None))),
        and_(Case.status == Status.ANSWERED, own),
    )
    if account.role < AccountRole.REVIEWER:
        return waits
    wrote = exists().where(Revision.case_id == Case.id, Revision.account_id == account.id)
    return or_(waits, and_(Case.status == Status.AWAITING_REVIEW, ~wrote))


def _holds(word: str) -> ColumnElement[bool]:
    """Return the condition that a word stands, in either script, in the question, a tag, a note, or the asker's data.

    A word of which folding leaves nothing is looked for as it is typed.
    """
    folded = fold(word)

    def stands(table: type[Searched], *typed: InstrumentedAttribute[str]) -> ColumnElement[bool]:
        if folded:
            return table.folded.contains(folded, autoescape=True)
        return or_(*(column.contains(word, autoescape=True) for column in typed))

    return or_(
        stands(Case, Case.question),
        Case.notes.any(stands(Note, Note.text)),
        Case.tags.any(stands(Tag, Tag.name)),
        Case.asker.has(stands(Asker, Asker.name, Asker.contact)),
    )
