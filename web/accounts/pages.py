"""Pages of people: logging in and out, one's own account and its sessions, invitations."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, Response, current_app, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.exc import DBAPIError

from web.accounts import attempts, guard, labels, people, sessions
from web.accounts.audit import record
from web.accounts.forms import ChangePassword, LogIn, NewAccount, NewPassword, OpenLink
from web.accounts.guard import acting, current_account, requires
from web.accounts.models import Account, AccountRole
from web.accounts.people import AccountFailure
from web.caching import keep_nowhere
from web.database.storage import session, trouble
from web.networks import networks
from web.presenting.labels import minutes

SIGN_UP = "SIGN_UP"
"""The application's setting whether readers may make accounts themselves."""

blueprint = Blueprint("accounts", __name__, url_prefix="/account")
blueprint.context_processor(lambda: {"words": labels, "signs_up": current_app.config[SIGN_UP]})
blueprint.after_request(keep_nowhere)


@blueprint.route("/log-in", methods=["GET", "POST"])
def log_in() -> ResponseReturnValue:
    """Ask for login and password, and go on to the page that was wanted."""
    form = LogIn(next=request.args.get("next", "") or _came_from())
    if not form.is_submitted():
        return render_template("accounts/log_in.html", form=form)
    try:
        return _log_in(form)
    except DBAPIError as failure:
        # Nobody gets in whose attempt can't be counted, nor whose session can't be kept: that is said, and no more.
        session().rollback()
        current_app.logger.error("logging in failed: the database: %s", trouble(failure)[1])
        return make_response(render_template("accounts/log_in.html", form=form, unusable=True), 503)


def _log_in(form: LogIn) -> ResponseReturnValue:
    valid = form.validate()
    login = people.plain(form.login.data or "")
    account = people.find(session(), login) if valid else None
    wait, right = guess(login, account, form.password.data or "")
    if wait:
        return patience(render_template("accounts/log_in.html", form=form, wait=minutes(wait)), wait)
    if account is None or not right:
        return make_response(render_template("accounts/log_in.html", form=form, wrong=True), 401)
    attempts.forget(session())
    record(session(), account, "account.log-in", account.subject)
    guard.welcome(account)
    desk = account.role >= AccountRole.LIBRARIAN
    return redirect(_own(form.next.data) or url_for("desk.home" if desk else "pages.home"))


@blueprint.post("/log-out")
def log_out() -> ResponseReturnValue:
    """End the session: a copy of its cookie is dead."""
    if account := current_account():
        record(session(), account, "account.log-out", account.subject)
    guard.farewell()
    return redirect(url_for("pages.home"))


@blueprint.get("/session")
def session_left() -> dict[str, int]:
    """Return the seconds until the session ends if it is not used; 0 where nobody is logged in. Asking is no use."""
    return {"seconds": guard.seconds_left()}


@blueprint.route("/", methods=["GET", "POST"])
@requires(AccountRole.READER)
def own() -> ResponseReturnValue:
    """Show one's own account, its sessions, and the form for another password."""
    account = acting()
    form = ChangePassword()
    if not form.validate_on_submit():
        return _own_page(form)
    wait, right = guess(account.login, account, form.current.data)
    if wait:
        form.current.errors = [_("尝试的次数太多，请过 %(minutes)s 分钟再试。", minutes=minutes(wait))]
        return patience(_own_page(form), wait)
    if not right:
        form.current.errors = [_("现在的密码不对。")]
        return make_response(_own_page(form), 401)
    try:
        people.set_password(session(), account, account, form.password.data)
    except AccountFailure as failure:
        form.password.errors = [labels.account_failure(failure.code, failure.detail)]
        return make_response(_own_page(form), 400)
    guard.welcome(account)  # all other sessions have ended
    return _own_page(ChangePassword(formdata=None), changed=True)


@blueprint.post("/sessions/end")
@requires(AccountRole.READER)
def end_sessions() -> ResponseReturnValue:
    """Log out everywhere, here too."""
    account = acting()
    people.end_sessions(session(), account, account)
    guard.farewell()
    flash(_("您的所有登录都已结束。"))
    return redirect(url_for("accounts.log_in"))


@blueprint.route("/invitation", methods=["GET", "POST"])
def invitation() -> ResponseReturnValue:
    """Make an account, or set a new password, by a link that serves once.

    The link's secret stands behind its ``#``, which browsers keep to themselves, and comes here in a form: a script
    fills it in, or a person does. So no log on the way holds it, this server's or another's.
    """
    opening = OpenLink()
    if not opening.validate_on_submit():
        return render_template("accounts/invitation.html", opening=opening)
    secret = opening.secret.data
    held = people.invitation(session(), secret)
    if held is None:
        return _stale_link(opening)
    form: NewPassword | NewAccount = NewPassword() if held.account else NewAccount()
    wrong, status = "", 200
    if "password" not in request.form:  # the link alone was sent
        form = type(form)(formdata=None)
    elif form.validate():
        try:
            login, name = (form.login.data, form.name.data) if isinstance(form, NewAccount) else ("", "")
            account = people.accept(session(), held, login, name, form.password.data)
        except AccountFailure as failure:
            session().rollback()
            wrong, status = labels.account_failure(failure.code, failure.detail), 400
            held = people.invitation(session(), secret)
            if held is None:
                return _stale_link(opening)
        else:
            guard.welcome(account)
            return redirect(url_for("pages.home"))
    page = render_template("accounts/invitation.html", opening=opening, form=form, held=held, wrong=wrong)
    return make_response(page, status)


def _stale_link(opening: OpenLink) -> ResponseReturnValue:
    """Answer that a link no longer serves; an address that tries out many has to wait."""
    taken = attempts.take(session(), attempts.link(networks()))
    session().commit()
    opening.secret.data = ""
    page = render_template("accounts/invitation.html", opening=opening, stale=True)
    return patience(page, taken.wait) if taken.wait else make_response(page, 410)


def guess(login: str, account: Account | None, password: str) -> tuple[int, bool]:
    """Check a password within the bounds; return the seconds to wait, or 0, and whether it is right.

    Raises:
        DBAPIError: the attempt can't be counted, and was not made.
    """
    where = networks()
    browser = guard.known_browser(account)
    bounds = attempts.guess(login, where, browser)
    taken = attempts.take(session(), bounds)
    if browser and taken.wait:  # one that failed too often is a stranger's
        bounds = attempts.guess(login, where)
        taken = attempts.take(session(), bounds)
    session().commit()
    if taken.wait:
        return taken.wait, False
    right = people.is_right(session(), account, password)
    if right:
        attempts.give_back(session(), bounds)
    else:
        people.lock(session(), account, taken.filled)
        session().commit()
    return 0, right


def _own_page(form: ChangePassword, changed: bool = False) -> str:
    account = acting()
    held = sessions.of(session(), account, guard.life())
    here = guard.current_session()
    return render_template(
        "accounts/own.html", form=form, changed=changed, sessions=held, here=here.number if here else None
    )


def patience(page: str, wait: int) -> Response:
    """Return a page that asks to wait for so many seconds."""
    response = make_response(page, 429)
    response.headers["Retry-After"] = str(wait)
    return response


def _came_from() -> str:
    """Return the page of this site that led here, for the way back; none for the home page and those of accounts."""
    came = urlsplit(request.referrer or "")
    path = came.path.removeprefix(request.script_root)
    if came.netloc != request.host or path in ("", "/") or path.startswith(f"{blueprint.url_prefix}/"):
        return ""
    return f"{path}?{came.query}" if came.query else path


def _own(address: str | None) -> str:
    """Return the address if it is one of this site: a path, and nothing that a browser takes for another host."""
    path = address or ""
    ours = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return request.script_root + path if ours else ""
