"""CSV (RFC 4180) in UTF-8 with the mark by which spreadsheets know it; no cell of it is a formula."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from web.presenting.spreadsheet import csv_lines
from web.taking.characters import encodable
from web.taking.provenance import pairs
from web.taking.table import Table, written


def write(table: Table) -> Iterator[bytes]:
    """Yield a row of provenance, the names of the columns, and the rows."""
    return csv_lines(_rows(table))


def _rows(table: Table) -> Iterator[Sequence[str]]:
    yield [encodable(f"{name}: {value}") for name, value in pairs(table.about)]
    yield [encodable(name) for name in table.columns]
    for row in table.rows:
        yield [encodable(written(cell)) for cell in row]
