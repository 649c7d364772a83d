"""Account operations, shared by pages and commands; each writes a line in the audit log.

Everything takes part in the transaction of its session; the caller commits. ``actor`` is who does it, None at the
command line.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import unicodedata
from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from web.accounts import attempts, belongings, passwords, sessions
from web.accounts.attempts import Bound
from web.accounts.audit import record
from web.accounts.models import (
    LONGEST_LOGIN,
    LONGEST_NAME,
    Account,
    AccountRole,
    AccountSession,
    AuditEntry,
    Invitation,
    stamp,
)
from web.database.storage import Base, now, rows_changed

GIVER = AccountRole.ADMINISTRATOR
"""The roles that may give links."""
INVITED, RESET = timedelta(days=7), timedelta(days=1)
"""The lifetimes of links: to make an account, to set a password."""
_LOGIN = re.compile(rf"\w[\w.@-]{{1,{LONGEST_LOGIN - 1}}}")


class AccountFailure(Exception):
    """An action on an account that is refused. ``code`` is stable (login-taken, …); ``detail`` names the value."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail


def find(session: Session, login: str) -> Account | None:
    """Return the account with this login, in whatever case and width it is typed."""
    found: Account | None = session.scalar(select(Account).where(Account.login == plain(login)))
    return found


def everyone(session: Session) -> list[Account]:
    """Return all accounts but those whose owners left, by login."""
    return list(session.scalars(select(Account).where(Account.left.is_(None)).order_by(Account.login)))


def add(session: Session, actor: Account | None, login: str, name: str, role: AccountRole, password: str) -> Account:
    """Make an account.

    Raises:
        AccountFailure: the login is taken or no login, there is no name, or the password won't do.
    """
    login, name = plain(login), " ".join(name.split())
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
    told = role.code if role is AccountRole.READER else f"{login}, {role.code}"
    record(session, actor, "account.add", account.subject, told)
    return account


def leave(session: Session, account: Account) -> None:
    """Remove a reader's account and all that belongs to it; of the row only its number is left, for the log.

    Raises:
        AccountFailure: the account is one of the library's staff, or was: its records name who did what.
    """
    if account.role > AccountRole.READER:
        raise AccountFailure("account-of-staff")
    belongings.remove(session, account)
    session.flush()
    if _is_on_record(session, account):
        raise AccountFailure("account-of-staff")
    record(session, account, "account.leave", account.subject)
    attempts.forgive(session, account.login)
    sessions.end_all(session, account)
    withdraw_all(session, None, account)
    account.login, account.name, account.password = f"-{account.id}", "", ""  # no login begins with a hyphen
    account.active, account.stamp, account.seen, account.left = False, stamp(), None, now()


def _is_on_record(session: Session, account: Account) -> bool:
    """Return whether a table refers to an account that does not belong to it."""
    own = {Account.__tablename__, AccountSession.__tablename__, Invitation.__tablename__, AuditEntry.__tablename__}
    references = (
        key.parent
        for table in Base.metadata.sorted_tables
        if table.name not in own
        for key in table.foreign_keys
        if key.column is Account.__table__.c.id
    )
    return any(session.scalar(select(1).where(column == account.id).limit(1)) for column in references)


def set_role(session: Session, actor: Account | None, account: Account, role: AccountRole) -> None:
    """Set an account's role; links that it may no longer give are withdrawn.

    Raises:
        AccountFailure: nobody would be left to administer.
    """
    if account.role is role:
        return
    if role is not AccountRole.ADMINISTRATOR:
        _keep_an_administrator(session, account)
    record(session, actor, "account.role", account.subject, f"{account.role.code} → {role.code}")
    if account.role >= GIVER > role:
        withdraw_all(session, actor, account)
    account.role = role


def disable(session: Session, actor: Account | None, account: Account) -> None:
    """Disable an account; end its sessions, and the links given by or for it.

    Raises:
        AccountFailure: nobody would be left to administer.
    """
    _keep_an_administrator(session, account)
    account.active, account.stamp = False, stamp()
    record(session, actor, "account.disable", account.subject)
    sessions.end_all(session, account)
    withdraw_all(session, actor, account)


def enable(session: Session, actor: Account | None, account: Account) -> None:
    """Enable an account: one that was disabled, or that waits after failures."""
    account.active = True
    attempts.forgive(session, account.login)
    record(session, actor, "account.enable", account.subject)


def set_password(session: Session, actor: Account | None, account: Account, password: str) -> None:
    """Set an account's password; end its sessions, its waiting, and the links given by or for it.

    Raises:
        AccountFailure: the password won't do.
    """
    _look_at(password, account.login)
    account.password, account.stamp = passwords.hashed(password), stamp()
    attempts.forgive(session, account.login)
    record(session, actor, "account.password", account.subject)
    sessions.end_all(session, account)
    withdraw_all(session, actor, account)


def end_sessions(session: Session, actor: Account | None, account: Account) -> None:
    """Log an account out everywhere."""
    sessions.end_all(session, account)
    record(session, actor, "account.end-sessions", account.subject)


def is_right(session: Session, account: Account | None, password: str) -> bool:
    """Return whether this is the password of an account that may come in; a failure is in the log.

    It takes as long for an account that is not there, so that the time tells nothing.
    """
    right = passwords.is_right(account.password if account else "", password)
    if account is None or not right or not account.active:
        record(session, None, "account.log-in-failed", account.subject if account else "")
        return False
    account.seen = now()
    if passwords.is_outdated(account.password):
        account.password = passwords.hashed(password)
    return True


def lock(session: Session, account: Account | None, filled: Collection[Bound]) -> None:
    """Write in the log that a failure was the last one allowed for an account, and for whom."""
    if account and any(bound.key.startswith("account:") for bound in filled):
        record(session, None, "account.lock", account.subject, "every unknown browser waits")
    elif account and any(bound.key.startswith("pair:") for bound in filled):
        record(session, None, "account.lock", account.subject, "this address waits")


def invite(session: Session, actor: Account | None, role: AccountRole) -> str:
    """Give a link by which somebody makes an account with this role; return its secret."""
    return _link(session, actor, Invitation(role=role, expires=now() + INVITED), "account.invite", "", role.code)


def invite_to_reset(session: Session, actor: Account | None, account: Account) -> str:
    """Give a link by which the owner of an account sets a new password; return its secret. Earlier ones end."""
    for earlier in session.scalars(select(Invitation).where(*_open(), Invitation.account_id == account.id)):
        withdraw(session, actor, earlier)
    invitation = Invitation(role=account.role, account_id=account.id, expires=now() + RESET)
    return _link(session, actor, invitation, "account.invite-to-reset", account.subject, "")


def open_links(session: Session) -> list[Invitation]:
    """Return the links that still serve, the latest first."""
    return list(session.scalars(select(Invitation).where(*_open()).order_by(Invitation.id.desc())))


def link(session: Session, number: int) -> Invitation | None:
    """Return the link with this number, if it still serves."""
    found: Invitation | None = session.scalar(select(Invitation).where(*_open(), Invitation.id == number))
    return found


def withdraw(session: Session, actor: Account | None, held: Invitation) -> None:
    """Withdraw a link."""
    held.withdrawn = now()
    record(session, actor, "account.withdraw", held.account.subject if held.account else held.subject, held.subject)


def withdraw_all(session: Session, actor: Account | None, account: Account) -> None:
    """Withdraw the links that were given by an account, or for it."""
    concerned = or_(Invitation.giver_id == account.id, Invitation.account_id == account.id)
    waiting = select(Invitation).where(Invitation.used.is_(None), Invitation.withdrawn.is_(None), concerned)
    for held in session.scalars(waiting):
        withdraw(session, actor, held)


def invitation(session: Session, secret: str) -> Invitation | None:
    """Return the invitation of a link, if it still serves."""
    found: Invitation | None = session.scalar(select(Invitation).where(*_open(), Invitation.digest == _digest(secret)))
    return found


def accept(session: Session, held: Invitation, login: str, name: str, password: str) -> Account:
    """Use an invitation: make its account, or set the password of the one it is for.

    Raises:
        AccountFailure: as :func:`add` does, or the invitation was used or withdrawn in the meantime.
    """
    taking = update(Invitation).where(*_open(), Invitation.id == held.id).values(used=now())
    if not rows_changed(session, taking.execution_options(synchronize_session=False)):
        raise AccountFailure("invitation-used")
    session.refresh(held)
    if held.account:
        account = held.account
        set_password(session, account, account, password)
    else:
        account = add(session, None, login, name, held.role, password)
        held.account_id = account.id
    record(session, account, "account.accept", account.subject, held.subject)
    return account


def _open() -> tuple[ColumnElement[bool], ...]:
    """Return the condition for a link to serve: unused, in time, its giver may give it, its owner may come in."""
    active = select(Account.id).where(Account.active.is_(True))
    return (
        Invitation.used.is_(None),
        Invitation.withdrawn.is_(None),
        Invitation.expires > now(),
        or_(Invitation.giver_id.is_(None), Invitation.giver_id.in_(active.where(Account.role == GIVER))),
        or_(Invitation.account_id.is_(None), Invitation.account_id.in_(active)),
    )


def _link(session: Session, actor: Account | None, made: Invitation, action: str, subject: str, detail: str) -> str:
    secret = secrets.token_urlsafe(24)
    made.digest = _digest(secret)
    made.giver_id = actor.id if actor else None
    session.add(made)
    session.flush()
    record(session, actor, action, subject or made.subject, detail or made.subject)
    return secret


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def plain(login: str) -> str:
    """Normalise a login: the same in whatever case and width it is typed."""
    return unicodedata.normalize("NFKC", login).strip().lower()


def _look_at(password: str, login: str) -> None:
    if len(password) < passwords.SHORTEST:
        raise AccountFailure("password-short", str(passwords.SHORTEST))
    if len(password) > passwords.LONGEST:
        raise AccountFailure("password-long", str(passwords.LONGEST))
    # A login of two letters stands in many a good password: what counts is what is left without it.
    rest = plain(password).replace(login, "")
    if (rest != plain(password) and len(rest) < passwords.SHORTEST) or len(set(password)) < passwords.SHORTEST // 2:
        raise AccountFailure("password-guessed")


def _keep_an_administrator(session: Session, account: Account) -> None:
    others = select(func.count()).where(
        Account.role == AccountRole.ADMINISTRATOR, Account.active.is_(True), Account.id != account.id
    )
    if account.role is AccountRole.ADMINISTRATOR and account.active and not session.scalar(others):
        raise AccountFailure("last-administrator", account.login)
