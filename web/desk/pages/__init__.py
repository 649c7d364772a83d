"""Pages of the desk: one module an area, all but the public ones under ``/desk`` and for librarians alone."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from web import resuming
from web.accounts.audit import record
from web.accounts.guard import acting, requires
from web.accounts.models import AccountRole
from web.database.storage import session
from web.desk import labels
from web.desk.cases import Refused, find
from web.desk.models import Case
from web.requested import by_script

blueprint = Blueprint("desk", __name__, url_prefix="/desk")

ViewParameters = ParamSpec("ViewParameters")
View = Callable[ViewParameters, ResponseReturnValue]
CaseView = Callable[Concatenate[Case, ViewParameters], ResponseReturnValue]


def on_case(
    role: AccountRole = AccountRole.LIBRARIAN,
) -> Callable[[CaseView[ViewParameters]], Callable[..., ResponseReturnValue]]:
    """Pass the case that the address names to a view.

    What can't be done to it is said on the case's page, or on one that holds what was written.
    """

    def decorate(view: CaseView[ViewParameters]) -> Callable[..., ResponseReturnValue]:
        @requires(role)
        @wraps(view)
        def found(number: str, *args: ViewParameters.args, **named: ViewParameters.kwargs) -> ResponseReturnValue:
            case = find(session(), number)
            if case is None:
                abort(404)
            try:
                return view(case, *args, **named)
            except Refused as refused:
                session().rollback()
                told = labels.refusal(refused)
                if by_script():
                    return {"told": told}, 409
                if resuming.is_written():  # which being led elsewhere would lose
                    return resuming.page(409, told)
                flash(told, "wrong")
                return redirect(back(case_url(number)))

        return found

    return decorate


def logged(case: Case, action: str, detail: str = "") -> None:
    """Write in the audit log what is done to a case, in the transaction of the request."""
    record(session(), acting(), f"desk.{action}", f"case:{case.number}", detail)


def case_url(number: str, anchor: str = "") -> str:
    """Return the address of a case's page."""
    return url_for("desk.case", number=number, _anchor=anchor or None)


def back(otherwise: str, anchor: str = "") -> str:
    """Return the page of this site that a form was on, at a place of it, or another address."""
    came = request.referrer or ""
    if not came.startswith(request.host_url):
        return otherwise
    return f"{came.partition('#')[0]}#{anchor}" if anchor else came
