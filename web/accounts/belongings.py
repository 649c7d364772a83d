"""What belongs to an account: each area says how it is exported and removed, so that nothing is forgotten.

An account takes all of it along as JSON, and leaves nothing of it behind. What an account did at the desk is no
belonging of theirs: it is the library's record.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from flask import Flask, current_app
from sqlalchemy.orm import Session

from web.accounts.models import Account

_EXTENSION = "wenyuan.belongings"


@dataclass(frozen=True, slots=True)
class Belonging:
    """Something that accounts have. ``name`` is its key in the file of all that is theirs.

    ``export`` returns it as JSON has it; ``remove`` removes it in the transaction of the session, which the caller
    commits.
    """

    name: str
    export: Callable[[Session, Account], Any]
    remove: Callable[[Session, Account], None]


def register(app: Flask, *belongings: Belonging) -> None:
    """Register what accounts have in an area."""
    app.extensions.setdefault(_EXTENSION, []).extend(belongings)


def export(session: Session, account: Account) -> dict[str, Any]:
    """Return all that belongs to an account, by name."""
    return {each.name: each.export(session, account) for each in _registered()}


def remove(session: Session, account: Account) -> None:
    """Remove all that belongs to an account."""
    for each in _registered():
        each.remove(session, account)


def _registered() -> list[Belonging]:
    return cast("list[Belonging]", current_app.extensions.get(_EXTENSION, []))
