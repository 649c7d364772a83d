"""The number and the secret by which whoever asked follows their question."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from sqlalchemy.orm import Session

from web.desk.cases import find
from web.desk.models import Case

LONGEST = 100
"""Characters of a secret as typed."""
_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
"""Those that are not taken for each other."""
_GROUPS, _OF = 4, 4
"""Sixteen letters, 79 bits."""


def secret() -> str:
    """Return a new secret, such as ``h4kp-m9tz-w2ce-q7xj``."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(_OF)) for _ in range(_GROUPS))


def digest(typed: str) -> str:
    """Return what is kept of a secret, however it is typed."""
    letters = "".join(letter for letter in typed.lower() if letter in _LETTERS)
    return hashlib.sha256(letters.encode()).hexdigest()


def followed(session: Session, number: str, typed: str) -> Case | None:
    """Return the case with this number and this secret; nobody can tell which of the two was wrong."""
    case = find(session, number.strip())
    kept = case.asker.digest if case and case.asker and case.asker.digest else digest(secret())
    return case if hmac.compare_digest(kept, digest(typed)) else None
