"""The news of a saved search as its owner may read them now: nothing of a text is kept but where it was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from search.addresses import Address
from search.library import Library
from web.alerts.models import Arrival, SavedSearch
from web.places import Place, located
from web.presenting.rendering import one_line

AROUND = 20
"""Characters of text that are shown on either side."""


@dataclass(frozen=True, slots=True)
class NewPlace:
    """A place that was new, as it stands now, with what stands around it on one line."""

    address: Address
    at: datetime
    place: Place
    left: str
    right: str


def places(held: Library, arrival: Arrival, most: int) -> Iterator[NewPlace]:
    """Yield the first places of an arrival that are in a library; what is closed or has left it is not there."""
    known = {card.id for card in held.works()}
    left = most
    for address in arrival.addresses:
        if left <= 0:
            return
        if address.work in known and (place := located(held, address)):
            text = place.of.text
            before, after = text[max(0, place.start - AROUND) : place.start], text[place.end : place.end + AROUND]
            yield NewPlace(address, arrival.at, place, one_line(before), one_line(after))
            left -= 1


def counted(held: Library, arrival: Arrival) -> int:
    """Return how many of the places of an arrival are of works in a library, of those that are kept."""
    known = {card.id for card in held.works()}
    return sum(address.work in known for address in arrival.addresses)


def unread(saved: SavedSearch) -> list[Arrival]:
    """Return the arrivals that its owner has not said to know, the latest first."""
    return [each for each in saved.arrivals if each.at > saved.read]
