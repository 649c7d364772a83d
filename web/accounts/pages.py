"""Pages of people: logging in and out."""

from __future__ import annotations

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import login_user, logout_user
from sqlalchemy import select

from web.accounts.audit import record
from web.accounts.forms import LogIn
from web.accounts.guard import current_account
from web.accounts.models import Account
from web.accounts.passwords import hashed, is_outdated, is_right
from web.storage import now, session

blueprint = Blueprint("accounts", __name__, url_prefix="/account")


@blueprint.route("/log-in", methods=["GET", "POST"])
def log_in() -> ResponseReturnValue:
    """Ask who one is, and go where one wanted."""
    form = LogIn(next=request.args.get("next", ""))
    if not form.is_submitted():
        return render_template("accounts/log_in.html", form=form)
    account = _of(form.login.data, form.password.data) if form.validate() else None
    if account is None:
        page = render_template("accounts/log_in.html", form=form, wrong=_("账号或密码不对。"))
        return make_response(page, 401)
    cookie.clear()  # what was known before is not carried into the account's session
    cookie.permanent = True
    login_user(account)
    return redirect(_own(form.next.data) or url_for("pages.home"))


@blueprint.post("/log-out")
def log_out() -> ResponseReturnValue:
    """End the session."""
    if account := current_account():
        record(session(), account, "account.log-out", f"account:{account.id}")
        session().commit()
    logout_user()
    cookie.clear()
    return redirect(url_for("pages.home"))


def _of(login: str, password: str) -> Account | None:
    """The account, if this is its password; what happened is in the log."""
    account: Account | None = session().scalar(select(Account).where(Account.login == login.strip().lower()))
    right = is_right(account.password if account else "", password)
    if account and account.active and right:
        if is_outdated(account.password):
            account.password = hashed(password)
        account.seen = now()
        record(session(), account, "account.log-in", f"account:{account.id}")
        session().commit()
        return account
    record(session(), None, "account.log-in-failed", f"account:{account.id}" if account else "")
    session().commit()
    return None


def _own(address: str | None) -> str:
    """The address, if it is one of this site: a path, and nothing that a browser takes for another host."""
    path = address or ""
    ours = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return request.script_root + path if ours else ""
