"""Owners of jobs: an account, or a visitor whose browser has a secret of its own. Nobody else sees a job."""

from __future__ import annotations

import hashlib
import secrets

from flask import session as cookie

from web.accounts.guard import current_account
from web.accounts.models import Account

_SECRET = "visitor"
"""The cookie's key of a visitor's secret. Who logs in takes the visitor's jobs along; who logs out is somebody new."""


def owner() -> str:
    """Return who the request comes from as jobs know them; empty for a visitor who has not begun any."""
    if account := current_account():
        return owner_of(account)
    return visitor()


def visitor() -> str:
    """Return the visitor whose secret the cookie has; empty where it has none."""
    secret = cookie.get(_SECRET, "")
    return f"visitor:{hashlib.sha256(secret.encode()).hexdigest()}" if secret else ""


def owner_of(account: Account) -> str:
    """Return an account as jobs know it."""
    return f"account:{account.id}"


def owner_from_now_on() -> str:
    """Return the same, with a secret for a visitor who has none yet."""
    if not owner():
        cookie[_SECRET] = secrets.token_urlsafe(24)
    return owner()
