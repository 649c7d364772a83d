"""Collocates as a table."""

from __future__ import annotations

from search.collocates import Collocates, CollocatesRequest
from search.library import Library
from web.presenting.urls import arguments, page_url
from web.taking.provenance import provenance
from web.taking.table import Table, number

COLUMNS = ("words", "count", "frequency", "expected", "log_likelihood", "pmi")


def table(held: Library, asked: CollocatesRequest, root: str) -> Table:
    """Return what stands near words, below the site's address ``root``."""
    return table_of(held, held.collocates(asked), root)


def table_of(held: Library, found: Collocates, root: str) -> Table:
    """Return what was found as a table."""
    asked = found.request
    works, _ = held.searched(found.reference)
    about = provenance(
        asked.q,
        arguments(asked),
        works,
        root + page_url(asked),
        found.generation,
        occurrences=found.occurrences,
        characters=found.characters,
        left_out=found.left_out,
        at_least=found.at_least,
    )
    rows = (
        (row.words, row.count, row.frequency, number(row.expected), number(row.log_likelihood), number(row.pmi))
        for row in found.rows
    )
    return Table("collocates", about, COLUMNS, rows)
