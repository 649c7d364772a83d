"""Registration of mail addresses with the application: their pages, the letter, and what is an account's."""

from __future__ import annotations

from flask import Flask

from web.accounts import belongings
from web.accounts.belongings import Belonging
from web.accounts.guard import current_account
from web.database.storage import session
from web.letters import composing
from web.letters.models import LetterKind
from web.mailbox import keeping, pages
from web.mailbox.models import Mailbox


def register(app: Flask) -> None:
    """Register mail addresses with the application."""
    app.register_blueprint(pages.blueprint)
    app.context_processor(lambda: {"mailbox": _mine})
    composing.register(app, LetterKind.CONFIRMATION, keeping.compose)
    belongings.register(app, Belonging("mail", keeping.export, keeping.remove))


def _mine() -> Mailbox | None:
    account = current_account()
    return keeping.of(session(), account) if account else None
