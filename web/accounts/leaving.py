"""What is one's own: taking all of it along, and removing it together with the account."""

from __future__ import annotations

import json

from flask import Response, current_app, flash, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from web.accounts import belongings, guard, labels, people, sessions
from web.accounts.forms import Leave
from web.accounts.guard import acting, requires
from web.accounts.models import AccountRole
from web.accounts.pages import blueprint, guess, patience
from web.accounts.people import AccountFailure
from web.database.storage import now, session
from web.presenting.labels import minutes


@blueprint.get("/export.json")
@requires(AccountRole.READER)
def export() -> Response:
    """Return all that belongs to one's account, as JSON."""
    account = acting()
    told = {
        "account": {
            "login": account.login,
            "name": account.name,
            "role": account.role.code,
            "created": account.created.isoformat(),
            "exported": now().isoformat(),
        },
        "sessions": [
            {"browser": each.agent, "created": each.created.isoformat(), "seen": each.seen.isoformat()}
            for each in sessions.of(session(), account, guard.life())
        ],
        **belongings.export(session(), account),
    }
    response = current_app.response_class(json.dumps(told, ensure_ascii=False, indent=1), mimetype="application/json")
    response.headers["Content-Disposition"] = "attachment; filename=wenyuan-account.json"
    return response


@blueprint.route("/delete", methods=["GET", "POST"])
@requires(AccountRole.READER)
def delete() -> ResponseReturnValue:
    """Say what goes with an account and, once its password is typed, remove it."""
    account = acting()
    form = Leave()
    if account.role > AccountRole.READER:
        return render_template("accounts/delete.html", form=form, wrong=labels.account_failure("account-of-staff", ""))
    if not form.validate_on_submit():
        return render_template("accounts/delete.html", form=form)
    wait, right = guess(account.login, account, form.password.data)
    if wait:
        form.password.errors = [_("尝试的次数太多，请过 %(minutes)s 分钟再试。", minutes=minutes(wait))]
        return patience(render_template("accounts/delete.html", form=form), wait)
    if not right:
        form.password.errors = [_("现在的密码不对。")]
        return make_response(render_template("accounts/delete.html", form=form), 401)
    try:
        people.leave(session(), account)
    except AccountFailure as failure:
        session().rollback()
        wrong = labels.account_failure(failure.code, failure.detail)
        return make_response(render_template("accounts/delete.html", form=form, wrong=wrong), 409)
    session().commit()
    guard.farewell()
    flash(_("账号已经注销，书架上的东西都已删去。"))
    return redirect(url_for("pages.home"))
