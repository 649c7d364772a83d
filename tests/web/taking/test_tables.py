"""Tables come back from every format as they were, by readers that are not ours, and run nothing."""

from __future__ import annotations

import csv
import io
import json
import tracemalloc
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from markdown_it import MarkdownIt
from people import token
from python_calamine import CalamineWorkbook

from search.concordance import ConcordanceRequest
from search.library import Library
from web.presenting.spreadsheet import inert
from web.taking import bounds
from web.taking.characters import encodable, in_xml
from web.taking.formats import TABLE_FORMAT_NAMES, workbook
from web.taking.formats.every import TABLE_FORMATS
from web.taking.sending import disposition
from web.taking.table import Cell, Table, heading, written
from web.taking.tables import concordances

Rows = list[list[str]]
TEI = "{http://www.tei-c.org/ns/1.0}"
ABOUT = {
    "query": "水",
    "asked": {"work": ["甲", "=乙"]},
    "licences": ["CC0-1.0", "unknown"],
    "page": "/x",
    "date": "2026-01-01",
}


def from_csv(data: bytes) -> Rows:
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    return [[cell.removeprefix("'") for cell in row] for row in rows[1:]]


def from_xlsx(data: bytes) -> Rows:
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0)
    return [[shown(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]


def from_jsonl(data: bytes) -> Rows:
    about, *rows = [json.loads(line) for line in data.decode().splitlines()]
    return [about["columns"], *([shown(each[name]) for name in about["columns"]] for each in rows)]


def from_md(data: bytes) -> Rows:
    tokens = MarkdownIt("commonmark").enable("table").parse(data.decode())
    cells = [
        "".join(each.content for each in token.children or ())
        for token in tokens
        if token.type == "inline" and token.level > 3
    ]
    width = sum(token.type == "th_open" for token in tokens)
    return [cells[at : at + width] for at in range(0, len(cells), width)]


def from_tei(data: bytes) -> Rows:
    tree = etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True))
    return [["".join(cell.itertext()) for cell in row] for row in tree.iter(f"{TEI}row")]


def shown(cell: object) -> str:
    """A cell as text: spreadsheets have one kind of numbers."""
    return "" if cell is None or cell == "" else str(float(cell)) if isinstance(cell, int | float) else str(cell)


def plainly(text: str) -> str:
    return " ".join(in_xml(text).split())


READERS: dict[str, Callable[[bytes], Rows]] = {
    "csv": from_csv,
    "xlsx": from_xlsx,
    "jsonl": from_jsonl,
    "md": from_md,
    "tei": from_tei,
}
EXPECTED: dict[str, Callable[[Cell], str]] = {
    "csv": lambda cell: encodable(written(cell)).removeprefix("'"),
    "xlsx": lambda cell: in_xml(cell) if isinstance(cell, str) else shown(cell),
    "jsonl": lambda cell: encodable(cell) if isinstance(cell, str) else shown(cell),
    "md": lambda cell: plainly(written(cell)),
    "tei": lambda cell: in_xml(written(cell)),
}


def taken(table: Table, name: str) -> bytes:
    return b"".join(TABLE_FORMATS[name].write(table))


def test_the_formats_are_those_that_are_named() -> None:
    assert tuple(TABLE_FORMATS) == TABLE_FORMAT_NAMES == tuple(READERS)


TEXTS = st.text(st.characters(), max_size=12) | st.sampled_from(
    [
        "=cmd|' /C calc'!A0",
        "+1",
        "-1",
        "@x",
        "\t=1",
        "</script>",
        "]]>",
        "<!--",
        "\ud800",
        "\x00\x0b",
        "a|b\n",
        "http://x.y",
    ]
)
CELLS: st.SearchStrategy[Cell] = (
    st.none() | TEXTS | st.integers(-(2**40), 2**40) | st.floats(-1e6, 1e6).map(lambda x: round(x, 4))
)


@pytest.mark.parametrize("name", TABLE_FORMAT_NAMES)
@given(rows=st.lists(st.tuples(CELLS, TEXTS.map(lambda text: f"{text}。")), max_size=4))
def test_every_cell_comes_back(name: str, rows: list[tuple[Cell, Cell]]) -> None:
    table = Table("concordance", ABOUT, ("year", "title"), rows)
    head, *read = READERS[name](taken(table, name))
    names = ["year", "title"] if name in ("csv", "jsonl") else [heading("year"), heading("title")]
    assert head == names
    expected = [[EXPECTED[name](cell) for cell in row] for row in rows]
    if name == "tei":  # a parser has one kind of line end
        read = [[cell.replace("\r\n", "\n") for cell in row] for row in read]
        expected = [[cell.replace("\r\n", "\n") for cell in row] for row in expected]
    assert read == expected


@given(text=TEXTS)
def test_a_spreadsheet_runs_nothing(text: str) -> None:
    table = Table("x", {"query": text, "licences": [text]}, (text, "b"), [[text, "=1+1"]])
    for row in csv.reader(io.StringIO(taken(table, "csv").decode("utf-8-sig"), newline="")):
        assert all(cell == inert(cell) or cell[0] == "'" for cell in row)
    book = CalamineWorkbook.from_filelike(io.BytesIO(taken(table, "xlsx")))
    for name in book.sheet_names:
        assert not any(map(any, book.get_sheet_by_name(name).to_python(skip_empty_area=False))) or b"<f>" not in taken(
            table, "xlsx"
        )
    assert from_xlsx(taken(table, "xlsx"))[1][1] == "=1+1"


def test_a_workbook_tells_what_it_can_not_hold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MOST_ROWS", 2)
    rows = [["𠀀" * 20_000], ["乙"], ["丙"]]
    book = CalamineWorkbook.from_filelike(io.BytesIO(taken(Table("x", ABOUT, ("text",), rows), "xlsx")))
    assert len(book.get_sheet_by_index(0).to_python()) == 3
    about = dict(map(tuple, book.get_sheet_by_index(1).to_python()))
    assert about["rows"] == "2"
    assert about["rows_left_out"] == "1"
    assert about["texts_cut"] == "1"
    assert about["work"] == "甲 | =乙"
    cell = book.get_sheet_by_index(0).to_python()[1][0]
    assert isinstance(cell, str)
    assert set(cell) == {"𠀀"}


@pytest.mark.parametrize("name", [name for name in TABLE_FORMAT_NAMES if name != "xlsx"])
def test_a_long_table_takes_no_more_memory_than_a_short_one(name: str) -> None:
    def rows(number: int) -> Iterator[list[Cell]]:
        return ([at, "水" * 20] for at in range(number))

    def peak(number: int) -> int:
        tracemalloc.start()
        for _ in TABLE_FORMATS[name].write(Table("x", ABOUT, ("start", "text"), rows(number))):
            pass
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(10)
    assert peak(5_000) < peak(500) + 200_000


@pytest.mark.parametrize("name", ['a"b\r\nX: y.csv', "../../etc/passwd", "金史\u202e.xml", "", "." * 300, "\ud800"])
def test_a_files_name_is_no_header_of_its_own(name: str) -> None:
    said = disposition(name)
    assert said.isascii()
    assert not set(said) & set('\r\n"/')
    assert said.startswith("attachment; filename=")


def test_lines_say_what_they_are_of_and_where_they_stand(house: Flask, library: Library) -> None:
    client = house.test_client()
    lines = library.lines(ConcordanceRequest("水")).lines
    for name, read in READERS.items():
        answer = client.get(f"/concordance.{name}?q=水&order=right")
        assert answer.status_code == 200
        assert answer.headers["Content-Disposition"].startswith(
            f"attachment; filename=concordance.{TABLE_FORMATS[name].suffix}"
        )
        assert answer.content_length == len(answer.data)
        names, *rows = read(answer.data)
        columns = [each.rpartition(" ")[2] for each in names]
        assert tuple(columns) == concordances.COLUMNS
        found = [dict(zip(columns, row, strict=True)) for row in rows]
        assert len(found) == len(lines)
        for row in found[:5]:
            assert client.get(row["url"].removeprefix("http://localhost")).status_code == 302
        assert {row["licence"] for row in found} == {"CC BY-SA 4.0", "All rights reserved", "unknown"}
    about = json.loads(client.get("/concordance.jsonl?q=水&order=right").text.splitlines()[0])
    assert about == {
        "table": "concordance",
        "query": "水",
        "asked": {"order": ["right"]},
        "total": len(lines),
        "listed": len(lines),
        "lines": len(lines),
        "at_least": False,
        "characters": about["characters"],
        "licences": ["All rights reserved", "CC BY-SA 4.0", "unknown"],
        "page": "http://localhost/concordance?q=%E6%B0%B4&order=right",
        "date": date.today().isoformat(),
        "generation": 1,
        "columns": list(concordances.COLUMNS),
    }
    assert about["characters"] == library.searched(ConcordanceRequest("水"))[1] > 60
    assert client.get("/concordance.csv?q=**").status_code == 400
    assert client.get("/concordance.exe?q=水").status_code == 404


def test_what_is_more_than_a_table_has_is_told_before(house: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "MOST_LINES", 3)
    client = house.test_client()
    assert "前 3 处" in client.get("/concordance?q=水").text
    about, *rows = client.get("/concordance.jsonl?q=水").text.splitlines()
    assert (json.loads(about)["lines"], len(rows)) == (3, 3)
    assert json.loads(about)["total"] > 60


@pytest.mark.parametrize(
    ("path", "least"),
    [
        ("/search.{}?q=水&mode=exact", 3),
        ("/distribution.{}?q=水&q=花", 4),
        ("/collocates.{}?q=水&least=1", 3),
        ("/keywords.{}?work=丙&least=1", 1),
        ("/parallels.{}?q=花鳥風月，水流花謝", 1),
        ("/parallels/works.{}?work=甲&with=乙&least=8", 0),
    ],
)
def test_every_analysis_is_taken_away_in_every_format(house: Flask, path: str, least: int) -> None:
    client = house.test_client()
    sizes = set()
    for name, read in READERS.items():
        answer = client.get(path.format(name))
        assert answer.status_code == 200, answer.text
        names, *rows = read(answer.data)
        assert all(len(row) == len(names) for row in rows)
        sizes.add(len(rows))
    assert len(sizes) == 1
    assert sizes.pop() >= least
    page = client.get(path.replace(".{}", "")).text
    assert least == 0 or 'class="take"' in page


def places(client: FlaskClient, addresses: list[str], form: str = "jsonl") -> Any:
    data = {"address": addresses, "format": form, "csrf_token": token(client, "/parallels")}
    return client.post("/take/list", data=data)


def test_a_list_of_places_tells_what_became_of_each(house: Flask) -> None:
    client = house.test_client()
    asked = ["甲/0/001-1a@0+4:山川草木", "甲/0/001-1a@1+4:山川草木", "無/0/@0+2:山川", "乙/0/@0+4:花鳥風雨"]
    about, *rows = [json.loads(line) for line in places(client, asked).text.splitlines()]
    assert [row["standing"] for row in rows] == ["same", "moved", "gone", "changed"]
    assert (about["gone"], about["lines"]) == (1, 4)
    assert rows[0]["text"] == rows[1]["text"] == "山川草木"
    assert rows[0]["right"].startswith("，水出東方")
    assert rows[2] == {
        **dict.fromkeys(rows[2]), "standing": "gone", "section": 0, "page": "", "start": 0, "end": 2, "text": "山川",
        "address": asked[2], "url": "http://localhost/at/無/0/@0+2:山川",
    }  # fmt: skip
    for form, read in READERS.items():
        assert len(read(places(client, asked, form).data)) == 5
    (row,) = [json.loads(line) for line in places(client, ["丙/0/@0+4:水水水水"]).text.splitlines()[1:]]
    assert (row["text"], row["right"], row["licence"]) == ("水" * 4, "水" * 20, "unknown")


def test_a_list_that_is_none_is_refused(house: Flask) -> None:
    client = house.test_client()
    one = "甲/0/001-1a@0+4:山川草木"
    assert places(client, []).status_code == 400
    assert places(client, ["x"]).status_code == 400
    assert places(client, [one], "exe").status_code == 400
    assert places(client, [one] * 1001).status_code == 400
    assert len(places(client, [one] * 1000).text.splitlines()) == 1001
    assert client.post("/take/list", data={"address": one}).status_code == 400  # without a token
