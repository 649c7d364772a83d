"""Opening cases, finding them, and moving them from state to state; each act is a line of the case's history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from web.accounts.models import Account, AccountRole
from web.database.storage import now, rows_changed, today
from web.desk.models import Asker, Case, Event, Tag
from web.desk.states import (
    EDITABLE,
    REASONED,
    SIGNING,
    UNANSWERED,
    CaseOutcome,
    Move,
    Status,
    Tier,
    moves,
    waives_review,
)

MOST_TAGS = 20
_LONGEST_DETAIL = 200
"""Characters of what a refusal repeats: it is told by way of a cookie, and browsers drop one that is too long."""
_TRIES = 10
_WAIVER = "waive-review"
"""The history's name of a change of tier after which no second person has to sign."""


class Refused(Exception):
    """An action that is refused for a case; ``code`` says why, for :mod:`web.desk.labels` to put in words."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail if len(detail) <= _LONGEST_DETAIL else f"{detail[:_LONGEST_DETAIL]}…"


def open_case(
    session: Session,
    question: str,
    account: Account | None,
    *,
    tier: Tier = Tier.FACTUAL,
    due: date | None = None,
    name: str = "",
    contact: str = "",
    digest: str | None = None,
    language: str | None = None,
) -> Case:
    """Open a case under the year's next number, in a transaction of its own; without an account, by the public form.

    ``digest`` is that of the secret by which whoever asked follows it, ``language`` the one that they asked in.

    Raises:
        IntegrityError: others took each number that was tried.
    """
    year = today().year
    actor = account.id if account else None
    for attempt in range(_TRIES):
        last = session.scalar(select(func.max(Case.sequence)).where(Case.year == year)) or 0
        case = Case(year=year, sequence=last + 1, question=question, tier=tier, due=due)
        if name or contact:
            case.asker = Asker(name=name, contact=contact, digest=digest, language=language)
        case.history.append(Event(account_id=actor, action="open"))
        session.add(case)
        try:
            session.commit()
            return case
        except IntegrityError:
            session.rollback()
            if attempt == _TRIES - 1:
                raise
    raise AssertionError("unreachable")


def find(session: Session, number: str) -> Case | None:
    """Return the case with this number, such as ``2026-0012``."""
    year, _, sequence = number.partition("-")
    if not (_is_number(year, 4) and _is_number(sequence, 6)):
        return None
    return session.scalar(select(Case).where(Case.year == int(year), Case.sequence == int(sequence)))


def staff(session: Session) -> Sequence[Account]:
    """Return the accounts to which a case can be given."""
    query = select(Account).where(Account.active, Account.role != AccountRole.READER).order_by(Account.name)
    return session.scalars(query).all()


def note(case: Case, account: Account | None, action: str, detail: str = "") -> None:
    """Write a line of the case's history, in the transaction of what it tells."""
    case.history.append(Event(account_id=account.id if account else None, action=action, detail=detail[:1000]))


def retag(case: Case, names: Sequence[str]) -> None:
    """Keep the case under these tags, and no others."""
    wanted = dict.fromkeys(names[:MOST_TAGS])
    held = {tag.name: tag for tag in case.tags}
    case.tags = [held.get(name) or Tag(name=name) for name in sorted(wanted)]


def may_waive(case: Case, account: Account) -> bool:
    """Return whether this person may spare the case's reply its review."""
    return account.role >= AccountRole.REVIEWER and account.id not in _authors(case)


def classify(session: Session, case: Case, tier: Tier, account: Account) -> None:
    """Set the tier of a case, under the lock of its row.

    To a tier whose replies nobody reviews it is lowered by a reviewer who has written none of its reply, whether or not
    there is one yet: else its author could lower it first and write then.

    Raises:
        Refused: the case stands so that it can't change, somebody moved it meanwhile, or it is not this person's to do.
    """
    before = case.tier
    if tier is before:
        return
    if case.status not in EDITABLE | {Status.NEW}:
        raise Refused("not-editable")  # a reply under review must not slip past it
    waiver = waives_review(before, tier)
    if waiver and not may_waive(case, account):
        raise Refused("waiver-needs-reviewer")
    _change(session, case, {"tier": tier})
    note(case, account, _WAIVER if waiver else "tier", tier.value)


def move(
    session: Session,
    case: Case,
    doing: Move,
    account: Account,
    reason: str = "",
    *,
    outcome: CaseOutcome = CaseOutcome.OTHER,
    duplicate_of: str = "",
) -> None:
    """Move a case; who takes one up that is nobody's gets it.

    One that is closed without an answer needs a reason, or is spam, or the duplicate of the case with that number.

    Raises:
        Refused: it can't be moved so from where it stands, or not by this person, or not without a reason or a reply.
    """
    before = case.status
    after = moves(before, case.tier).get(doing)
    if after is None:
        raise _already_taken(case) if doing is Move.TAKE_UP else Refused("no-such-move")
    unanswered = doing is Move.CLOSE and before in UNANSWERED
    if (doing in REASONED or (unanswered and outcome is CaseOutcome.OTHER)) and not reason.strip():
        raise Refused("no-reason")
    other = find(session, duplicate_of.strip()) if unanswered and outcome is CaseOutcome.DUPLICATE else None
    if unanswered and outcome is CaseOutcome.DUPLICATE and (other is None or other.id == case.id):
        raise Refused("no-such-case", duplicate_of)
    if doing in SIGNING | {Move.SUBMIT} and not (case.draft and case.draft.text.strip()):
        raise Refused("no-reply")
    if doing is Move.APPROVE:
        if account.role < AccountRole.REVIEWER:
            raise Refused("not-a-reviewer")
        if account.id in _authors(case):
            raise Refused("own-reply")
    if doing is Move.SIGN and _waived_by(case) in _authors(case):
        raise Refused("own-waiver")  # the one who spared the reply its review has come to write it
    values: dict[str, object] = {"status": after}
    if doing is Move.TAKE_UP and case.assignee_id is None:
        values["assignee_id"] = account.id
    if after is Status.ANSWERED:
        values["answered"] = now()
    values["closed"] = now() if after is Status.CLOSED else None
    if doing is Move.REOPEN:
        values |= {"published": False, "outcome": None, "duplicate_of_id": None}
    if unanswered:
        values |= {"outcome": outcome, "duplicate_of_id": other.id if other else None}
    try:
        _change(session, case, values)
    except Refused:
        if doing is not Move.TAKE_UP:
            raise
        session.refresh(case)
        raise _already_taken(case) from None
    if unanswered and outcome is not CaseOutcome.OTHER:
        note(case, account, outcome.value, other.number if other else "")
    note(case, account, doing.value, reason.strip())


def _already_taken(case: Case) -> Refused:
    """Return why a case can't be taken up: somebody else has."""
    taken = next((event for event in reversed(case.history) if event.action == Move.TAKE_UP), None)
    return Refused("already-taken", taken.account.name) if taken and taken.account else Refused("no-such-move")


def forget_asker(case: Case, account: Account) -> None:
    """Remove who asked, for good."""
    case.asker = None
    note(case, account, "forget-asker")


def _change(session: Session, case: Case, values: Mapping[str, object]) -> None:
    """Change the case if it still stands, and is classified, as it was read.

    Raises:
        Refused: it does not.
    """
    as_read = (Case.id == case.id, Case.status == case.status, Case.tier == case.tier)
    if not rows_changed(session, update(Case).where(*as_read).values(dict(values))):
        raise Refused("moved-meanwhile")
    session.refresh(case)


def _authors(case: Case) -> set[int]:
    """Return the ids of those who wrote any of the reply's revisions."""
    return {revision.account_id for revision in case.revisions}


def _waived_by(case: Case) -> int | None:
    """Return the id of who spared the case its review the last time somebody did; None where nobody did."""
    return next((event.account_id for event in reversed(case.history) if event.action == _WAIVER), None)


def _is_number(text: str, most: int) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= most
