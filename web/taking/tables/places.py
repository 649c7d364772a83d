"""A list of places as a table: each as it stands now, with what became of its words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from search.addresses import Address, Standing, follow
from search.library import Library
from search.model import SectionView
from web.presenting.rendering import one_line
from web.presenting.urls import address_url
from web.taking.provenance import licence_of, provenance
from web.taking.table import Cell, Table

MOST_PLACES = 1_000
LONGEST = 1_000
"""Characters of a place's text; of a longer one the beginning is told."""
CONTEXT = 20
_SECTIONS = 16
"""Sections that are kept while places are followed: those of a list are often near each other."""
COLUMNS = (
    *("standing", "work", "title", "dynasty", "author", "year", "section", "section_title", "page", "start", "end"),
    *("left", "text", "right", "address", "url", "licence"),
)


def table(held: Library, addresses: Sequence[Address], root: str) -> Table:
    """Return places in the order that they are given in, below the site's address ``root``.

    Of one that is gone, as of one in a work that may not be seen, there is no more than what was asked.
    """
    rows = list(_rows(held, addresses, root))
    named = {each.work for each in addresses}
    works = [card for card in held.works() if card.id in named]
    gone = sum(row[0] == Standing.GONE for row in rows)
    about = provenance("", (), works, f"{root}/", held.generation, lines=len(rows), gone=gone)
    return Table("places", about, COLUMNS, rows)


def _rows(held: Library, addresses: Sequence[Address], root: str) -> Iterator[tuple[Cell, ...]]:
    sections = {card.id: card.sections for card in held.works()}
    view = lru_cache(_SECTIONS)(held.section)
    for address in addresses:
        number = sections.get(address.work, 0)
        # mypy infers no type of a lambda's argument with a default
        found = follow(address, number, lambda at, work=address.work: view(work, at).section)  # type: ignore[misc]
        if found.standing is Standing.GONE:
            yield _gone(address, root)
            continue
        yield (str(found.standing), *_standing(view(address.work, found.section), found.start, found.end, root))


def _gone(address: Address, root: str) -> tuple[Cell, ...]:
    asked = dict[str, Cell](
        standing=str(Standing.GONE),
        section=address.section,
        page=address.page,
        start=address.start,
        end=address.start + address.length,
        text=address.words,
        address=str(address),
        url=root + address_url(address),
    )
    return tuple(asked.get(name) for name in COLUMNS)


def _standing(view: SectionView, start: int, end: int, root: str) -> tuple[Cell, ...]:
    record, section, text = view.work.record, view.section, view.section.text
    number = section.page_at(start)
    page = "" if number is None else section.pages[number].label
    said = text[start : min(end, start + LONGEST)] + ("……" if end - start > LONGEST else "")
    around = one_line(text[max(start - CONTEXT, 0) : start]), one_line(said), one_line(text[end : end + CONTEXT])
    return (
        *(view.work.id, record.title, record.dynasty, record.author, record.year),
        *(view.number, section.title, page, start, end, *around),
        *_ends(Address(view.work.id, view.number, page, start, text[start:end]), root),
        licence_of(view.work),
    )


def _ends(address: Address, root: str) -> tuple[str, str]:
    return str(address), root + address_url(address)
