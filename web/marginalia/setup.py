"""Registration of marks with the application: their pages, their layer over a text, and what is an account's."""

from __future__ import annotations

from typing import Any

from flask import Flask, g, render_template
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from markupsafe import Markup
from sqlalchemy.orm import Session

from search.model import SectionView
from web import site
from web.access import library
from web.accounts import belongings
from web.accounts.belongings import Belonging
from web.accounts.guard import current_account
from web.accounts.models import Account
from web.database.storage import session
from web.marginalia import exporting, keeping, pages
from web.marginalia.placing import PlacedMark, placed, within
from web.pages import overlays
from web.presenting.rendering import Layer, MarkedRange, Overlay
from web.readers import sections
from web.readers.sections import ShelfSection


def register(app: Flask) -> None:
    """Register marks with the application."""
    app.register_blueprint(pages.blueprint)
    app.context_processor(lambda: {"own_marks": _below})
    overlays.register(app, _lay)
    belongings.register(app, Belonging("notes", _export, keeping.remove_all))
    about = lazy_gettext("阅读时划出的字句与批注，只有自己看得到；可以按 W3C Web Annotation 取走。")
    sections.register(app, ShelfSection(lazy_gettext("划线与批注"), about, "marginalia.mine", _count))


def _here(view: SectionView) -> list[PlacedMark]:
    """Return the marks in a section of whoever reads it; without an account the database is not touched."""
    account = current_account()
    if account is None:
        return []
    if "marks_here" not in g:
        g.marks_here = within(library(), view, keeping.of(session(), account, view.work.id))
    return list(g.marks_here)


def _lay(view: SectionView) -> Overlay:
    """Return one's marks as one layer of links to the list below, for links can't stand in each other."""
    ranges: list[MarkedRange] = []
    anchors: dict[int, list[str]] = {}
    for each in _here(view):
        if each.place:
            title = each.mark.note or _("划线")
            ranges.append(
                MarkedRange(each.place.start, each.place.end, title, f"#note-{each.mark.id}", each.mark.colour.value)
            )
            anchors.setdefault(each.place.start, []).append(f"mark-{each.mark.id}")
    return Overlay([Layer("a", "own", ranges)] if ranges else [], anchors)


def _below(view: SectionView) -> Markup:
    """Return the list of marks below a text that is read."""
    here = _here(view)
    return Markup(render_template("marginalia/_here.html", here=here)) if here else Markup("")


def _count() -> int:
    account = current_account()
    return keeping.count(session(), account) if account else 0


def _export(session: Session, account: Account) -> list[dict[str, Any]]:
    return [exporting.annotation(each, site.root()) for each in placed(library(), keeping.of(session, account))]
