"""Where marks stand in the texts as they are now."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from search.addresses import Standing
from search.library import Library
from search.model import SectionView
from web.marginalia.models import Marginal
from web.places import Place, located


@dataclass(frozen=True, slots=True)
class PlacedMark:
    """A mark, and its place now: None where the work is gone, or its words are."""

    mark: Marginal
    place: Place | None


def placed(held: Library, marks: Iterable[Marginal]) -> list[PlacedMark]:
    """Find the places of marks in a library; a place that says something else now is none of theirs."""
    known = {card.id for card in held.works()}
    found = []
    for mark in marks:
        place = located(held, mark.address) if mark.work in known else None
        found.append(PlacedMark(mark, place if place and place.standing is not Standing.CHANGED else None))
    return found


def within(held: Library, view: SectionView, marks: Sequence[Marginal]) -> list[PlacedMark]:
    """Return the marks that stand in a section that is shown, in the order of place."""
    here = [each for each in placed(held, marks) if each.place and each.place.number == view.number]
    return sorted(here, key=lambda each: (each.place.start, each.place.end) if each.place else (0, 0))
