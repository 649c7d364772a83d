"""XLSX: a sheet of the rows and one of the provenance; texts are written as texts, so that none of them is a formula.

What the format can't hold is told in the sheet of provenance: rows beyond the last, and what is cut off of a text.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from typing import IO

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from web.taking.characters import in_xml
from web.taking.provenance import pairs
from web.taking.table import Cell, Table, heading

MOST_ROWS = 100_000
"""Rows of a sheet, below its head: the format allows ten times as many, which no spreadsheet opens with ease."""
MOST_CHARACTERS = 32_767
"""UTF-16 code units of a cell."""
_PIECE = 1 << 16
_OPTIONS = {
    "constant_memory": True,  # rows go to a file as they come
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def write(table: Table) -> Iterator[bytes]:
    """Yield the file, which can't be begun before all of its rows are there."""
    with tempfile.TemporaryFile() as file:
        _fill(file, table)
        file.seek(0)
        while piece := file.read(_PIECE):
            yield piece


def _fill(file: IO[bytes], table: Table) -> None:
    with Workbook(file, _OPTIONS) as book:
        today = datetime.combine(date.today(), time(), UTC)  # that of the provenance: the same asked twice is the same
        book.set_properties({"title": in_xml(table.kind), "created": today})
        bold = book.add_format({"bold": True})
        rows, about = book.add_worksheet("表 table"), book.add_worksheet("来源 provenance")
        rows.freeze_panes(1, 0)
        for column, name in enumerate(table.columns):
            rows.write_string(0, column, _fitting(heading(name)), bold)
        held = left_out = cut = 0
        for row in table.rows:
            if held == MOST_ROWS:
                left_out += 1
                continue
            held += 1
            cut += sum([_put(rows, held, column, cell) for column, cell in enumerate(row)])
        told = [*pairs(table.about), ("rows", str(held))]
        told += [("rows_left_out", str(left_out))] * bool(left_out) + [("texts_cut", str(cut))] * bool(cut)
        for number, (name, value) in enumerate(told):
            about.write_string(number, 0, _fitting(name), bold)
            about.write_string(number, 1, _fitting(value))


def _put(sheet: Worksheet, row: int, column: int, cell: Cell) -> bool:
    """Write a cell; return whether something had to be cut off."""
    if cell is None or cell == "":
        return False
    if isinstance(cell, bool):
        sheet.write_boolean(row, column, cell)
    elif isinstance(cell, str):
        fitting = _fitting(cell)
        sheet.write_string(row, column, fitting)
        return len(fitting) < len(cell)
    else:
        sheet.write_number(row, column, cell)
    return False


def _fitting(text: str) -> str:
    """Return as much of a text as a cell holds."""
    text = in_xml(text)
    if len(text) <= MOST_CHARACTERS // 2:
        return text
    units = text.encode("utf-16-le")[: 2 * MOST_CHARACTERS]
    return units.decode("utf-16-le", "ignore")
