"""The lines of a concordance as a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from search.concordance import ConcordanceLines, ConcordanceRequest
from search.library import Library
from search.occurrences import Occurrence
from web.presenting.rendering import one_line
from web.presenting.urls import address_url, arguments, page_url
from web.taking.provenance import licence_of, provenance
from web.taking.table import Cell, Table

COLUMNS = (
    *("work", "title", "dynasty", "author", "year", "event_year", "section", "section_title", "page", "start", "end"),
    *("left", "text", "right", "in_notes", "slip", "address", "url", "licence"),
)
"""Columns of a line."""
_READ_AT_ONCE = 1_000


def table(held: Library, asked: ConcordanceRequest, root: str, most: int | None = None) -> Table:
    """Return lines from that on which is asked for, at most so many; they are read while they are written.

    ``root`` is the address of the site, behind which addresses of pages stand.
    """
    found = held.lines(asked)
    first = asked.start - 1
    end = len(found.lines) if most is None else min(first + most, len(found.lines))
    number = max(end - first, 0)
    return Table("concordance", about(held, found, root, number), COLUMNS, rows(lines(found, first, end), root))


def about(held: Library, found: ConcordanceLines, root: str, number: int) -> dict[str, object]:
    """Return what so many lines are of."""
    return told(held, found.request, root, len(found.left), len(found.lines), number, found.left.at_least)


def told(
    held: Library, asked: ConcordanceRequest, root: str, total: int, listed: int, number: int, at_least: bool
) -> dict[str, object]:
    """Return the same of lines that were counted: in all, of a sample, in the file; how long a page is says nothing."""
    asked = replace(asked, limit=ConcordanceRequest(asked.q).limit)
    works, characters = held.searched(asked)
    seed = {"seed": asked.seed} if asked.sample else {}
    counts = {"total": total, "listed": listed, "lines": number, "at_least": at_least, "characters": characters}
    return provenance(asked.q, arguments(asked), works, root + page_url(asked), held.generation, **counts, **seed)


def lines(found: ConcordanceLines, first: int, end: int) -> Iterator[Occurrence]:
    """Yield some of the lines, a few of which are read at once."""
    for begin in range(first, end, _READ_AT_ONCE):
        yield from found.lines[begin : min(begin + _READ_AT_ONCE, end)]


def rows(found: Iterable[Occurrence], root: str) -> Iterator[tuple[Cell, ...]]:
    """Yield lines as rows of :data:`COLUMNS`."""
    return (row(each, root) for each in found)


def row(each: Occurrence, root: str) -> tuple[Cell, ...]:
    """Return a line as a row of :data:`COLUMNS`."""
    record = each.work.record
    return (
        *(each.work.id, record.title, record.dynasty, record.author, record.year, each.event),
        *(each.section_number, each.section, each.page, each.start, each.end),
        *(one_line(each.left), one_line(each.text), one_line(each.right), each.in_notes, str(each.slip)),
        *(str(each.address), root + address_url(each.address), licence_of(each.work)),
    )
