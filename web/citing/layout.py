"""References as a citation style prints them, made by citeproc from catalogue records.

Citeproc takes 3 to 60 ms for a reference, most of it for reading the style, a page of hits has ten, and a work may have
ten thousand pages. So it lays out a work once a day and style, with marks in place of section, page and URL, and these
are put in for each place. The marks serve what citeproc does wrongly, too:

* It takes a page such as 024-1a for the range from 24 to 1, and prints ``pp. 024–1a``. A mark is no range.
* Of a work of nobody's it prints the title in the author's place, and once more in its own.
* Behind the year of composition, Chicago says that of publication is unknown, which goes without saying of old books.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from functools import lru_cache

from citeproc import Citation, CitationItem, CitationStylesBibliography, formatter
from citeproc.source.json import CiteProcJSON

from web.citing.references import Numbered, Reference, csl_data
from web.citing.styles import CitationStyle, parsed

_PAGE, _URL, _TITLE, _SECTION = "\ufdd0", "\ufdd1", "\ufdd2", "\ufdd3"
"""Marks of a layout: characters that Unicode leaves to programs, and no text has."""
_WESTERN = str.maketrans({"，": ", ", "：": ": "})
_MOST_LAID_OUT = 4096
"""The most layouts that are kept, of some 300 bytes each."""
_AGAIN = re.compile(rf"(?s)^({_TITLE}[^.]*\. )(.*?)\1")
"""A title and what belongs to it, in the author's place and again in its own."""

_COMPOSED_ALONE = re.compile(r"\b([0-9]+), (?:不详|n\.d)(?=[.)])")
"""A year of composition, and that the one of publication is unknown."""


def printed(reference: Reference, style: CitationStyle, page: str | None = None) -> str:
    """Return a reference as a style prints it, without a number; ``page`` stands in for that of its address.

    A style of notes gives the note that names a page, and where no page is cited, the entry of its bibliography.
    """
    label = reference.page if page is None else page
    item = csl_data(replace(reference, url=_URL), _PAGE if label else "")
    section = item.get("volume", "")
    if section and not section.isdigit():  # a bare number has a label before it
        item["volume"] = _SECTION
    title = item["title"]
    item["title"] = _TITLE
    laid_out = _laid_out(style, json.dumps(item, sort_keys=True), style.is_note and bool(label))
    marks = {_PAGE: label, _URL: reference.url, _TITLE: title, _SECTION: section}
    return laid_out.translate(str.maketrans(marks))


def entries(listed: Numbered, style: CitationStyle) -> tuple[str, ...]:
    """Return the list of references, each with its number."""
    documents = enumerate(listed.documents, start=1)
    return tuple(f"[{number}] {printed(reference, style, page)}" for number, (reference, page) in documents)


@lru_cache(maxsize=_MOST_LAID_OUT)
def _laid_out(style: CitationStyle, item: str, is_note: bool) -> str:
    """Return the text of one reference, given as CSL JSON, in the language of the item."""
    data = {"id": "1", **json.loads(item)}
    is_chinese = data.get("language", "").startswith("zh")
    source = style.source if is_chinese else style.source.decode().translate(_WESTERN).encode()
    layout = parsed(source, "zh-CN" if is_chinese else "en-US")
    bibliography = CitationStylesBibliography(layout, CiteProcJSON([data]), formatter.plain)
    citation = Citation([CitationItem("1")])
    bibliography.register(citation)
    if is_note:
        text = f"{str(bibliography.cite(citation, _unknown)).rstrip('.')}."
    else:
        (entry,) = bibliography.bibliography()
        text = re.sub(r"^\[1\] ?", "", str(entry))
    text = _COMPOSED_ALONE.sub(r"\1", text)
    return text if data.keys() & {"author", "editor"} else _AGAIN.sub(r"\1\2", text)


def _unknown(item: CitationItem) -> None:
    """Be told of an item that is not there: the only one is."""
