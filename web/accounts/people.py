"""What is done with accounts, by a page or at the command line; each is a line in the log.

Everything takes part in the transaction of its session; whoever calls commits. ``actor`` is who does it, None at the
command line.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import unicodedata
from datetime import timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from web.accounts import passwords
from web.accounts.audit import record
from web.accounts.models import LONGEST_LOGIN, LONGEST_NAME, Account, Invitation, Role, stamp
from web.storage import now

MOST_FAILURES = 5
"""Wrong passwords in a row, after which an account has to wait."""
WAIT = timedelta(minutes=15)
INVITED, RESET = timedelta(days=7), timedelta(days=1)
"""How long a link serves: to make an account, to set a password."""
_LOGIN = re.compile(rf"\w[\w.@-]{{1,{LONGEST_LOGIN - 1}}}")


class AccountFailure(Exception):
    """It can't be done. ``code`` is stable and says why (login-taken, …); ``detail`` names the value."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


def find(session: Session, login: str) -> Account | None:
    """The account with this login, in whatever case and width it is typed."""
    found: Account | None = session.scalar(select(Account).where(Account.login == _plain(login)))
    return found


def everyone(session: Session) -> list[Account]:
    """All accounts, by login."""
    return list(session.scalars(select(Account).order_by(Account.login)))


def add(session: Session, actor: Account | None, login: str, name: str, role: Role, password: str) -> Account:
    """Make an account.

    Raises:
        AccountFailure: the login is taken or no login, there is no name, or the password won't do.
    """
    login, name = _plain(login), " ".join(name.split())
    if not _LOGIN.fullmatch(login):
        raise AccountFailure("login-malformed", login[:LONGEST_LOGIN])
    if not 1 <= len(name) <= LONGEST_NAME:
        raise AccountFailure("name-malformed")
    _look_at(password, login)
    account = Account(login=login, name=name, role=role, password=passwords.hashed(password))
    try:
        with session.begin_nested():
            session.add(account)
    except IntegrityError as failure:
        raise AccountFailure("login-taken", login) from failure
    record(session, actor, "account.add", account.subject, f"{login}, {role.code}")
    return account


def set_role(session: Session, actor: Account | None, account: Account, role: Role) -> None:
    """Give an account another role.

    Raises:
        AccountFailure: nobody would be left to administer.
    """
    if account.role is role:
        return
    if role is not Role.ADMINISTRATOR:
        _keep_an_administrator(session, account)
    record(session, actor, "account.role", account.subject, f"{account.role.code} → {role.code}")
    account.role = role


def disable(session: Session, actor: Account | None, account: Account) -> None:
    """Let an account in no more, and end its sessions.

    Raises:
        AccountFailure: nobody would be left to administer.
    """
    _keep_an_administrator(session, account)
    account.active, account.stamp = False, stamp()
    record(session, actor, "account.disable", account.subject)


def enable(session: Session, actor: Account | None, account: Account) -> None:
    """Let an account in again: one that was disabled, or that waits after failures."""
    account.active, account.failures, account.locked_until = True, 0, None
    record(session, actor, "account.enable", account.subject)


def set_password(session: Session, actor: Account | None, account: Account, password: str) -> None:
    """Give an account a new password, end its sessions and its waiting.

    Raises:
        AccountFailure: the password won't do.
    """
    _look_at(password, account.login)
    account.password, account.stamp = passwords.hashed(password), stamp()
    account.failures, account.locked_until = 0, None
    record(session, actor, "account.password", account.subject)


def is_right(session: Session, account: Account | None, password: str) -> bool:
    """Whether this is the password of an account that may come in now; failures are counted, and in the log.

    It takes as long for an account that is not there, and for one that waits, so that the time tells nothing.
    """
    right = passwords.is_right(account.password if account else "", password)
    if account is None:
        record(session, None, "account.log-in-failed")
        return False
    if right and account.active and not account.is_locked:
        account.failures, account.locked_until, account.seen = 0, None, now()
        if passwords.is_outdated(account.password):
            account.password = passwords.hashed(password)
        return True
    record(session, None, "account.log-in-failed", account.subject)
    if not account.is_locked:
        account.failures = Account.failures + 1  # counted by the database: attempts may come side by side
        session.flush()
        if account.failures >= MOST_FAILURES:
            account.failures, account.locked_until = 0, now() + WAIT
            record(session, None, "account.lock", account.subject)
    return False


def invite(session: Session, actor: Account | None, role: Role) -> str:
    """The secret of a new link by which somebody makes an account with this role."""
    return _link(session, actor, Invitation(role=role, expires=now() + INVITED), "account.invite", "", role.code)


def invite_to_reset(session: Session, actor: Account | None, account: Account) -> str:
    """The secret of a new link by which the owner of an account sets a new password."""
    invitation = Invitation(role=account.role, account_id=account.id, expires=now() + RESET)
    return _link(session, actor, invitation, "account.invite-to-reset", account.subject, "")


def invitation(session: Session, secret: str) -> Invitation | None:
    """The invitation of a link, if it serves still."""
    found: Invitation | None = session.scalar(
        select(Invitation).where(
            Invitation.digest == _digest(secret), Invitation.used.is_(None), Invitation.expires > now()
        )
    )
    return None if found and found.account and not found.account.active else found


def accept(session: Session, held: Invitation, login: str, name: str, password: str) -> Account:
    """Use an invitation: make its account, or set the password of the one it is for.

    Raises:
        AccountFailure: as :func:`add` does, or the invitation was used in the meantime.
    """
    if held.account:
        account = held.account
        set_password(session, account, account, password)
    else:
        account = add(session, None, login, name, held.role, password)
    taken = session.execute(
        update(Invitation)
        .where(Invitation.id == held.id, Invitation.used.is_(None))
        .values(used=now(), account_id=account.id)
        .execution_options(synchronize_session=False)
    )
    if not cast(CursorResult[Any], taken).rowcount:
        raise AccountFailure("invitation-used")
    record(session, account, "account.accept", account.subject, f"invitation:{held.id}")
    return account


def _link(session: Session, actor: Account | None, made: Invitation, action: str, subject: str, detail: str) -> str:
    secret = secrets.token_urlsafe(24)
    made.digest = _digest(secret)
    session.add(made)
    session.flush()
    record(session, actor, action, subject or f"invitation:{made.id}", detail or f"invitation:{made.id}")
    return secret


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _plain(login: str) -> str:
    return unicodedata.normalize("NFKC", login).strip().lower()


def _look_at(password: str, login: str) -> None:
    if len(password) < passwords.SHORTEST:
        raise AccountFailure("password-short", str(passwords.SHORTEST))
    if len(password) > passwords.LONGEST:
        raise AccountFailure("password-long", str(passwords.LONGEST))
    if login in _plain(password) or len(set(password)) < passwords.SHORTEST // 2:
        raise AccountFailure("password-guessed")


def _keep_an_administrator(session: Session, account: Account) -> None:
    others = select(func.count()).where(
        Account.role == Role.ADMINISTRATOR, Account.active.is_(True), Account.id != account.id
    )
    if account.role is Role.ADMINISTRATOR and account.active and not session.scalar(others):
        raise AccountFailure("last-administrator", account.login)
