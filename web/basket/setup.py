"""Registration of the basket with the application: its pages, and the way to it beside texts."""

from __future__ import annotations

from typing import Any

from flask import Flask, g, url_for
from flask_babel import lazy_gettext
from sqlalchemy.orm import Session

from web.access import library
from web.accounts import belongings
from web.accounts.belongings import Belonging
from web.accounts.guard import current_account
from web.accounts.models import Account
from web.basket import keeping, pages, to_case
from web.database.storage import session
from web.readers import sections
from web.readers.sections import ShelfSection

STORED = "wenyuan.basket"
"""The key under which a browser keeps its basket, as web/static/basket.js has it."""
AREAS = (to_case,)
"""Modules whose views are the blueprint's: they are here as soon as they are imported."""


def register(app: Flask) -> None:
    """Register the basket with the application."""
    app.register_blueprint(pages.blueprint)
    belongings.register(app, Belonging("basket", _export, keeping.remove))
    about = lazy_gettext("收下的段落、叶和字句，可以加附注、排次序，一起引用、带走。")
    sections.register(app, ShelfSection(lazy_gettext("书袋"), about, "basket.home", _count, stored=STORED))
    app.context_processor(lambda: {"put_url": _put_url, "in_basket": _in_basket, "taken_out": pages.taken_out})


def _put_url(work: str, section: int, start: int | None = None, end: int | None = None) -> str:
    """Return the address of the page that puts a place into the basket; without a range, a script fills it in."""
    ranged = None if start is None else f"{start}-{end}"
    return url_for("basket.offer", work=work, section=section, range=ranged)


def _in_basket(address: object) -> bool:
    """Return whether a place is in the basket of whoever is logged in."""
    account = current_account()
    if account is None:
        return False
    if "basket" not in g:
        g.basket = {str(each.address) for each in keeping.items(session(), account)}
    return str(address) in g.basket


def _export(session: Session, account: Account) -> list[dict[str, Any]]:
    return keeping.export(session, account, {card.id for card in library().works()})


def _count() -> int | None:
    account = current_account()
    return keeping.count(session(), account) if account else None
