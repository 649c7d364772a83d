"""Rate limits on attempts: counts in the database, exact however many processes answer.

An attempt is counted before it is made, by one statement, so that of many that come at once no more than the bound are
made; one that succeeds is given back. Where the database can't be written nothing is tried.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import case, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from web.accounts.models import Attempts
from web.database.storage import now

QUARTER = timedelta(minutes=15)
"""The wait after too many failures."""
MOST_OF_PAIR, MOST_OF_BROWSER, MOST_OF_ACCOUNT = 5, 10, 50
"""Wrong passwords for an account within a quarter of an hour: from one network, from a browser that logged in before,
and from all networks together, past which browsers that are not known wait."""
MOST_OF_NETWORK = (20, 60)
"""Wrong passwords and links within a quarter of an hour, of all accounts: from an address, from a larger network."""
QUESTIONS_AN_HOUR, QUESTIONS_A_DAY = (10, 30), (30, 60)
"""Questions of readers, from an address and from a larger network."""
QUESTIONS_IN_ALL = 300
"""Questions of readers in a day, from everywhere."""
REPORTS_AN_HOUR, REPORTS_A_DAY = (20, 60), (60, 120)
"""Reports of errors, from an address and from a larger network."""
REPORTS_IN_ALL = 600
"""Reports of errors in a day, from everywhere."""
SIGN_UPS_AN_HOUR = (10, 60)
"""Accounts that readers ask for, from an address (a reading room may have but one) and from a larger network."""
SIGN_UPS_IN_ALL = 300
"""Accounts that readers ask for in a day, from everywhere."""
CONFIRMATIONS_AN_HOUR, CONFIRMATIONS_A_DAY = 5, 10
"""Letters that ask whether an address is that of an account, for an account."""
CONFIRMATIONS_OF_ADDRESS = 3
"""Such letters to an address in a day, from all accounts."""
CONFIRMATIONS_IN_ALL = 500
"""Such letters in a day, from all accounts to all addresses."""
JOBS_AN_HOUR = (20, 60)
"""Pieces of long work, from an address and from a larger network."""


@dataclass(frozen=True)
class Bound:
    """At most ``most`` attempts within ``span`` of the first one. ``key`` says of whom and at what."""

    key: str
    most: int
    span: timedelta = QUARTER


@dataclass(frozen=True)
class Taken:
    """The outcome of an attempt. ``wait`` are the seconds to wait; 0 lets it go on.

    ``filled`` are the bounds that have no room for another one.
    """

    wait: int
    filled: frozenset[Bound] = frozenset()


def guess(login: str, networks: Sequence[str], browser: str = "") -> list[Bound]:
    """Return the bounds on guessing an account's password. ``networks`` are those of the address, the smallest first.

    ``browser`` names one that has logged in to this account before: it has a bound of its own, and no stranger's
    failures count against it. An account that is not there is bounded as if it were, so that nobody can tell.
    """
    account = _digest(login)
    if browser:
        return [Bound(f"browser:{account}:{_digest(browser)}", MOST_OF_BROWSER)]
    return [
        *link(networks),
        Bound(f"pair:{account}:{networks[0]}", MOST_OF_PAIR),
        Bound(f"account:{account}", MOST_OF_ACCOUNT),
    ]


def link(networks: Sequence[str]) -> list[Bound]:
    """Return the bounds on trying out links."""
    return [Bound(f"network:{each}", most) for each, most in zip(networks, MOST_OF_NETWORK, strict=False)]


def inquiry(networks: Sequence[str]) -> list[Bound]:
    """Return the bounds on trying to follow a question by number and secret."""
    return [Bound(f"follow:{each}", most) for each, most in zip(networks, MOST_OF_NETWORK, strict=False)]


def question(networks: Sequence[str]) -> list[Bound]:
    """Return the bounds on asking the library a question."""
    hour, day = timedelta(hours=1), timedelta(days=1)
    return [
        *(Bound(f"ask-hour:{each}", most, hour) for each, most in zip(networks, QUESTIONS_AN_HOUR, strict=False)),
        *(Bound(f"ask-day:{each}", most, day) for each, most in zip(networks, QUESTIONS_A_DAY, strict=False)),
        Bound("ask-all", QUESTIONS_IN_ALL, day),
    ]


def erratum(networks: Sequence[str]) -> list[Bound]:
    """Return the bounds on reporting an error in a text."""
    hour, day = timedelta(hours=1), timedelta(days=1)
    return [
        *(Bound(f"erratum-hour:{each}", most, hour) for each, most in zip(networks, REPORTS_AN_HOUR, strict=False)),
        *(Bound(f"erratum-day:{each}", most, day) for each, most in zip(networks, REPORTS_A_DAY, strict=False)),
        Bound("erratum-all", REPORTS_IN_ALL, day),
    ]


def job(networks: Sequence[str]) -> list[Bound]:
    """Return the bounds on asking for long work."""
    hour = timedelta(hours=1)
    return [Bound(f"job:{each}", most, hour) for each, most in zip(networks, JOBS_AN_HOUR, strict=False)]


def confirmation(account: int) -> list[Bound]:
    """Return the bounds on letters that ask whether an address is that of an account."""
    hour, day = timedelta(hours=1), timedelta(days=1)
    return [
        Bound(f"confirm-hour:{account}", CONFIRMATIONS_AN_HOUR, hour),
        Bound(f"confirm-day:{account}", CONFIRMATIONS_A_DAY, day),
        Bound("confirm-all", CONFIRMATIONS_IN_ALL, day),
    ]


def confirmation_to(address: str) -> list[Bound]:
    """Return the bound on such letters to an address; that it is full must be told to nobody."""
    return [Bound(f"confirm-to:{_digest(address.lower())}", CONFIRMATIONS_OF_ADDRESS, timedelta(days=1))]


def sign_up(networks: Sequence[str]) -> list[Bound]:
    """Return the bounds on signing up, which tells whether a login is taken."""
    hour, day = timedelta(hours=1), timedelta(days=1)
    return [
        *(Bound(f"sign-up:{each}", most, hour) for each, most in zip(networks, SIGN_UPS_AN_HOUR, strict=False)),
        Bound("sign-up-all", SIGN_UPS_IN_ALL, day),
    ]


def take(session: Session, bounds: Sequence[Bound]) -> Taken:
    """Count an attempt against each bound, if none is full; the caller commits before the attempt is made."""
    at = now()
    # Read first: who is refused anyhow shall not make others wait for the database.
    counted = select(Attempts).where(Attempts.key.in_([each.key for each in bounds]), Attempts.expires > at)
    allowed = {each.key: each.most for each in bounds}
    full = [row.expires for row in session.scalars(counted) if row.count >= allowed[row.key]]
    if full:
        return Taken(math.ceil((max(full) - at).total_seconds()))
    insert: Any = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    counts: dict[Bound, int] = {}
    wait = 0
    for bound in sorted(bounds, key=lambda each: each.key):  # in one order, so that two can't block each other
        fresh = insert(Attempts).values(key=bound.key, count=1, most=bound.most, expires=at + bound.span)
        over = Attempts.expires <= at
        counting = fresh.on_conflict_do_update(
            index_elements=[Attempts.key],
            set_={
                "count": case((over, 1), else_=Attempts.count + 1),
                "most": fresh.excluded.most,
                "expires": case((over, fresh.excluded.expires), else_=Attempts.expires),
            },
        ).returning(Attempts.count, Attempts.expires)
        count, expires = session.execute(counting).one()
        counts[bound] = count
        if count > bound.most:  # another took the last one between the reading and the counting
            wait = max(wait, math.ceil((expires - at).total_seconds()))
    return Taken(wait, frozenset(bound for bound, count in counts.items() if count >= bound.most))


def give_back(session: Session, bounds: Iterable[Bound]) -> None:
    """Count an attempt no more that has succeeded; failures of an account from there are forgiven."""
    for bound in sorted(bounds, key=lambda each: each.key):
        row = Attempts.key == bound.key
        if bound.key.startswith(("pair:", "browser:")):
            session.execute(delete(Attempts).where(row))
        else:
            session.execute(update(Attempts).where(row, Attempts.count > 0).values(count=Attempts.count - 1))


def waiting(session: Session, logins: Iterable[str]) -> set[str]:
    """Return the logins that have to wait, from some network or from all."""
    named = {_digest(login): login for login in logins}
    full = select(Attempts.key).where(
        Attempts.expires > now(),
        Attempts.count >= Attempts.most,
        or_(Attempts.key.startswith("pair:"), Attempts.key.startswith("account:")),
    )
    return {named[digest] for digest in (key.split(":")[1] for key in session.scalars(full)) if digest in named}


def forgive(session: Session, login: str) -> None:
    """Clear the waiting for this account."""
    of = _digest(login)
    session.execute(
        delete(Attempts).where(or_(Attempts.key == f"account:{of}", Attempts.key.startswith(f"pair:{of}:")))
    )


def forget(session: Session) -> None:
    """Remove what counts no more."""
    over = select(Attempts.key).where(Attempts.expires <= now()).with_for_update(skip_locked=True)
    session.execute(delete(Attempts).where(Attempts.key.in_(over)).execution_options(synchronize_session=False))


def _digest(name: str) -> str:
    """Return a digest of a name for a key, which has no room for a long one."""
    return hashlib.sha256(name.encode()).hexdigest()[:32]
