"""The case that a librarian works on: the session carries its number, and every search is kept in it meanwhile."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast
from urllib.parse import urlencode

from flask import g
from flask import session as cookie
from sqlalchemy import CursorResult, delete, select
from sqlalchemy.orm import Session

from search.results import SearchRequest, SearchResponse
from web.accounts.audit import record
from web.accounts.guard import current_account, may
from web.accounts.models import Role
from web.desk.cases import find
from web.desk.models import Case, KeptSearch
from web.desk.states import EDITABLE, Status
from web.forms import search_arguments
from web.storage import session

_CARRIED = "case"


def take(case: Case) -> None:
    """Work on this case from now on."""
    cookie[_CARRIED] = case.number
    g.pop("working", None)


def leave() -> None:
    """Work on no case."""
    cookie.pop(_CARRIED, None)
    g.pop("working", None)


def current() -> Case | None:
    """The case that is worked on; a session that carries none does not touch the database."""
    if "working" not in g:
        number = cookie.get(_CARRIED)
        g.working = find(session(), str(number)) if number and may(Role.LIBRARIAN) else None
    return cast("Case | None", g.working)


def keep(asked: SearchRequest, response: SearchResponse) -> None:
    """Keep a search in the case that is worked on, if there is one; further pages and repetitions are not kept."""
    case, account = current(), current_account()
    if case is None or account is None or asked.cursor or case.status not in EDITABLE:
        return
    arguments = urlencode(search_arguments(asked))
    if case.searches and case.searches[0].arguments == arguments:
        return
    found = response.total.passages if response.close else 0
    session().add(
        KeptSearch(
            case_id=case.id,
            account_id=account.id,
            query=asked.q,
            arguments=arguments,
            passages=found,
            occurrences=response.total.occurrences,
            generation=response.generation,
        )
    )
    session().commit()


def forget(session: Session, before: datetime) -> int:
    """Remove the searches kept in cases that were closed before a moment, and say so in the log; their number."""
    old = select(Case.id).where(Case.status == Status.CLOSED, Case.closed < before)
    done = session.execute(
        delete(KeptSearch).where(KeptSearch.case_id.in_(old)).execution_options(synchronize_session=False)
    )
    count = cast(CursorResult[Any], done).rowcount
    record(session, None, "desk.forget-searches", "", f"{count} of cases closed before {before.isoformat()}")
    return count
