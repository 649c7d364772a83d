"""The tables of people: accounts, and the log of what they did."""

from __future__ import annotations

import secrets
from datetime import datetime
from enum import IntEnum

from flask_login import UserMixin
from sqlalchemy import Enum, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from web.database.storage import Base, Moment, now

LONGEST_LOGIN, LONGEST_NAME = 64, 100
"""In characters."""


class AccountRole(IntEnum):
    """The roles of accounts; each may do what the ones before may."""

    READER = 1
    LIBRARIAN = 2
    REVIEWER = 3
    ADMINISTRATOR = 4

    @property
    def code(self) -> str:
        """Its name in addresses, at the command line and in the database, such as ``librarian``."""
        return self.name.lower()

    @classmethod
    def of(cls, code: str) -> AccountRole:
        """Return the role with this name.

        Raises:
            KeyError: there is none.
        """
        return {role.code: role for role in cls}[code]


_ROLE = Enum(AccountRole, native_enum=False, length=20, values_callable=lambda roles: [role.code for role in roles])


def stamp() -> str:
    """Return a fresh :attr:`Account.stamp`."""
    return secrets.token_hex(16)


class Account(Base, UserMixin):  # type: ignore[misc]  # Flask-Login has no types
    """Someone who can log in. Accounts are disabled, never removed: what they did keeps their name.

    A reader who leaves takes login and name away, and the row stays without them: ``left`` says since when.

    ``password`` is a hash, empty where none was set yet. Sessions carry ``stamp``: a fresh one ends them all, also one
    that is begun at the same moment with the password so far.
    """

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(String(LONGEST_LOGIN), unique=True)
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    role: Mapped[AccountRole] = mapped_column(_ROLE)
    password: Mapped[str] = mapped_column(String(255), default="")
    active: Mapped[bool] = mapped_column(default=True)
    stamp: Mapped[str] = mapped_column(String(32), default=stamp)
    created: Mapped[datetime] = mapped_column(Moment, default=now)
    seen: Mapped[datetime | None] = mapped_column(Moment)
    left: Mapped[datetime | None] = mapped_column(Moment)
    keeps_history: Mapped[bool] = mapped_column(default=False)

    @property
    def log_name(self) -> str:
        """What the log calls who acts: a reader by number alone, who may leave, while the log never changes."""
        return self.login if self.role > AccountRole.READER else self.subject

    @property
    def subject(self) -> str:
        """What the log calls it."""
        return f"account:{self.id}"

    @property
    def is_active(self) -> bool:
        """What Flask-Login asks."""
        return self.active

    def get_id(self) -> str:
        """Return what a session carries."""
        return f"{self.id}.{self.stamp}"


class AccountSession(Base):
    """One browser where somebody is logged in. The row is the session: without it the browser's cookie is dead.

    The cookie holds a secret of which only the ``digest`` is kept. ``seen`` is the last use, to within a few minutes;
    ``agent`` is the browser's family, such as ``Firefox``.
    """

    __tablename__ = "account_session"

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    created: Mapped[datetime] = mapped_column(Moment, default=now)
    seen: Mapped[datetime] = mapped_column(Moment, default=now)
    agent: Mapped[str] = mapped_column(String(20), default="")

    account: Mapped[Account] = relationship()


class Attempts(Base):
    """How often something was tried within a stretch of time that ends at ``expires``; ``most`` is what is allowed."""

    __tablename__ = "attempts"

    key: Mapped[str] = mapped_column(String(128), primary_key=True)
    count: Mapped[int]
    most: Mapped[int]
    expires: Mapped[datetime] = mapped_column(Moment, index=True)


class Invitation(Base):
    """A link that serves once: to make an account with a role or, for an account that is there, to set its password.

    The link holds a secret of which only the digest is kept. ``giver`` is None where it was given at the command line.
    """

    __tablename__ = "invitation"

    id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[AccountRole] = mapped_column(_ROLE)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    created: Mapped[datetime] = mapped_column(Moment, default=now)
    expires: Mapped[datetime] = mapped_column(Moment)
    used: Mapped[datetime | None] = mapped_column(Moment)
    withdrawn: Mapped[datetime | None] = mapped_column(Moment)
    giver_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))

    account: Mapped[Account | None] = relationship(foreign_keys=account_id)
    giver: Mapped[Account | None] = relationship(foreign_keys=giver_id)

    @property
    def subject(self) -> str:
        """What the log calls it."""
        return f"invitation:{self.id}"


class SiteKey(Base):
    """The key that signs cookies, in the one row that there is; a database in a file has it beside it instead."""

    __tablename__ = "site_key"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(200))


class AuditEntry(Base):
    """A line of the audit log: who did what, when, to what. The database refuses to change or remove rows.

    ``who`` is :attr:`Account.log_name` at that time, or what acted without one; ``address`` is where a request came
    from.
    """

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(Moment, default=now)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    who: Mapped[str] = mapped_column(String(100))
    address: Mapped[str] = mapped_column(String(45), default="")
    action: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(100), default="", index=True)
    detail: Mapped[str] = mapped_column(String(1000), default="")

    account: Mapped[Account | None] = relationship()
