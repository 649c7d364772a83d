"""Signing up: readers make accounts for themselves, where the operator allows it."""

from __future__ import annotations

from flask import abort, current_app, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from web.accounts import attempts, guard, labels, people
from web.accounts.forms import NewAccount
from web.accounts.guard import current_account
from web.accounts.models import AccountRole
from web.accounts.pages import SIGN_UP, blueprint, patience
from web.accounts.people import AccountFailure
from web.database.storage import session
from web.networks import networks
from web.presenting.labels import minutes


@blueprint.route("/sign-up", methods=["GET", "POST"])
def sign_up() -> ResponseReturnValue:
    """Make a reader's account, and log in to it."""
    if not current_app.config[SIGN_UP]:
        abort(404)
    if current_account():
        return redirect(url_for("accounts.own"))
    form = NewAccount()
    if not form.validate_on_submit():
        return make_response(_page(form), 400 if form.is_submitted() else 200)
    bounds = attempts.sign_up(networks())
    taken = attempts.take(session(), bounds)
    session().commit()
    if taken.wait:
        told = _("从这里注册的太多，请过 %(minutes)s 分钟再来。", minutes=minutes(taken.wait))
        return patience(_page(form, told), taken.wait)
    try:
        account = people.add(session(), None, form.login.data, form.name.data, AccountRole.READER, form.password.data)
    except AccountFailure as failure:
        session().rollback()
        if failure.code != "login-taken":  # nothing was told of anybody
            attempts.give_back(session(), bounds)
            session().commit()
        return make_response(_page(form, labels.account_failure(failure.code, failure.detail)), 400)
    guard.welcome(account)
    return redirect(url_for("shelf.home"))


def _page(form: NewAccount, wrong: str = "") -> str:
    return render_template("accounts/sign_up.html", form=form, wrong=wrong)
