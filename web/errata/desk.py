"""The queue of reports of errors at the desk, for librarians."""

from __future__ import annotations

from contextlib import suppress

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from indexer.errors import Unavailable
from web import confirming
from web.access import library
from web.accounts.guard import acting, requires
from web.accounts.models import AccountRole
from web.database.storage import session
from web.desk import queue
from web.errata import labels, reporting
from web.errata.forms import Decide
from web.errata.models import Erratum, ErratumState
from web.errata.public import blueprint
from web.errata.reporting import NotDecided
from web.places import located
from web.presenting.urls import address_url
from web.requested import page_of_list

PER_PAGE = 30


@blueprint.get("/desk/errata")
@requires(AccountRole.LIBRARIAN)
def listed() -> str:
    """List reports: those that are new, or of another state, or that hold some words."""
    q = request.args.get("q", "")[: queue.LONGEST]
    wanted = request.args.get("state", "" if q.strip() else ErratumState.NEW.value)
    state = ErratumState(wanted) if wanted in set(ErratumState) else None
    page = page_of_list()
    shown = reporting.listed(session(), state, q, limit=PER_PAGE + 1, offset=(page - 1) * PER_PAGE)
    return render_template(
        "errata/listed.html",
        errata=shown[:PER_PAGE],
        more=len(shown) > PER_PAGE,
        page=page,
        state=state,
        q=q,
        counts=reporting.counted(session()),
        words=labels,
    )


@blueprint.get("/desk/errata/<number>")
@requires(AccountRole.LIBRARIAN)
def erratum(number: str) -> str:
    """Show a report, what stands at its place now, and what was decided."""
    held = _held(number)
    return _page(held, Decide(formdata=None, seen=held.decisions, state=_proposed(held).value, answer=held.answer))


@blueprint.post("/desk/errata/<number>")
@requires(AccountRole.LIBRARIAN)
def decide(number: str) -> ResponseReturnValue:
    """Decide on a report."""
    held = _held(number)
    form = Decide()
    if not form.validate():
        return _page(held, form)
    try:
        reporting.decide(session(), held, form.seen.data, ErratumState(form.state.data), form.answer.data, acting())
    except NotDecided as refused:
        session().rollback()
        session().refresh(held)
        form.seen.raw_data, form.seen.data = None, held.decisions
        return _page(held, form, labels.refusal(refused))
    session().commit()
    flash(_("%(number)s：已记下，读者凭编号与查询码可以看到。", number=held.number), "done")
    return redirect(url_for(".erratum", number=held.number))


@blueprint.post("/desk/errata/<number>/forget")
@requires(AccountRole.LIBRARIAN)
def forget_contact(number: str) -> ResponseReturnValue:
    """Remove the contact of who reported."""
    held = _held(number)
    back = url_for(".erratum", number=held.number)
    told = _("%(number)s 的联系方式将从数据库里删去，不能恢复；勘误本身不变。", number=held.number)
    if asked := confirming.question(_("删去联系方式"), told, back):
        return asked
    reporting.forget(session(), held, acting())
    session().commit()
    flash(_("已删去联系方式。"), "done")
    return redirect(back)


def _held(number: str) -> Erratum:
    held = reporting.find(session(), number)
    if held is None:
        abort(404)
    return held


def _proposed(held: Erratum) -> ErratumState:
    """Return the decision that is likely next."""
    return {ErratumState.NEW: ErratumState.ACCEPTED, ErratumState.ACCEPTED: ErratumState.MENDED}.get(
        held.state, held.state
    )


def _page(held: Erratum, form: Decide, refused: str = "") -> str:
    place, index_answers = None, False
    with suppress(Unavailable):  # what was reported stands in the database
        place, index_answers = located(library(), held.address), True
    return render_template(
        "errata/erratum.html",
        erratum=held,
        form=form,
        refused=refused,
        place=place,
        index_answers=index_answers,
        url=address_url(held.address),
        words=labels,
    )
