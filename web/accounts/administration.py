"""Pages for administrators: everybody's accounts, and the audit log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from flask import Blueprint, Response, abort, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import Select, or_, select

from web import confirming, site
from web.accounts import attempts, labels, people
from web.accounts.audit import record
from web.accounts.guard import current_account, requires
from web.accounts.models import Account, AccountRole, AuditEntry
from web.accounts.people import AccountFailure
from web.database.storage import session
from web.presenting.spreadsheet import download

LAST = (1 << 31) - 1
"""The largest number of a row."""
PAGE = 50
"""Lines of the log on a page."""
MOST_DOWNLOADED = 50_000
"""Lines of the log in a file."""

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


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """What of the log is looked at: an account's lines, from one local day to another, both included."""

    who: str
    first: date | None
    last: date | None

    @classmethod
    def asked(cls) -> AuditFilter:
        """Return what the address asks for; days that are none are left out."""
        first, last = (request.args.get(name, type=_day) for name in ("from", "to"))
        return cls(request.args.get("who", "")[:100], first, last)

    @property
    def arguments(self) -> dict[str, Any]:
        """The arguments of an address that asks for it."""
        given = {"who": self.who, "from": str(self.first or ""), "to": str(self.last or "")}
        return {name: value for name, value in given.items() if value}

    def of(self, lines: Select[AuditEntry]) -> Select[AuditEntry]:
        """Narrow a query of lines to it."""
        if self.who:
            named = select(Account.id).where(
                Account.login == people.plain(self.who), Account.role == AccountRole.READER
            )
            lines = lines.where(or_(AuditEntry.who == self.who, AuditEntry.account_id.in_(named)))
        if self.first:
            lines = lines.where(AuditEntry.at >= datetime.combine(self.first, time.min).astimezone())
        if self.last:
            lines = lines.where(AuditEntry.at <= datetime.combine(self.last, time.max).astimezone())
        return lines


@blueprint.get("/audit")
@requires(AccountRole.ADMINISTRATOR)
def audit() -> str:
    """Show who did what, the latest first."""
    before = request.args.get("before", type=int)
    wanted = AuditFilter.asked()
    lines = wanted.of(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(PAGE + 1))
    if before is not None:
        lines = lines.where(AuditEntry.id < min(max(before, 0), LAST))
    found = list(session().scalars(lines))
    return render_template(
        "accounts/audit.html",
        lines=found[:PAGE],
        logins=_logins(),
        wanted=wanted,
        most=MOST_DOWNLOADED,
        sheet_url=url_for(".audit_sheet", **wanted.arguments),
        first_url=url_for(".audit", **wanted.arguments) if before is not None else "",
        next_url=url_for(".audit", before=found[PAGE - 1].id, **wanted.arguments) if len(found) > PAGE else "",
    )


@blueprint.get("/audit.csv")
@requires(AccountRole.ADMINISTRATOR)
def audit_sheet() -> Response:
    """Return the lines as CSV, the latest first; that they were taken along is a line, too."""
    wanted = AuditFilter.asked()
    logins = _logins()
    found = session().scalars(wanted.of(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(MOST_DOWNLOADED)))
    rows = [_row(each, logins) for each in found]
    asked = " ".join(f"{name}={value}" for name, value in wanted.arguments.items())
    record(session(), current_account(), "audit.download", "", f"{len(rows)} lines {asked}".strip())
    session().commit()
    columns = (_("时间"), _("谁"), _("做了什么"), _("对象"), _("细节"), _("来处"))
    return download([columns, *rows], "audit")


def _row(line: AuditEntry, logins: Mapping[str, str]) -> tuple[str, ...]:
    subject = logins.get(line.subject, line.subject)
    return (
        line.at.isoformat(),
        logins.get(line.who, line.who),
        labels.action(line.action),
        subject,
        line.detail,
        line.address,
    )


def _day(text: str) -> date:
    """Read a day of this millennium.

    Raises:
        ValueError: it is none.
    """
    day = date.fromisoformat(text)
    if not 2000 <= day.year < 3000:
        raise ValueError(text)
    return day


def _logins() -> dict[str, str]:
    return {each.subject: each.login for each in people.everyone(session())}


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
