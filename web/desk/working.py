"""The case that a librarian works on: the session carries its number, and searches are kept in it meanwhile.

A search is a GET, which a link in a mail can have somebody else's browser make. So it is kept only where the browser
says that a page of this site led to it (:func:`is_from_here`); for all others, typed addresses and bookmarks among
them, the page has a button that keeps the search by a POST with its token. A case is chosen by a POST alone.
"""

from __future__ import annotations

from datetime import datetime
from typing import cast
from urllib.parse import urlencode, urlsplit

from flask import Flask, current_app, g, request
from flask import session as cookie
from sqlalchemy import delete, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from search.model import SearchRequest, SearchResponse
from web.accounts.audit import record
from web.accounts.guard import current_account, may
from web.accounts.models import AccountRole
from web.database.storage import aside, rows_changed, session, trouble
from web.desk.cases import find
from web.desk.models import Case, KeptSearch
from web.desk.states import EDITABLE, Status
from web.presenting.urls import arguments

_CARRIED = "case"


def take(case: Case) -> None:
    """Start working on this case."""
    cookie[_CARRIED] = case.number
    g.pop("working", None)


def leave() -> None:
    """Stop working on a case."""
    cookie.pop(_CARRIED, None)
    g.pop("working", None)


def current() -> Case | None:
    """Return the case that is worked on; a session that carries none does not touch the database."""
    if "working" not in g:
        number = cookie.get(_CARRIED)
        g.working = find(session(), str(number)) if number and may(AccountRole.LIBRARIAN) else None
    return cast("Case | None", g.working)


def is_from_here() -> bool:
    """Return whether a page of this site led to the request, as far as the browser tells.

    ``Sec-Fetch-Site`` can't be set by a page or a link, and stays ``cross-site`` through redirections; browsers send it
    to HTTPS and to this machine alone. Where it is missing, the page that led here is named by ``Referer``, which other
    sites can leave out but can't make ours.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    came, here = urlsplit(request.referrer or ""), urlsplit(request.host_url)
    return (came.scheme, came.netloc) == (here.scheme, here.netloc)


def keep(_: Flask, asked: SearchRequest, response: SearchResponse) -> None:
    """Keep a search that a page of this site led to in the case that is worked on, if there is one.

    A receiver of :data:`web.pages.signals.search_answered`. Further pages and repetitions are not kept, and a search is
    answered whether it could be kept or not.
    """
    if not is_from_here():
        return
    try:
        _keep(asked, response)
    except SQLAlchemyError as failure:
        current_app.logger.warning("a search was not kept in its case: %s", trouble(failure)[1])


def _keep(asked: SearchRequest, response: SearchResponse) -> None:
    case, account = current(), current_account()
    if case is None or account is None or asked.cursor or case.status not in EDITABLE:
        return
    said = urlencode(arguments(asked))
    if case.searches and case.searches[0].arguments == said:
        return
    kept = KeptSearch(
        case_id=case.id,
        account_id=account.id,
        query=asked.q,
        arguments=said,
        passages=response.total.passages + response.total.alike if response.has_close_match else 0,
        occurrences=response.total.occurrences,
        generation=response.generation,
    )
    with aside() as opened:
        opened.add(kept)


def forget(session: Session, before: datetime) -> int:
    """Remove the searches kept in cases that were closed before a moment, and say so in the log; their number."""
    old = select(Case.id).where(Case.status == Status.CLOSED, Case.closed < before)
    removed = delete(KeptSearch).where(KeptSearch.case_id.in_(old)).execution_options(synchronize_session=False)
    count = rows_changed(session, removed)
    record(session, None, "desk.forget-searches", "", f"{count} of cases closed before {before.isoformat()}")
    return count
