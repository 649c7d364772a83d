"""Public pages of the desk: the form for a question, and the questions that were made public."""

from __future__ import annotations

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue

from web.accounts import attempts
from web.caching import NOWHERE
from web.database.storage import session
from web.desk import cases, following, publication, replying
from web.desk import labels as desk_labels
from web.desk.forms import Ask, Follow
from web.desk.models import Case
from web.desk.pages.answers import like
from web.desk.states import FINISHED
from web.networks import networks
from web.presenting import labels, languages
from web.requested import page_of_list

PER_PAGE = 30
_ASKED = "asked"
"""The session's key of the number of the question that was asked last."""
_SECRET = "asked-secret"
"""The session's key of the secret by which that question is followed."""
blueprint = Blueprint("public", __name__)


@blueprint.route("/ask", methods=["GET", "POST"])
def ask() -> ResponseReturnValue:
    """Ask the library a question."""
    form = Ask()
    if not form.validate_on_submit():
        return render_template("desk/ask.html", form=form)
    wait = attempts.take(session(), attempts.question(networks())).wait
    session().commit()
    if wait:  # with the form, so that what was written is not lost
        page = render_template("desk/ask.html", form=form, wait=labels.minutes(wait))
        return make_response(page, 429, {"Retry-After": str(wait)})
    secret = following.secret()
    case = cases.open_case(
        session(),
        form.question.data,
        None,
        name=form.name.data,
        contact=form.contact.data,
        digest=following.digest(secret),
        language=languages.locale(),
    )
    cookie[_ASKED], cookie[_SECRET] = case.number, secret
    return redirect(url_for("public.asked"))


@blueprint.get("/ask/received")
def asked() -> ResponseReturnValue:
    """Confirm that a question has arrived, and under which number."""
    if _ASKED not in cookie:
        return redirect(url_for("public.ask"))
    page = render_template("desk/asked.html", number=cookie[_ASKED], secret=cookie.get(_SECRET, ""))
    return make_response(page, 200, NOWHERE)


@blueprint.route("/ask/status", methods=["GET", "POST"])
def status() -> ResponseReturnValue:
    """Show whoever asked how their question stands, and the reply once it is signed."""
    form = Follow()
    if not form.validate_on_submit():
        return make_response(render_template("desk/status.html", form=form), 200, NOWHERE)
    bounds = attempts.inquiry(networks())
    wait = attempts.take(session(), bounds).wait
    session().commit()
    if wait:
        page = render_template("desk/status.html", form=form, wait=labels.minutes(wait))
        return make_response(page, 429, {"Retry-After": str(wait), **NOWHERE})
    case = following.followed(session(), form.number.data, form.secret.data)
    if case is None:
        form.secret.data = ""
        return make_response(render_template("desk/status.html", form=form, wrong=True), 404, NOWHERE)
    attempts.give_back(session(), bounds)
    session().commit()
    document = replying.signed(case) if case.status in FINISHED and case.outcome is None else None
    page = render_template("desk/status.html", case=case, document=document, standing=desk_labels.standing(case))
    return make_response(page, 200, NOWHERE)


@blueprint.get("/faq")
def faq() -> str:
    """List the questions that were made public, or those of them that are like one's own."""
    q = request.args.get("q", "")[:300]
    page = page_of_list()
    public = publication.public_cases(session())
    if q.strip():
        shown, more, page = [each.number for each in like(q, only=public, limit=20)], False, 1
    else:
        shown, more = list(public)[(page - 1) * PER_PAGE : page * PER_PAGE], len(public) > page * PER_PAGE
    found = [session().get_one(Case, public[number]) for number in shown]
    return render_template("desk/faq.html", q=q if q.strip() else "", cases=found, more=more, page=page)


@blueprint.get("/faq/<number>")
def answer(number: str) -> str:
    """Show a question that was made public, and its reply as signed."""
    case = cases.find(session(), number)
    document = replying.signed(case) if case and publication.is_public(case) else None
    if case is None or document is None:
        abort(404)
    return render_template("desk/answer.html", case=case, document=document)
