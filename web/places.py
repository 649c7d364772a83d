"""A place in a text, as addresses and forms of pages name it, and what stands there now."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from corpora.model import Section
from indexer.text.folding import fold
from search.addresses import Address, Standing
from search.library import Library
from search.model import WorkCard

PLACE = "place"
"""The parameter that holds an address as it is written."""
LONGEST = 20_000
"""Characters of a place that forms are about."""
_NUMBER = re.compile(r"[0-9]{1,9}")
_RANGE = re.compile(r"([0-9]{1,9})-([0-9]{1,9})")


@dataclass(frozen=True, slots=True)
class Place:
    """A half-open range of a section as the library has it now, and whether it is where its address said."""

    card: WorkCard
    number: int
    of: Section
    start: int
    end: int
    standing: Standing = Standing.SAME

    @property
    def text(self) -> str:
        """The edition's text that stands there."""
        return self.of.text[self.start : self.end]

    @property
    def address(self) -> Address:
        """Its permanent address."""
        return Address(self.card.id, self.number, self.page, self.start, self.text)

    @property
    def page(self) -> str:
        """The label of the page on which it begins; empty where there is none."""
        on = self.of.page_at(self.start)
        return "" if on is None else self.of.pages[on].label

    @property
    def title(self) -> str:
        """The title of the work."""
        return self.card.record.title

    @property
    def section(self) -> str:
        """The title of the section."""
        return self.of.title

    def around(self, characters: int) -> str:
        """Return the text with so many characters on either side."""
        return self.of.text[max(0, self.start - characters) : self.end + characters]

    def within(self, words: str) -> list[Place]:
        """Return where some words stand in it; spellings are equal as they are in searches."""
        places = [at for at in range(self.start, self.end) if fold(self.of.text[at])]
        dense, sought = fold(self.text), fold(words)
        found = []
        at = dense.find(sought) if sought else -1
        while at >= 0:
            start, end = places[at], places[at + len(sought) - 1] + 1
            found.append(Place(self.card, self.number, self.of, start, end, self.standing))
            at = dense.find(sought, at + 1)
        return found


def titled(work: str, section: str) -> str:
    """Return what a place is called: by its work, and by its section where that says more."""
    return " ".join(dict.fromkeys((work, section))).strip()


def located(held: Library, address: Address) -> Place | None:
    """Return the place of an address in a library; None where the work is not there."""
    found = held.locate(address)
    if found.standing is Standing.GONE:
        return None
    view = held.section(address.work, found.section)
    return Place(view.work, found.section, view.section, found.start, found.end, found.standing)


def named(held: Library, given: Mapping[str, str]) -> Place | None:
    """Return the place that is named by its address, or by work, section and range.

    None where there is none such, or it is longer than :data:`LONGEST`.
    """
    if written := given.get(PLACE):
        try:
            place = located(held, Address.parse(written))
        except ValueError:
            return None
        return place if place and place.start < place.end <= place.start + LONGEST else None
    numbered, ranged = _NUMBER.fullmatch(given.get("section", "")), _RANGE.fullmatch(given.get("range", ""))
    if not (numbered and ranged):
        return None
    try:
        view = held.section(given.get("work", ""), int(numbered[0]))
    except KeyError:
        return None
    start, end = int(ranged[1]), int(ranged[2])
    if not start < end <= min(len(view.section.text), start + LONGEST):
        return None
    return Place(view.work, view.number, view.section, start, end)
