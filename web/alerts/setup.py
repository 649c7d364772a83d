"""Registration of saved searches with the application: their pages, the way to them, and what is an account's."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Flask, url_for
from flask_babel import lazy_gettext
from sqlalchemy.orm import Session

from search.concordance import ConcordanceRequest
from search.model import SearchRequest
from web.access import shelf, visible_to
from web.accounts import belongings
from web.accounts.belongings import Belonging
from web.accounts.guard import current_account
from web.accounts.models import Account
from web.alerts import owning, pages, telling
from web.database.storage import session
from web.letters import composing
from web.letters.models import LetterKind
from web.presenting.urls import page_url
from web.readers import sections
from web.readers.sections import ShelfSection


def register(app: Flask) -> None:
    """Register saved searches with the application."""
    app.register_blueprint(pages.blueprint)
    app.extensions["csrf"].exempt(pages.stop)  # the key is the token; mail programs have no other (RFC 8058)
    composing.register(app, LetterKind.NEWS, telling.compose)
    app.context_processor(lambda: {"saving_url": _saving_url})
    belongings.register(app, Belonging("searches", _export, owning.remove_all))
    about = lazy_gettext("保存的检索可以再查；文本更新以后，说出哪些处是新的，也可以用订阅工具接收。")
    sections.register(app, ShelfSection(lazy_gettext("保存的检索"), about, "searches.mine", _count))


def _saving_url(asked: SearchRequest | ConcordanceRequest) -> str:
    """Return the address of the page that saves a search."""
    return f"{url_for('searches.save')}?{urlencode({'search': page_url(asked)})}"


def _count() -> int:
    account = current_account()
    return len(owning.of(session(), account)) if account else 0


def _export(session: Session, account: Account) -> list[dict[str, Any]]:
    readable = {card.id for card in visible_to(account.role, shelf().library()).works()}
    return [
        {
            "title": each.title,
            "address": each.address,
            "created": each.created.isoformat(),
            "mailed": each.mailed.isoformat() if each.mailed else None,
            "news": [
                {
                    "at": arrival.at.isoformat(),
                    "places": [str(place) for place in arrival.addresses if place.work in readable],
                }
                for arrival in each.arrivals
            ],
        }
        for each in owning.of(session, account)
    ]
