"""The list of works: those whose catalogue record has some words, in an order, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from corpora.catalogue import RECORD_FIELDS
from indexer.text.folding import fold
from search.model import WorkCard
from search.words import pinyin


class WorkOrder(StrEnum):
    """The order of works."""

    CLASS = "class"  # by collection and class, then by id
    TITLE = "title"  # by how titles are read in pinyin
    DATE = "date"  # by the year in which they were written, those without one last


@dataclass(frozen=True, slots=True)
class ShelvesRequest:
    """Works to list: their records have every word of ``q``, in any script; ``collection`` is one, or empty for all."""

    q: str = ""
    collection: str = ""
    order: WorkOrder = WorkOrder.CLASS
    start: int = 1
    limit: int = 60


def listed(cards: Sequence[WorkCard], request: ShelvesRequest) -> tuple[WorkCard, ...]:
    """Return all works that a request is for, in its order."""
    words = [word for word in map(fold, request.q.split()) if word]
    found = (
        card
        for card in cards
        if request.collection in ("", card.collection) and (not words or all(word in _said(card) for word in words))
    )
    return tuple(sorted(found, key=_KEYS[request.order]))


def _said(card: WorkCard) -> str:
    """Return all that the catalogue says of a work, folded."""
    shown = (field.text(card.record) for field in RECORD_FIELDS if field.shown)
    return fold(f"{card.id} {' '.join(shown)}")


def _by_class(card: WorkCard) -> tuple[object, ...]:
    return card.collection, card.record.category, card.id


def _by_title(card: WorkCard) -> tuple[object, ...]:
    title = fold(card.record.title)
    return [pinyin.readings(char)[:1] or (char,) for char in title], title, card.id


def _by_date(card: WorkCard) -> tuple[object, ...]:
    year = card.record.year
    return year is None, year or 0, card.id


_KEYS = {WorkOrder.CLASS: _by_class, WorkOrder.TITLE: _by_title, WorkOrder.DATE: _by_date}
