"""Collocates as a table for spreadsheets, below a row that says what it is of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from search.collocates import Collocates
from web.presenting.provenance import provenance, provenance_row

COLUMNS = ("words", "count", "frequency", "expected", "log_likelihood", "pmi")


def told(found: Collocates) -> dict[str, object]:
    """Return what collocates are of, with what they were held against."""
    return provenance(
        found.request,
        found.generation,
        occurrences=found.occurrences,
        characters=found.characters,
        left_out=found.left_out,
        at_least=found.at_least,
    )


def sheet(found: Collocates) -> Iterator[Sequence[str]]:
    """Yield a row of provenance, the names of the columns, and all collocates."""
    yield provenance_row(told(found))
    yield COLUMNS
    for row in found.rows:
        relative = (row.expected, row.log_likelihood, row.pmi)
        yield [row.words, str(row.count), str(row.frequency), *(f"{each:.4f}" for each in relative)]
