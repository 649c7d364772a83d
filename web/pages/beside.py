"""Another work beside the one that is read: which one, and which of its sections."""

from __future__ import annotations

import re
from dataclasses import dataclass

from indexer.text.folding import fold
from search.contents import Contents, counterpart, named
from search.library import Library
from search.model import SearchError, SearchRequest, SectionView, WorkCard
from search.shelves import ShelvesRequest, listed
from web.presenting.display import Display
from web.presenting.leaves import ShownLeaf, leaf_addresses, leaves_of
from web.presenting.urls import address_url

IDS = "beside-"
"""What the ids of places in the other work begin with."""
MOST_OFFERED = 30
"""Works that are offered where several have what was typed, and in a list to choose from."""
_PLACE = re.compile(r"(?P<work>.+)/(?P<number>[0-9]{1,9})")


@dataclass(frozen=True, slots=True)
class WorkBeside:
    """A section of another work as it is read beside the first; ``contents`` lists the sections around it."""

    view: SectionView
    name: str
    leaves: list[ShownLeaf]
    leaf_urls: dict[int, str]
    contents: Contents


@dataclass(frozen=True, slots=True)
class ChosenBeside:
    """What was asked to stand beside: that, or the works that may have been meant."""

    typed: str = ""
    beside: WorkBeside | None = None
    offered: tuple[WorkCard, ...] = ()

    @property
    def work(self) -> str:
        """The id of the work; empty where none stands beside."""
        return self.beside.view.work.id if self.beside else ""


def chosen_beside(
    held: Library, view: SectionView, written: str, asked: SearchRequest, display: Display
) -> ChosenBeside:
    """Return what is to stand beside a section. ``written`` names a work, by id or title, or a section of one.

    Of a work alone it is the section at the same place: of the same name, or number.
    """
    written = written.strip()
    if not written:
        return ChosenBeside()
    cards = {card.id: card for card in held.works()}
    place = _PLACE.fullmatch(written)
    if written not in cards and place and place["work"] in cards:
        work, number = place["work"], int(place["number"])
        if number >= cards[work].sections:
            return ChosenBeside(written)
    else:
        found = [written] if written in cards else _meant(held, written)
        if len(found) != 1:
            return ChosenBeside(written, offered=tuple(cards[each] for each in found[:MOST_OFFERED]))
        work = found[0]
        if not cards[work].sections:
            return ChosenBeside(written)
        number = counterpart(
            view.number,
            (held.store.contents(view.work.id), held.store.paths(view.work.id)),
            (held.store.contents(work), held.store.paths(work)),
        )
    return ChosenBeside(f"{work}/{number}", _beside(held, work, number, asked, display))


def works_to_choose(held: Library) -> list[WorkCard]:
    """Return works to choose from; those of a large collection are to be typed."""
    cards = held.works()
    return list(cards) if len(cards) <= MOST_OFFERED else []


def _meant(held: Library, written: str) -> list[str]:
    """Return the ids of the works that are called so, or else of those whose records have the words."""
    titled = [card.id for card in held.works() if fold(card.record.title) == fold(written)]
    return titled or [card.id for card in listed(held.works(), ShelvesRequest(q=written))] if fold(written) else []


def _beside(held: Library, work: str, number: int, asked: SearchRequest, display: Display) -> WorkBeside:
    try:
        view = held.section(work, number, asked.q, asked.strict, asked.scope, asked.expands)
    except SearchError:
        view = held.section(work, number)
    return WorkBeside(
        view,
        named(view.section.title, view.section.path),
        leaves_of(view, simplify=display.is_simplified, ids=IDS),
        {leaf.start: address_url(leaf) for leaf in leaf_addresses(view)},
        held.contents_around(work, number, {}),
    )
