"""Pages for administrators: everybody's accounts, and the audit log."""

from __future__ import annotations

from flask import Blueprint, Response, abort, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from web import confirming, site
from web.accounts import attempts, labels, people
from web.accounts.guard import current_account, requires
from web.accounts.models import Account, AccountRole, AuditEntry
from web.accounts.people import AccountFailure
from web.database.storage import session

LAST = (1 << 31) - 1
"""The largest number of a row."""
PAGE = 50
"""Lines of the log on a page."""

blueprint = Blueprint("administration", __name__, url_prefix="/administration")
blueprint.context_processor(lambda: {"words": labels})


@blueprint.after_request
def keep_nowhere(response: Response) -> Response:
    """Forbid caches to keep these pages."""
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.route("/accounts", methods=["GET", "POST"])
@requires(AccountRole.ADMINISTRATOR)
def accounts() -> ResponseReturnValue:
    """Show all accounts, and what can be done with them."""
    if request.method == "GET":
        return _everybody()
    if request.form.get("doing") == "disable" and (asked := _ask_before_disabling()):
        return asked
    try:
        told = _do(request.form.get("doing", ""), current_account())
    except AccountFailure as failure:
        session().rollback()
        return make_response(_everybody(wrong=labels.account_failure(failure.code, failure.detail)), 400)
    session().commit()
    if "link" in told:
        return _everybody(**told)  # not led on: the link is shown this once
    flash(told["done"])
    return redirect(url_for(".accounts"))


def _ask_before_disabling() -> str | None:
    number = request.form.get("account", default=0, type=int)
    account = session().get(Account, number) if 0 < number <= LAST else None
    if account is None:
        abort(404)
    consequence = _("停用以后，这个账号的登录立即结束，给出的链接一并收回；可以再启用，链接要另外给出。")
    return confirming.question(_("停用账号：%(name)s", name=account.name), consequence, url_for(".accounts"))


def _do(doing: str, actor: Account | None) -> dict[str, str]:
    """Carry out what a form asks, and return what its page has to tell."""
    if doing == "invite":
        secret = people.invite(session(), actor, _role())
        return {"link": _link(secret), "about": _("把这个链接交给受邀的人。它只显示这一次，七天内可用一次。")}
    if doing == "withdraw":
        number = request.form.get("link", default=0, type=int)
        held = people.link(session(), number) if 0 < number <= LAST else None
        if held is None:
            abort(404)
        people.withdraw(session(), actor, held)
        return {"done": _("链接已经收回。")}
    number = request.form.get("account", default=0, type=int)
    account = session().get(Account, number) if 0 < number <= LAST else None
    if account is None:
        abort(404)
    if doing == "reset":
        secret = people.invite_to_reset(session(), actor, account)
        about = _("把这个链接交给 %(name)s，用它设新密码。它只显示这一次，一天内可用一次。", name=account.name)
        return {"link": _link(secret), "about": about}
    match doing:
        case "role":
            people.set_role(session(), actor, account, _role())
        case "disable":
            people.disable(session(), actor, account)
        case "end-sessions":
            people.end_sessions(session(), actor, account)
        case "enable":
            people.enable(session(), actor, account)
        case _:
            abort(400)
    return {"done": _("已经改好：%(name)s", name=account.name)}


def _role() -> AccountRole:
    try:
        return AccountRole.of(request.form.get("role", ""))
    except KeyError:
        abort(400)


@blueprint.get("/audit")
@requires(AccountRole.ADMINISTRATOR)
def audit() -> str:
    """Show who did what, the latest first."""
    before = request.args.get("before", type=int)
    who = request.args.get("who", "")[:100]
    lines = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(PAGE + 1)
    if before is not None:
        lines = lines.where(AuditEntry.id < min(max(before, 0), LAST))
    if who:
        lines = lines.where(AuditEntry.who == who)
    found = list(session().scalars(lines))
    return render_template(
        "accounts/audit.html",
        lines=found[:PAGE],
        logins={each.subject: each.login for each in people.everyone(session())},
        who=who,
        first_url=url_for(".audit", who=who or None) if before is not None else "",
        next_url=url_for(".audit", before=found[PAGE - 1].id, who=who or None) if len(found) > PAGE else "",
    )


def _everybody(**told: str) -> str:
    everyone = people.everyone(session())
    return render_template(
        "accounts/accounts.html",
        everyone=everyone,
        waiting=attempts.waiting(session(), [each.login for each in everyone]),
        links=people.open_links(session()),
        **told,
    )


def _link(secret: str) -> str:
    return site.address_of("accounts.invitation", _anchor=secret)
