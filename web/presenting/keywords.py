"""Keywords as a table for spreadsheets, below a row that says what they are of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from search.keywords import Keywords
from web.presenting.provenance import grouped, provenance_row
from web.presenting.urls import comparing_arguments

COLUMNS = ("words", "count", "rest", "log_likelihood", "log_ratio")


def told(found: Keywords) -> dict[str, object]:
    """Return what keywords are of, with what the work was held against."""
    return {
        "query": found.work.id,
        "asked": grouped(comparing_arguments(found.request)),
        "size": found.size,
        "rest_size": found.rest_size,
        "left_out": found.left_out,
        "generation": found.generation,
    }


def sheet(found: Keywords) -> Iterator[Sequence[str]]:
    """Yield a row of provenance, the names of the columns, and all keywords."""
    yield provenance_row(told(found))
    yield COLUMNS
    for row in found.rows:
        yield [row.words, str(row.count), str(row.rest), f"{row.log_likelihood:.4f}", f"{row.log_ratio:.4f}"]
