"""Tables as CSV, escaped so that a spreadsheet runs no formula."""

from __future__ import annotations

import codecs
import csv
import io
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from flask import Response

_BEGINS = frozenset("=+-@\u2212")
"""Characters that begin a formula, or that a spreadsheet may take for one: U+2212 is the mathematical minus."""
_UNSEEN = frozenset({"Cc", "Cf", "Zl", "Zp", "Zs"})
"""Categories of characters that are blank, or not seen at all: spreadsheets may drop them on the way in."""


def csv_of(rows: Iterable[Sequence[str]]) -> bytes:
    """Return the rows as CSV in UTF-8, with the mark by which spreadsheets know it; every cell is inert."""
    return b"".join(csv_lines(rows))


def csv_lines(rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    """Yield the same row by row."""
    yield codecs.BOM_UTF8
    for row in rows:
        written = io.StringIO()
        csv.writer(written).writerow([inert(cell) for cell in row])
        yield written.getvalue().encode("utf-8", "replace")


def download(rows: Iterable[Sequence[str]], name: str) -> Response:
    """Return the answer that is saved as ``name.csv``."""
    response = Response(csv_of(rows), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def inert(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula: one that begins like it gets an apostrophe in front.

    It begins with what comes after its blanks, and full-width forms count as what they are the width of; a tabulator
    or a line end at the front, of which a spreadsheet may make a new cell, counts by itself.

    >>> inert("=1+1"), inert(" ＝1"), inert("\\t1"), inert("金史")
    ("'=1+1", "' ＝1", "'\\t1", '金史')
    """
    first = next((character for character in cell if unicodedata.category(character) not in _UNSEEN), "")
    begins = unicodedata.normalize("NFKC", first)[:1] in _BEGINS or cell[:1] in ("\t", "\r", "\n")
    return f"'{cell}" if begins else cell
