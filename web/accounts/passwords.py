"""Passwords, hashed by Argon2id with the parameters that argon2-cffi recommends."""

from __future__ import annotations

import unicodedata
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST, LONGEST = 10, 200
"""In characters."""

_hasher = PasswordHasher()


def hashed(password: str) -> str:
    """Hash a password."""
    return _hasher.hash(_typed(password))


def is_right(kept: str, password: str) -> bool:
    """Return whether this is the password; as slow where there is none, so that the time tells nothing."""
    try:
        return _hasher.verify(kept or _nobodys(), _typed(password)) and bool(kept)
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(kept: str) -> bool:
    """Return whether the recommended parameters have changed since; the password is then to be hashed again."""
    return _hasher.check_needs_rehash(kept)


def _typed(password: str) -> str:
    """Normalise a password: keyboards give the same characters in several codes."""
    return unicodedata.normalize("NFKC", password)


@cache
def _nobodys() -> str:
    return hashed("")
