"""Addresses that are their own key: whoever has one may read a feed, or stop letters, without logging in.

They are signed with the site's key and stand nowhere. That of a feed is withdrawn by giving the search another
mark, which is random: the number alone may be that of another search one day.
"""

from __future__ import annotations

import secrets
from typing import Any

from flask import current_app
from itsdangerous import BadData, URLSafeSerializer

from web.accounts.models import Account
from web.alerts.models import SavedSearch
from web.database.storage import session

LONGEST = 200
"""Characters of a key."""


def fresh() -> str:
    """Return a new mark of a search's feed."""
    return secrets.token_hex(8)


def key_of(saved: SavedSearch) -> str:
    """Return the key of a search's feed."""
    return str(_signer("feed").dumps([saved.id, saved.feed]))


def search_of(key: str) -> SavedSearch | None:
    """Return the search of a feed's key, unless the key was withdrawn or its owner can't log in any more."""
    match _signed("feed", key):
        case [number, feed]:
            saved = session().get(SavedSearch, number)
            return saved if saved and feed and saved.feed == feed and saved.account.active else None
    return None


def stop_key_of(account: Account) -> str:
    """Return the key by which an account is told nothing more by mail."""
    return str(_signer("stop").dumps(account.id))


def account_of(key: str) -> Account | None:
    """Return the account that such a key is of."""
    number = _signed("stop", key)
    return session().get(Account, number) if number is not None else None


def _signed(salt: str, key: str) -> Any:
    """Return what a key says; None where the site has not signed it."""
    try:
        return _signer(salt).loads(key) if len(key) <= LONGEST else None
    except (BadData, ValueError, TypeError):
        return None


def _signer(salt: str) -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt=salt)
