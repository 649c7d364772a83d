"""The key in the letter to an address: whoever opens it reads what is sent there.

It is signed with the site's key, serves for a day and once, and stands nowhere: it is made when the letter is sent.
"""

from __future__ import annotations

import hmac
import secrets
from datetime import timedelta

from flask import current_app
from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy.orm import Session

from web.accounts.models import Account
from web.mailbox.models import Mailbox

LIFE = timedelta(days=1)
LONGEST = 300
"""Characters of a key."""


def fresh() -> str:
    """Return a new mark of an address that waits to be confirmed."""
    return secrets.token_hex(16)


def key_of(box: Mailbox) -> str:
    """Return a key that confirms the address that waits."""
    return str(_signer().dumps([box.account_id, box.mark]))


def opened(session: Session, key: str) -> Mailbox | None:
    """Return the mailbox whose address a key confirms; None where it serves no more."""
    if len(key) > LONGEST:
        return None
    try:
        number, mark = _signer().loads(key, max_age=int(LIFE.total_seconds()))
    except (BadData, ValueError, TypeError):
        return None
    box = session.get(Mailbox, number, with_for_update=True)
    account = session.get(Account, number)
    valid = box and account and account.active and box.mark and hmac.compare_digest(box.mark, mark)
    return box if valid else None


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="mailbox")
