"""Texts that are at hand for every reply: greetings, opening hours, how to order a copy."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import select

from web import confirming
from web.accounts.guard import acting, requires
from web.accounts.models import AccountRole
from web.database.storage import now, session
from web.desk.forms import Canned
from web.desk.models import CannedText
from web.desk.pages import blueprint

MOST = 200


def at_hand() -> list[CannedText]:
    """Return the texts by their titles."""
    return list(session().scalars(select(CannedText).order_by(CannedText.title, CannedText.id).limit(MOST)))


@blueprint.get("/texts")
@requires(AccountRole.LIBRARIAN)
def texts() -> str:
    """Show the texts, each in a form that changes it."""
    return _page(Canned(formdata=None))


@blueprint.post("/texts")
@requires(AccountRole.LIBRARIAN)
def add_text() -> ResponseReturnValue:
    """Add a text."""
    form = Canned()
    if not form.validate():
        return _page(form)
    if len(at_hand()) >= MOST:
        flash(_("常用语太多了，最多 %(most)s 条；请先删去一些。", most=MOST), "wrong")
        return _page(form)
    session().add(CannedText(title=form.title.data, text=form.text.data, account_id=acting().id))
    return _done(_("已加上：%(title)s", title=form.title.data))


@blueprint.post("/texts/<int:which>")
@requires(AccountRole.LIBRARIAN)
def change_text(which: int) -> ResponseReturnValue:
    """Change a text."""
    held = _held(which)
    form = Canned()
    if not form.validate():
        return _page(form, held.id)
    held.title, held.text, held.account_id, held.changed = form.title.data, form.text.data, acting().id, now()
    return _done(_("已改好：%(title)s", title=held.title))


@blueprint.post("/texts/<int:which>/remove")
@requires(AccountRole.LIBRARIAN)
def remove_text(which: int) -> ResponseReturnValue:
    """Remove a text; replies that have it keep it."""
    held = _held(which)
    told = _("“%(title)s”不再列在编辑页上；已经写进答复的不变。", title=held.title)
    if asked := confirming.question(_("删去常用语"), told, url_for(".texts"), shown=held.text):
        return asked
    session().delete(held)
    return _done(_("已删去：%(title)s", title=held.title))


def _held(which: int) -> CannedText:
    held = session().get(CannedText, which) if which < 1 << 31 else None
    if held is None:
        abort(404)
    return held


def _page(form: Canned, changing: int = 0) -> str:
    """Return the page; ``form`` is what was sent and can't be taken, for a new text or the one with this number."""
    shown = [
        (each, form if each.id == changing else Canned(formdata=None, title=each.title, text=each.text))
        for each in at_hand()
    ]
    fresh = Canned(formdata=None) if changing else form
    return render_template("desk/texts.html", shown=shown, fresh=fresh)


def _done(told: str) -> ResponseReturnValue:
    session().commit()
    flash(told, "done")
    return redirect(url_for(".texts"))
