"""Keywords as a table."""

from __future__ import annotations

from search.keywords import Keywords, KeywordsRequest
from search.library import Library
from web.presenting.urls import comparing_arguments, comparing_url
from web.taking.provenance import provenance
from web.taking.table import Table, number

COLUMNS = ("words", "count", "rest", "log_likelihood", "log_ratio")


def table(held: Library, asked: KeywordsRequest, root: str) -> Table:
    """Return what a work has more often than others, below the site's address ``root``."""
    return table_of(held.keywords(asked), root)


def table_of(found: Keywords, root: str) -> Table:
    """Return what was found as a table."""
    asked = found.request
    about = provenance(
        found.work.id,
        comparing_arguments(asked),
        [found.work],
        root + comparing_url(asked),
        found.generation,
        size=found.size,
        rest_size=found.rest_size,
        left_out=found.left_out,
    )
    rows = ((row.words, row.count, row.rest, number(row.log_likelihood), number(row.log_ratio)) for row in found.rows)
    return Table("keywords", about, COLUMNS, rows)
