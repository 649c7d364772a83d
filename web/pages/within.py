"""A query within one work: what it finds in each section, the places in one of them, and the ways on."""

from __future__ import annotations

from dataclasses import dataclass, replace

from search.concordance import ConcordanceRequest
from search.contents import FoundInWork, named
from search.distribution import DistributionRequest
from search.library import Library
from search.model import SearchError, SearchRequest, SectionView
from search.occurrences import Grouping
from search.query import Field, leaves, parse
from search.selection import Selection, of_selection
from web.presenting.rendering import one_line
from web.presenting.urls import arguments, page_url

CONTEXT = 14
"""Characters on either side of a place in the list of those of a section."""
MOST_PLACES = 200
"""Places of a section, and sections of a work, that are listed; all places are marked in the text."""


@dataclass(frozen=True, slots=True)
class ListedPlace:
    """A stretch that is marked in a section: its number there, from 1, and the text around it on one line."""

    number: int
    left: str
    text: str
    right: str


@dataclass(frozen=True, slots=True)
class ListedSection:
    """A section in which the words stand: its number in the work, its name in full, and how often."""

    number: int
    name: str
    count: int


def seeks_words(q: str) -> bool:
    """Return whether a query asks for something in the text, and not of the catalogue alone."""
    try:
        return any(not isinstance(leaf, Field) for leaf in leaves(parse(q).tree))
    except SearchError:
        return False


def found_in(held: Library, work: str, asked: SearchRequest) -> FoundInWork | None:
    """Return what a query finds in each section of a work; None where it asks for nothing in the text.

    Raises:
        SearchError: the query costs too much.
    """
    if not seeks_words(asked.q):
        return None
    return held.found_in(work, asked.q, strict=asked.strict, scope=asked.scope, aliases=asked.expands)


def options(asked: SearchRequest) -> list[tuple[str, str]]:
    """Return how the words are looked for, as the box that searches in the work sends it along."""
    return [each for each in arguments(asked) if each[0] in ("mode", "scope", "strict", "aliases")]


def analyses(asked: SearchRequest, work: str) -> dict[str, str]:
    """Return the addresses of the concordance and the distribution of the same words in the work."""
    same = Selection(scope=asked.scope, strict=asked.strict, aliases=asked.expands, filters={"work": (work,)})
    distribution = of_selection(DistributionRequest, same, (asked.q,))
    return {
        "concordance": page_url(of_selection(ConcordanceRequest, same, asked.q)),
        "distribution": page_url(replace(distribution, group=Grouping.SECTION)),
    }


def places(view: SectionView) -> list[ListedPlace]:
    """Return the places in a section, in order, as far as they are listed."""
    text = view.section.text
    return [
        ListedPlace(
            number,
            one_line(text[max(start - CONTEXT, 0) : start]),
            one_line(text[start:end]),
            one_line(text[end : end + CONTEXT]),
        )
        for number, (start, end) in enumerate(view.highlights[:MOST_PLACES], start=1)
    ]


def elsewhere(held: Library, view: SectionView, found: FoundInWork | None) -> list[ListedSection]:
    """Return the other sections of a work in which the words stand, in order, as far as they are listed."""
    if not found:
        return []
    others = [(number, count) for number, count in found.counts.items() if number != view.number][:MOST_PLACES]
    titles, paths = held.store.contents(view.work.id), held.store.paths(view.work.id)
    return [ListedSection(number, named(titles[number], paths[number]), count) for number, count in others]
