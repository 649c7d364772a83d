"""TEI P5: a header with the provenance, and the rows as a table, written piece by piece."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from lxml import etree

from web.taking.characters import in_xml
from web.taking.provenance import pairs
from web.taking.table import Cell, Table, heading, written
from web.taking.xml import XmlPieces, element

TEI = "http://www.tei-c.org/ns/1.0"
_ROWS = 100
"""Rows that are written at once."""


def write(table: Table) -> Iterator[bytes]:
    """Yield the document."""
    pieces = XmlPieces()
    with etree.xmlfile(pieces, encoding="utf-8") as file:
        file.write_declaration()
        with file.element("TEI", nsmap={None: TEI}):
            file.write(_header(table))
            with file.element("text"), file.element("body"), file.element("table"):
                file.write(_row(tuple(map(heading, table.columns)), table.columns, role="label"))
                for number, row in enumerate(table.rows, start=1):
                    file.write(_row(row, table.columns))
                    if number % _ROWS == 0:
                        file.flush()
                        yield pieces.taken()
    yield pieces.taken()


def _header(table: Table) -> etree._Element:
    told = list(pairs(table.about))
    by_name = dict(told)
    licences = element("availability", *(element("licence", each) for each in by_name["licences"].split(" | ")))
    return element(
        "teiHeader",
        element(
            "fileDesc",
            element("titleStmt", element("title", f"{table.kind}: {by_name['query']}")),
            element(
                "publicationStmt",
                element("publisher", "文淵 Wenyuan"),
                element("date", by_name["date"], when=by_name["date"]),
                licences,
            ),
            element("sourceDesc", element("p", element("ref", by_name["page"], target=by_name["page"]))),
        ),
        element(
            "encodingDesc",
            element("p", element("list", *(element("item", f"{name}: {value}") for name, value in told))),
        ),
    )


def _row(cells: Sequence[Cell], columns: Sequence[str], **attributes: str) -> etree._Element:
    row = element("row", **attributes)
    for name, cell in zip(columns, cells, strict=True):
        text = in_xml(written(cell))
        is_link = text and not attributes and (name == "url" or name.endswith("_url"))
        row.append(element("cell", element("ref", text, target=text)) if is_link else element("cell", text))
    row.tail = "\n"
    return row
