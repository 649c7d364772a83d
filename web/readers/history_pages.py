"""The page of the reading history, with its switch."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from web import confirming
from web.access import library
from web.accounts.guard import acting, current_account, requires
from web.accounts.models import AccountRole
from web.database.storage import session
from web.presenting.urls import section_url
from web.readers import history
from web.readers.pages import blueprint
from web.requested import page_of_list

PAGE = 100
"""Lines on a page."""


@blueprint.get("/history")
def past() -> str:
    """Show what one has read; that of a browser is filled in by its script."""
    account = current_account()
    total = history.count(session(), account) if account else 0
    pages = max(1, -(-total // PAGE))
    number = page_of_list(pages)
    shown = history.readings(session(), account, (number - 1) * PAGE, PAGE) if account else ()
    here = {card.id: card for card in library().works()} if shown else {}
    lines = [(each, section_url(each.work, each.section, "") if each.work in here else "") for each in shown]
    return render_template(
        "shelf/history.html", lines=lines, total=total, number=number, pages=pages, most=history.MOST
    )


@blueprint.post("/history/switch")
@requires(AccountRole.READER)
def switch_history() -> ResponseReturnValue:
    """Switch the history on or off."""
    on = request.form.get("on")
    if on not in ("0", "1"):
        abort(400)
    history.switch(session(), acting(), on == "1")
    session().commit()
    flash(_("阅读记录已打开。") if on == "1" else _("阅读记录已关上，不再记；已记的还在，可以清空。"), "done")
    return redirect(url_for(".past"))


@blueprint.post("/history/clear")
@requires(AccountRole.READER)
def clear_history() -> ResponseReturnValue:
    """Remove all of it, once that was confirmed."""
    asked = confirming.question(_("清空阅读记录"), _("记下的都删去，不能恢复。"), url_for(".past"))
    if asked:
        return asked
    history.clear(session(), acting())
    session().commit()
    flash(_("阅读记录已清空。"), "done")
    return redirect(url_for(".past"))


@blueprint.post("/history/<int:number>/forget")
@requires(AccountRole.READER)
def forget_reading(number: int) -> ResponseReturnValue:
    """Remove a line."""
    if number >= 1 << 31:
        abort(404)
    history.forget(session(), acting(), number)
    session().commit()
    return redirect(url_for(".past", page=request.form.get("page", type=int)))
