"""Pages of people: logging in and out, one's own account, invitations."""

from __future__ import annotations

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_limiter import Limiter
from flask_login import login_user, logout_user

from web import labels
from web.accounts import people
from web.accounts.audit import record
from web.accounts.forms import ChangePassword, LogIn, NewAccount, NewPassword
from web.accounts.guard import current_account, requires
from web.accounts.models import Account, Role
from web.accounts.people import AccountFailure
from web.addresses import sender
from web.storage import session

MOST_FAILURES = "20 per 15 minutes"
"""Wrong passwords and links from one address, whatever the account."""

blueprint = Blueprint("accounts", __name__, url_prefix="/account")
limiter = Limiter(sender, storage_uri="memory://")
_few_failures = limiter.shared_limit(
    MOST_FAILURES, "account", deduct_when=lambda response: response.status_code in (401, 410)
)


@blueprint.after_request
def keep_nowhere(response: Response) -> Response:
    """Have no cache keep these pages."""
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.route("/log-in", methods=["GET", "POST"])
@_few_failures
def log_in() -> ResponseReturnValue:
    """Ask who one is, and go where one wanted."""
    form = LogIn(next=request.args.get("next", ""))
    if not form.is_submitted():
        return render_template("accounts/log_in.html", form=form)
    account = people.find(session(), form.login.data) if form.validate() else None
    right = people.is_right(session(), account, form.password.data or "")
    if account and right:
        record(session(), account, "account.log-in", account.subject)
    session().commit()
    if account is None or not right:
        return make_response(render_template("accounts/log_in.html", form=form, wrong=True), 401)
    _welcome(account)
    return redirect(_own(form.next.data) or url_for("pages.home"))


@blueprint.post("/log-out")
def log_out() -> ResponseReturnValue:
    """End the session."""
    if account := current_account():
        record(session(), account, "account.log-out", account.subject)
        session().commit()
    logout_user()
    cookie.clear()
    return redirect(url_for("pages.home"))


@blueprint.route("/", methods=["GET", "POST"])
@_few_failures
@requires(Role.READER)
def own() -> ResponseReturnValue:
    """One's own account: who one is, and another password."""
    account = current_account()
    assert account is not None
    form = ChangePassword()
    if not form.validate_on_submit():
        return render_template("accounts/own.html", form=form)
    if not people.is_right(session(), account, form.current.data):
        session().commit()
        form.current.errors = [_("现在的密码不对。")]
        return make_response(render_template("accounts/own.html", form=form), 401)
    try:
        people.set_password(session(), account, account, form.password.data)
    except AccountFailure as failure:
        form.password.errors = [labels.account_failure(failure.code, failure.detail)]
        return make_response(render_template("accounts/own.html", form=form), 400)
    session().commit()
    _welcome(account)  # all other sessions have ended
    return render_template("accounts/own.html", form=ChangePassword(formdata=None), changed=True)


@blueprint.route("/invitation/<secret>", methods=["GET", "POST"])
@_few_failures
def invitation(secret: str) -> ResponseReturnValue:
    """Make an account, or set a new password, by a link that serves once."""
    held = people.invitation(session(), secret)
    if held is None:
        return make_response(render_template("accounts/invitation.html", form=None), 410)
    form = NewPassword() if held.account else NewAccount()
    wrong, status = "", 200
    if form.validate_on_submit():
        try:
            login, name = (form.login.data, form.name.data) if isinstance(form, NewAccount) else ("", "")
            account = people.accept(session(), held, login, name, form.password.data)
        except AccountFailure as failure:
            session().rollback()
            wrong, status = labels.account_failure(failure.code, failure.detail), 400
            if people.invitation(session(), secret) is None:
                abort(410)
        else:
            session().commit()
            _welcome(account)
            return redirect(url_for("pages.home"))
    return make_response(render_template("accounts/invitation.html", form=form, held=held, wrong=wrong), status)


def _welcome(account: Account) -> None:
    """Begin a session; what was known before is not carried into it."""
    cookie.clear()
    cookie.permanent = True
    login_user(account)


def _own(address: str | None) -> str:
    """The address, if it is one of this site: a path, and nothing that a browser takes for another host."""
    path = address or ""
    ours = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return request.script_root + path if ours else ""
