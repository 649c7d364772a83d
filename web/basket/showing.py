"""What stands at the places of a basket now, as far as whoever is asking may see it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from search.addresses import Address, Standing
from search.library import Library
from web.places import located
from web.presenting.labels import tongue
from web.presenting.rendering import one_line
from web.presenting.urls import address_url

SHOWN = 300
"""Characters of a place that are shown."""


@dataclass(frozen=True, slots=True)
class ShownPlace:
    """A place, and what stands there; of one that is not there, or that is closed to whoever is asking, nothing.

    ``url`` is its permanent one, below the application's root.
    """

    address: Address
    standing: Standing
    url: str
    title: str = ""
    section: str = ""
    page: str = ""
    tongue: str = "zh-Hant"
    text: str = ""
    is_shortened: bool = False


def shown(held: Library, addresses: Iterable[Address]) -> list[ShownPlace]:
    """Return what stands at some addresses in a library."""
    return [_shown(held, address) for address in addresses]


def _shown(held: Library, address: Address) -> ShownPlace:
    place = located(held, address)
    if place is None:
        return ShownPlace(address, Standing.GONE, "")
    text = one_line(place.text)
    return ShownPlace(
        address=address,
        standing=place.standing,
        url=address_url(address),
        title=place.title,
        section="" if place.section == place.title else place.section,
        page=place.page,
        tongue=tongue(place.card.record),
        text=text[:SHOWN],
        is_shortened=len(text) > SHOWN,
    )
