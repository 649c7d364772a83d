"""Letters that tell what is new: one for each reader and each state of the texts, of all their searches together.

What is to be told is marked in the transaction that queues the letter, so that of several processes one queues it, and
nothing is lost where one ends in between. The letter itself is written when it is sent (:func:`compose`): it tells what
its reader may see then, and nothing of a text stands in the queue.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import render_template
from flask_babel import force_locale, ngettext
from sqlalchemy import Select, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from search.library import Library
from web import site
from web.access import shelf, visible_to
from web.accounts.models import Account, AccountRole
from web.alerts import keys, news
from web.alerts.checking import MOST_TOLD
from web.alerts.models import Arrival, SavedSearch
from web.alerts.news import NewPlace
from web.database.storage import Storage, rows_changed
from web.letters import queue
from web.letters.composing import WrittenLetter
from web.letters.models import LetterKind, LetterState, QueuedLetter
from web.mailbox.keeping import AUTOMATIC
from web.mailbox.models import Mailbox
from web.places import titled
from web.presenting.rendering import one_line, printable
from web.presenting.urls import address_url

MOST_SEARCHES, MOST_PLACES = 20, 5
"""Searches that a letter tells of, and places of each; the rest is on the pages that it leads to."""


@dataclass(frozen=True, slots=True)
class ToldPlace:
    """A place as a letter tells it, on one line each."""

    name: str
    text: str
    url: str


@dataclass(frozen=True, slots=True)
class ToldSearch:
    """What is new to a search: how many places, whether there may be more, the first of them, and the search's page."""

    title: str
    count: int
    at_least: bool
    places: Sequence[ToldPlace]
    url: str


def write(storage: Storage, standings: Mapping[AccountRole, str], address: str) -> int:
    """Queue a letter for each reader to whom something is to be told; return how many.

    A reader waits whose searches were not all looked at in the state of the texts that their role sees. ``address`` is
    the site's.
    """
    with storage.session() as session:
        waiting = select(SavedSearch.account_id).join(Account)
        unlooked = {
            number
            for role, standing in standings.items()
            for number in session.scalars(waiting.where(Account.role == role, SavedSearch.standing != standing))
        }
        readers = set(session.scalars(_untold(SavedSearch.account_id).distinct()))
    return sum(_queued(storage, number, address) for number in sorted(readers - unlooked))


def stop(session: Session, account: Account) -> None:
    """Tell an account nothing more by mail; the caller commits."""
    mine = update(SavedSearch).where(SavedSearch.account_id == account.id).values(mailed=None)
    session.execute(mine.execution_options(synchronize_session=False))
    queue.take_back(session, account.id, LetterKind.NEWS)


def compose(session: Session, letter: QueuedLetter) -> WrittenLetter | None:
    """Write a letter from what is still to be told, as its reader may see it now; None where nothing is."""
    account, box = session.get(Account, letter.account_id), session.get(Mailbox, letter.account_id)
    if account is None or not account.active or box is None or box.address != letter.recipient:
        return None
    told = _told(session, letter, visible_to(account.role, shelf().library()))
    if not told:
        return None
    stop_url = site.address_of("searches.stop", key=keys.stop_key_of(account))
    headers = {**AUTOMATIC, "List-Unsubscribe": f"<{stop_url}>"}
    if stop_url.startswith("https://"):  # which RFC 8058 asks for
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    with force_locale(box.language):
        count = sum(each.count for each in told)
        subject = ngettext("保存的检索：新增 %(num)s 处", "保存的检索：新增 %(num)s 处", count)
        body = render_template(
            "mail/news.txt",
            told=told[:MOST_SEARCHES],
            others=len(told[MOST_SEARCHES:]),
            all_url=site.address_of("searches.mine"),
            stop_url=stop_url,
        )
    return WrittenLetter(subject, body, headers)


def _told(session: Session, letter: QueuedLetter, held: Library) -> list[ToldSearch]:
    """Return what a letter tells, by search: of what can be seen in the library, and is still wanted by mail."""
    marked = select(SavedSearch, Arrival).join(SavedSearch.arrivals)
    marked = marked.where(Arrival.letter_id == letter.id, SavedSearch.mailed.is_not(None))
    by_search: dict[SavedSearch, list[Arrival]] = {}
    for saved, arrival in session.execute(marked.order_by(SavedSearch.id, Arrival.id)):
        by_search.setdefault(saved, []).append(arrival)
    told = []
    for saved, arrivals in by_search.items():
        if count := sum(news.counted(held, each) for each in arrivals):
            first = [place for each in arrivals for place in news.places(held, each, MOST_PLACES)][:MOST_PLACES]
            at_least = any(each.count > MOST_TOLD for each in arrivals)
            url = site.address_of("searches.one", which=saved.id)
            told.append(ToldSearch(printable(saved.title), count, at_least, [_place(each) for each in first], url))
    return told


def _place(new: NewPlace) -> ToldPlace:
    name = f"{titled(new.place.title, new.place.section)} {new.place.page}".strip()
    text = f"{new.left}【{one_line(new.place.text)}】{new.right}"
    return ToldPlace(printable(name), printable(text), site.root() + address_url(new.address))


def _untold(column: InstrumentedAttribute[int]) -> Select[int]:
    """Return the query for a column of what is new and wanted by mail, and that no letter was queued for.

    Where a letter was refused, the address gets no other until its reader has this one sent again, or has confirmed
    another address: whoever goes on writing to addresses that are none is soon refused everywhere.
    """
    refused = select(QueuedLetter.id).where(
        QueuedLetter.account_id == Account.id,
        QueuedLetter.kind == LetterKind.NEWS,
        QueuedLetter.state == LetterState.FAILED,
    )
    wanted = (
        ~refused.exists(),
        Arrival.told.is_(False),
        Arrival.at > SavedSearch.mailed,
        Arrival.at > Mailbox.since,
        Mailbox.address != "",
        Account.active,
    )
    joined = select(column).select_from(SavedSearch).join(SavedSearch.arrivals).join(SavedSearch.account)
    return joined.join(Mailbox, Mailbox.account_id == Account.id).where(*wanted)


def _queued(storage: Storage, account: int, address: str) -> int:
    """Queue the letter to a reader, unless another process was first; return how many."""
    with storage.session() as session:
        new = session.scalars(_untold(Arrival.id).where(SavedSearch.account_id == account)).all()
        box = session.get(Mailbox, account)
        if not new or box is None:
            return 0
        letter = queue.put(session, LetterKind.NEWS, box.address, address, account=account)
        mine = update(Arrival).where(Arrival.id.in_(new), Arrival.told.is_(False))
        mine = mine.values(told=True, letter_id=letter.id).execution_options(synchronize_session=False)
        if rows_changed(session, mine) != len(new):
            session.rollback()
            return 0
        session.commit()
        return 1
