"""What is done with baskets in the database. Everything takes part in the session's transaction; the caller commits."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from search.addresses import Address
from search.library import Library
from web.accounts.models import Account
from web.basket.models import LONGEST_ADDRESS, LONGEST_NOTE, LONGEST_TITLE, BasketItem
from web.database.storage import now
from web.places import Place, located, titled
from web.presenting.urls import address_url

MOST = 300
"""Items of a basket."""
UNDOING = timedelta(hours=1)
"""The time in which an item that was taken out can be put back."""


class BasketFull(Exception):
    """There is no more room in the basket."""


class NoItem(Exception):
    """What was given is no address that a basket could hold."""


def title_of(place: Place) -> str:
    """Return what an item is called."""
    return titled(place.title, place.section)[:LONGEST_TITLE]


def read(written: str) -> Address:
    """Read an address that a basket may hold.

    Raises:
        NoItem: it is none, or too long.
    """
    try:
        address = Address.parse(written)
    except ValueError:
        raise NoItem from None
    if len(str(address)) > LONGEST_ADDRESS:
        raise NoItem
    return address


def items(session: Session, account: Account) -> Sequence[BasketItem]:
    """Return what is in somebody's basket, in its order."""
    mine = select(BasketItem).where(BasketItem.account_id == account.id, BasketItem.removed.is_(None))
    return session.scalars(mine.order_by(BasketItem.position, BasketItem.id)).all()


def count(session: Session, account: Account) -> int:
    """Return how many items are in somebody's basket."""
    mine = select(func.count()).where(BasketItem.account_id == account.id, BasketItem.removed.is_(None))
    return session.scalars(mine).one()


def own(session: Session, account: Account, number: int) -> BasketItem | None:
    """Return an item if it is this account's, also one that was taken out."""
    if not 0 < number < 1 << 31:
        return None
    return session.scalar(select(BasketItem).where(BasketItem.id == number, BasketItem.account_id == account.id))


def put(session: Session, held: Library, account: Account, address: Address, note: str = "") -> bool:
    """Put a place into a basket; return whether it was not there. A note is added to the one that is there.

    Raises:
        BasketFull: there is no room.
    """
    note = note[:LONGEST_NOTE]
    same = select(BasketItem).where(BasketItem.account_id == account.id, BasketItem.address == address)
    known = session.scalar(same)
    if (known is None or known.removed) and count(session, account) >= MOST:
        raise BasketFull
    if known is None:
        place = located(held, address)
        last = session.scalar(select(func.max(BasketItem.position)).where(BasketItem.account_id == account.id))
        made = BasketItem(
            account_id=account.id,
            position=(last or 0) + 1,
            address=address,
            title=title_of(place) if place else "",
            note=note,
        )
        try:
            with session.begin_nested():
                session.add(made)
            return True
        except IntegrityError:  # another request was the first
            known = session.scalars(same).one()
    was_there = known.removed is None
    known.removed = None
    if note and note not in known.note:
        known.note = f"{known.note}\n{note}".strip()[:LONGEST_NOTE]
    return not was_there


def shift(session: Session, account: Account, item: BasketItem, step: int) -> None:
    """Move an item up (-1) or down (1)."""
    ordered = list(items(session, account))
    at = ordered.index(item)
    if 0 <= at + step < len(ordered):
        ordered[at], ordered[at + step] = ordered[at + step], ordered[at]
    for position, each in enumerate(ordered, start=1):
        each.position = position


def take_out(session: Session, account: Account, item: BasketItem) -> None:
    """Take an item out; it can be put back for some time, after which it is removed."""
    at = now()
    old = (BasketItem.account_id == account.id, BasketItem.removed < at - UNDOING)
    session.execute(delete(BasketItem).where(*old).execution_options(synchronize_session=False))
    item.removed = at


def put_back(session: Session, account: Account, item: BasketItem) -> None:
    """Put back an item that was taken out.

    Raises:
        BasketFull: there is no room any more.
    """
    if item.removed and count(session, account) >= MOST:
        raise BasketFull
    item.removed = None


def export(session: Session, account: Account, readable: Container[str]) -> list[dict[str, Any]]:
    """Return what is in somebody's basket, as JSON has it; of works that are not readable, addresses without words."""
    return [
        {
            "address": str(address),
            "link": address_url(address),
            "title": each.title,
            "note": each.note,
            "added": each.added.isoformat(),
        }
        for each in items(session, account)
        for address in (each.address if each.address.work in readable else replace(each.address, words=""),)
    ]


def remove(session: Session, account: Account) -> None:
    """Remove somebody's basket."""
    session.execute(delete(BasketItem).where(BasketItem.account_id == account.id))
