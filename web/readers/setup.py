"""Registration of the shelf with the application: its page, and the reading history."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext

from web.accounts import belongings
from web.accounts.belongings import Belonging
from web.accounts.guard import current_account
from web.database.storage import session
from web.readers import history, history_pages, pages, sections
from web.readers.sections import ShelfSection

STORED = "wenyuan.history"
"""The key under which a browser keeps its history, as web/static/history.js has it."""
AREAS = (history_pages,)
"""Modules whose views are the blueprint's: they are here as soon as they are imported."""


def register(app: Flask) -> None:
    """Register the shelf; other sections are registered by the areas that they belong to."""
    app.register_blueprint(pages.blueprint)
    app.after_request(history.keep)
    belongings.register(app, Belonging("history", history.export, history.clear))
    about = lazy_gettext("读过哪些篇，从哪个检索来。不打开就不记。")
    sections.register(app, ShelfSection(lazy_gettext("阅读记录"), about, "shelf.past", _count, stored=STORED))


def _count() -> int | None:
    account = current_account()
    return history.count(session(), account) if account else None
