"""The base of answered questions, and making one of them public."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import cast

from flask import current_app, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from web.accounts.guard import acting, requires
from web.accounts.models import AccountRole
from web.database.storage import session
from web.desk import labels, publication
from web.desk.cases import Refused, find, note
from web.desk.forms import Publish
from web.desk.knowledge import AnswerBase, AnsweredCase, refreshed
from web.desk.models import Case
from web.desk.pages import blueprint, case_url, logged, on_case
from web.desk.states import Status

EXTENSION = "answers"


def answers() -> AnswerBase:
    """Return the base of the current application."""
    return cast(AnswerBase, current_app.extensions[EXTENSION])


def like(question: str, *, only: Collection[str] | None = None, limit: int = 5) -> Sequence[AnsweredCase]:
    """Find answered cases that are like a question, on whichever machine they were closed."""
    answers().follow(session())
    return answers().like(question, only=only, limit=limit)


@blueprint.get("/answers")
@requires(AccountRole.LIBRARIAN)
def answered() -> str:
    """Search the answered questions."""
    q = request.args.get("q", "")[:300]
    found = like(q, limit=20)
    cases = {each.number: find(session(), each.number) for each in found}
    return render_template("desk/answers.html", q=q, found=found, cases=cases, words=labels)


@blueprint.post("/cases/<number>/publish")
@on_case(AccountRole.REVIEWER)
def publish(case: Case) -> ResponseReturnValue:
    """Publish a closed case, under the wording that the reviewer gives its question."""
    form = Publish()
    if case.status is not Status.CLOSED or not case.signed or not form.validate():
        raise Refused("not-publishable")
    if shut := publication.closed(case):
        raise Refused("closed-collection", "、".join(shut))
    case.published, case.shown_question = True, form.question.data
    note(case, acting(), "publish")
    logged(case, "publish")
    return _done(case)


@blueprint.post("/cases/<number>/unpublish")
@on_case(AccountRole.REVIEWER)
def unpublish(case: Case) -> ResponseReturnValue:
    """Withdraw a case from the public."""
    case.published = False
    note(case, acting(), "unpublish")
    logged(case, "unpublish")
    return _done(case)


def _done(case: Case) -> ResponseReturnValue:
    session().commit()
    if not refreshed(answers(), session()):
        flash(_("案卷已改动，但答复库暂时没有更新；稍后会再试。"), "wrong")
    return redirect(case_url(case.number, "publishing"))
