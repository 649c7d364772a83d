"""What is done with mail addresses. Everything takes part in the session's transaction; the caller commits."""

from __future__ import annotations

from typing import Any

from flask import render_template
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from web import site
from web.accounts.models import Account
from web.database.storage import now
from web.letters import queue
from web.letters.composing import WrittenLetter
from web.letters.models import LetterKind, QueuedLetter
from web.mailbox import keys
from web.mailbox.models import Mailbox

AUTOMATIC = {"Auto-Submitted": "auto-generated"}
"""The header of letters that nobody wrote (RFC 3834): absence notes don't answer them."""


def of(session: Session, account: Account) -> Mailbox | None:
    """Return the mailbox of an account."""
    return session.get(Mailbox, account.id)


def ask(session: Session, account: Account, address: str, language: str, *, write: bool) -> None:
    """Keep an address that waits to be confirmed, and write there; the one so far stays until then."""
    box = of(session, account)
    if box is None:
        box = Mailbox(account_id=account.id, language=language)
        try:
            with session.begin_nested():
                session.add(box)
        except IntegrityError:  # another request was the first
            session.expunge(box)
            box = session.get_one(Mailbox, account.id)
    box.pending, box.mark, box.language = address, keys.fresh(), language
    queue.take_back(session, account.id, LetterKind.CONFIRMATION)
    if write:
        queue.put(session, LetterKind.CONFIRMATION, address, site.root(), account=account.id)


def confirm(session: Session, box: Mailbox) -> None:
    """Make the address that waits the account's own; what was not sent yet goes there."""
    box.address, box.pending, box.mark = box.pending, "", ""
    box.since = box.since or now()
    queue.readdress(session, box.account_id, LetterKind.NEWS, box.address)


def remove(session: Session, account: Account) -> None:
    """Remove an account's address with all letters to it; what was not sent yet is not sent."""
    queue.remove_all(session, account.id)
    if box := of(session, account):
        session.delete(box)


def compose(session: Session, letter: QueuedLetter) -> WrittenLetter | None:
    """Write the letter that asks whether an address is that of an account, unless another one is asked about by now."""
    box = session.get(Mailbox, letter.account_id)
    account = session.get(Account, letter.account_id)
    if box is None or account is None or not account.active or not box.mark or box.pending != letter.recipient:
        return None
    url = site.address_of("mailbox.confirm", key=keys.key_of(box))
    with force_locale(box.language):
        return WrittenLetter(_("请确认这个邮件地址"), render_template("mail/confirmation.txt", url=url), AUTOMATIC)


def export(session: Session, account: Account) -> dict[str, Any] | None:
    """Return an account's address, as JSON has it."""
    box = of(session, account)
    if box is None:
        return None
    return {
        "address": box.address,
        "since": box.since.isoformat() if box.since else None,
        "waiting": box.pending,
        "letters": [
            {"to": each.recipient, "state": each.state.value, "at": each.created.isoformat()}
            for each in queue.to(session, account.id, LetterKind.NEWS)
        ],
    }
