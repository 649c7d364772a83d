"""Looking at saved searches: what a state of the texts has that was not there before.

A search is looked at once for each state: a generation, and who may read what of it. Whoever looks writes what they saw
only where nobody did before them, so that of several processes one tells.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from search import deadline
from search.deadline import SearchTimeout
from search.library import Library
from search.model import SearchError
from search.occurrences import Occurrence
from web.accounts.models import Account, AccountRole
from web.alerts.models import Arrival, SavedSearch
from web.alerts.novelty import Seen
from web.alerts.searches import asked_in, places
from web.api.parameters import BadParameter
from web.database.storage import Storage, rows_changed

MOST_PLACES = 10_000
"""Places of a search of which it is known what is new."""
MOST_SEEN = 4 * MOST_PLACES
"""Places that are remembered of a search, also of those that are gone."""
MOST_TOLD = 500
"""New places that are kept of one look."""
MOST_ARRIVALS = 20
"""Looks that found something, of each search."""
SECONDS = 20.0
"""The longest that a look takes."""


@dataclass(frozen=True, slots=True)
class Look:
    """What was found: how many places, those that are seen now, and the new ones; or what went wrong."""

    places: int = 0
    seen: Seen | None = None
    new: Sequence[Occurrence] = ()
    trouble: str = ""


def standing(held: Library) -> str:
    """Return a fingerprint of a state of the texts as somebody may see them."""
    said = "\n".join((held.identity, *(card.id for card in held.works())))
    return hashlib.sha256(said.encode()).hexdigest()


def look(held: Library, address: str, before: bytes | None) -> Look:
    """Look at a search; what there is at the first look is not new."""
    try:
        with deadline.within(min(SECONDS, deadline.left())):
            found = places(held, asked_in(address))
            if found.at_least or len(found) > MOST_PLACES:
                return Look(len(found), trouble="too-many")
            known = Seen.none() if before is None else Seen.parse(before)
            seen, new = known.told(found[:], MOST_SEEN)
    except (SearchError, BadParameter) as failure:
        return Look(trouble="by-meaning" if getattr(failure, "code", "") == "by-meaning" else "failed")
    except SearchTimeout:
        return Look(trouble="too-long")
    return Look(len(found), seen, () if before is None else new)


def waiting(storage: Storage, standings: Mapping[AccountRole, str]) -> list[int]:
    """Return the searches that were not looked at in this state of the texts."""
    found: list[int] = []
    with storage.session() as session:
        for role, state in standings.items():
            fresh = SavedSearch.standing != state
            query = select(SavedSearch.id).join(Account).where(Account.active, Account.role == role, fresh)
            found += session.scalars(query.order_by(SavedSearch.id)).all()
    return sorted(found)


def check(session: Session, saved: SavedSearch, held: Library) -> Arrival | None:
    """Look at a saved search, and write down what is new, in the transaction of the session; None where nothing is.

    The library is as its owner may see it.
    """
    state = standing(held)
    if saved.standing == state:
        return None
    seen = look(held, saved.address, saved.seen)
    values: dict[str, object] = {"standing": state, "trouble": seen.trouble, "places": seen.places}
    if seen.seen is not None:
        values["seen"] = bytes(seen.seen)
    mine = update(SavedSearch).where(SavedSearch.id == saved.id, SavedSearch.standing == saved.standing)
    if not rows_changed(session, mine.values(values).execution_options(synchronize_session=False)):
        return None  # another process was first
    if not seen.new:
        return None
    told = [str(each.address) for each in seen.new[:MOST_TOLD]]
    arrival = Arrival(
        search_id=saved.id,
        generation=held.generation,
        count=len(seen.new),
        places=json.dumps(told, ensure_ascii=False),
    )
    session.add(arrival)
    session.flush()
    kept = select(Arrival.id).where(Arrival.search_id == saved.id).order_by(Arrival.id.desc()).limit(MOST_ARRIVALS)
    session.execute(
        delete(Arrival)
        .where(Arrival.search_id == saved.id, Arrival.id.not_in(session.scalars(kept).all()))
        .execution_options(synchronize_session=False)
    )
    return arrival
