"""The lines of a concordance as a table for spreadsheets, below a row that says what it is of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from search.concordance import Concordance
from search.occurrences import Occurrence
from web.presenting.provenance import provenance, provenance_row
from web.presenting.rendering import one_line

COLUMNS = (
    *("work", "title", "dynasty", "author", "year", "event_year", "section", "section_title", "page", "start", "end"),
    *("left", "text", "right", "in_notes", "slip", "address"),
)
"""Columns of a line."""


def told(found: Concordance) -> dict[str, object]:
    """Return what the lines are of, and how many there are."""
    counts = {"total": found.total, "listed": found.listed, "at_least": found.at_least}
    seed = {"seed": found.request.seed} if found.request.sample else {}
    return provenance(found.request, found.generation, **counts, **seed)


def line(each: Occurrence) -> dict[str, object]:
    """Return what is told of a line, by the names of the columns."""
    record = each.work.record
    cells = (
        *(each.work.id, record.title, record.dynasty, record.author, record.year, each.event),
        *(each.section_number, each.section, each.page, each.start, each.end),
        *(each.left, each.text, each.right, each.in_notes, each.slip, str(each.address)),
    )
    return dict(zip(COLUMNS, cells, strict=True))


def sheet(found: Concordance) -> Iterator[Sequence[str]]:
    """Yield a row of provenance, the names of the columns, and the lines."""
    yield provenance_row(told(found))
    yield COLUMNS
    for each in found.lines:
        cells = line(each)
        cells |= {name: one_line(str(cells[name])) for name in ("left", "text", "right")}
        yield ["" if cell is None else str(cell) for cell in cells.values()]
