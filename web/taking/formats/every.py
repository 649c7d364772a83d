"""All formats of tables, by their names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from web.taking.formats import TABLE_FORMAT_NAMES, delimited, jsonlines, markdown, tei_table, workbook
from web.taking.table import Table


@dataclass(frozen=True, slots=True)
class TableFormat:
    """A format: its name, the suffix of its files, their media type, and what writes them."""

    name: str
    suffix: str
    media_type: str
    write: Callable[[Table], Iterator[bytes]]


TABLE_FORMATS = {
    each.name: each
    for each in (
        TableFormat("csv", "csv", "text/csv", delimited.write),
        TableFormat(
            "xlsx", "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", workbook.write
        ),
        TableFormat("jsonl", "jsonl", "application/jsonl", jsonlines.write),
        TableFormat("md", "md", "text/markdown", markdown.write),
        TableFormat("tei", "xml", "application/tei+xml", tei_table.write),
    )
}
NAMES = f"any({','.join(TABLE_FORMAT_NAMES)})"
"""The formats in the rule of an address."""
