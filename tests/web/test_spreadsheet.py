"""No cell of a CSV file is a formula, however it is dressed up."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.presenting.spreadsheet import csv_of, inert

FORMULA = '=HYPERLINK("http://example.org")'
DRESSED = [
    "=1",
    "+1",
    "-1",
    "@A1",
    "＝1",
    "＋1",
    "－1",
    "＠A1",
    "﹦1",
    "\u22121",
    " =1",
    "\u3000＝1",
    "\xa0=1",
    "\ufeff=1",
]
DRESSED += ["\u200b=1", "\t=1", "\r=1", "\n=1", "\x00=1", " \t ＝1", "\u2028=1", "\t1"]


@pytest.mark.parametrize("cell", DRESSED)
def test_what_may_be_a_formula_begins_with_an_apostrophe(cell: str) -> None:
    assert inert(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", " ", "金史", "1", "卷一 = 二", "（＝）", "3-4", "　金史"])
def test_what_is_none_stays_as_it_is(cell: str) -> None:
    assert inert(cell) == cell


@given(
    st.lists(st.lists(st.text(max_size=9), min_size=1, max_size=3), max_size=4), st.text(" \t\u3000\u200b", max_size=3)
)
def test_every_cell_comes_back_inert(rows: list[list[str]], blanks: str) -> None:
    rows = [*rows, [blanks + FORMULA, "x"]]
    read = list(csv.reader(io.StringIO(csv_of(rows).decode("utf-8-sig"), newline="")))
    assert read == [[inert(cell) for cell in row] for row in rows]
    assert read[-1][0] == f"'{blanks}{FORMULA}"
