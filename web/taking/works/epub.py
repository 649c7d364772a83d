"""EPUB 3: a document of XHTML a section, contents by headings, the list of pages; laid out horizontally or vertically.

The text is that of the edition, line by line; notes are small and stay where they stand. What a part is of, the packing
reads from the part itself.
"""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import IO

from lxml import etree

from corpora.model import Page, Span, SpanKind
from web.taking.works.building import Opened, Vocabulary, fill
from web.taking.works.edition import Edition, path_of
from web.taking.xml import element

XHTML = "http://www.w3.org/1999/xhtml"
OPS = "http://www.idpf.org/2007/ops"
_TYPE = f"{{{OPS}}}type"
_PIECE = 1 << 16
_CONTAINER = """<?xml version="1.0" encoding="UTF-8"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
<rootfiles><rootfile full-path="EPUB/package.opf" media-type="application/oebps-package+xml"/></rootfiles>
</container>
"""
_STYLE = """body { line-height: 1.8; margin: 1em; }
h1, h2 { font-weight: bold; line-height: 1.4; }
.note { font-size: 75%; }
.small { font-size: 85%; }
.head, .beside { font-size: 70%; opacity: .7; }
.gaiji { border-bottom: 1px dotted; }
"""
_VERTICAL = """html { writing-mode: vertical-rl; -epub-writing-mode: vertical-rl; -webkit-writing-mode: vertical-rl; }
"""
_ACCESSIBLE = {
    "schema:accessMode": ("textual",),
    "schema:accessModeSufficient": ("textual",),
    "schema:accessibilityFeature": ("structuralNavigation", "tableOfContents", "pageNavigation"),
    "schema:accessibilityHazard": ("none",),
}


@dataclass(frozen=True, slots=True)
class _Part:
    """A section in the package: its file, the headings that lead to it, and its pages as ids and labels."""

    file: str
    path: tuple[str, ...]
    pages: tuple[tuple[str, str], ...]


def section(edition: Edition, number: int) -> bytes:
    """Return a section as a document."""
    read = edition.read(number)
    path = path_of(read)
    body = element("body", element("h2", path[-1] or str(number + 1)))
    text = element("p", _class="text")
    fill(text, read, _WORDS)
    body.append(text)
    metas = [element("meta", name="heading", content=heading) for heading in path]
    return _document(edition, " · ".join(filter(None, path)) or str(number + 1), body, metas)


def horizontal(edition: Edition, parts: Callable[[], Iterator[bytes]]) -> Iterator[bytes]:
    """Yield the file, in lines from left to right."""
    return _packed(edition, parts, is_vertical=False)


def vertical(edition: Edition, parts: Callable[[], Iterator[bytes]]) -> Iterator[bytes]:
    """Yield the file, in columns from right to left."""
    return _packed(edition, parts, is_vertical=True)


def _packed(edition: Edition, parts: Callable[[], Iterator[bytes]], *, is_vertical: bool) -> Iterator[bytes]:
    with tempfile.TemporaryFile() as file:
        _pack(file, edition, parts, is_vertical)
        file.seek(0)
        while piece := file.read(_PIECE):
            yield piece


def _pack(file: IO[bytes], edition: Edition, parts: Callable[[], Iterator[bytes]], is_vertical: bool) -> None:
    today = date.today().timetuple()[:6]  # the same asked twice is the same

    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as package:

        def put(name: str, data: bytes | str, how: int = zipfile.ZIP_DEFLATED) -> None:
            entry = zipfile.ZipInfo(name, today)
            entry.compress_type = how
            package.writestr(entry, data)

        put("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        put("META-INF/container.xml", _CONTAINER)
        put("EPUB/style.css", (_VERTICAL if is_vertical else "") + _STYLE)
        put("EPUB/about.xhtml", _about(edition))
        read: list[_Part] = []
        for number, part in enumerate(parts(), start=1):
            read.append(_read(f"s{number}.xhtml", part))
            put(f"EPUB/s{number}.xhtml", part)
        put("EPUB/nav.xhtml", _contents(edition, read))
        put("EPUB/package.opf", _package(edition, read, is_vertical))


def _read(file: str, part: bytes) -> _Part:
    """Return what a part is of."""
    tree = etree.fromstring(part, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))
    path = tuple(meta.get("content") for meta in tree.iter(f"{{{XHTML}}}meta") if meta.get("name") == "heading")
    breaks = (span for span in tree.iter(f"{{{XHTML}}}span") if span.get(_TYPE) == "pagebreak")
    return _Part(file, path, tuple((span.get("id"), span.get("aria-label")) for span in breaks))


def _document(edition: Edition, title: str, body: etree._Element, metas: list[etree._Element] | None = None) -> bytes:
    head = element("head", element("title", title), *(metas or ()))
    head.append(element("link", rel="stylesheet", type="text/css", href="style.css"))
    document = etree.Element(f"{{{XHTML}}}html", {"lang": edition.language}, nsmap={None: XHTML, "epub": OPS})
    document.set("{http://www.w3.org/XML/1998/namespace}lang", edition.language)
    document.extend((head, body))
    for each in (head, body):
        for made in each.iter():
            made.tag = f"{{{XHTML}}}{made.tag}"
    written: bytes = etree.tostring(document, encoding="utf-8", xml_declaration=True, doctype="<!DOCTYPE html>")
    return written


def _about(edition: Edition) -> bytes:
    record = edition.card.record
    facts = element("ul", *(element("li", f"{name}：{value}") for name, value in edition.facts()))
    return _document(edition, record.title or edition.card.id, element("body", element("h1", record.title), facts))


def _contents(edition: Edition, parts: list[_Part]) -> bytes:
    """Return the navigation: sections under the headings that lead to them, and where each page begins."""
    top = element("ol", element("li", element("a", edition.card.record.title or edition.card.id, href="about.xhtml")))
    lists: list[etree._Element] = [top]
    before: tuple[str, ...] = ()
    for part in parts:
        path = part.path or ("",)
        kept = next(
            (at for at, (one, other) in enumerate(zip(before, path, strict=False)) if one != other),
            min(len(before), len(path)),
        )
        kept = min(kept, len(path) - 1)
        del lists[kept + 1 :]
        for heading in path[len(lists) - 1 : -1]:
            lists[-1].append(element("li", element("span", heading or "·")))
            lists.append(_below(lists[-1][-1]))
        title = path[-1] or part.file.removeprefix("s").removesuffix(".xhtml")
        lists[-1].append(element("li", element("a", title, href=part.file)))
        before = path
        lists.append(_below(lists[-1][-1]))
    for each in [each for each in top.iter("ol") if not len(each)]:
        each.getparent().remove(each)
    body = element("body", _nav("toc", "目錄", top))
    if pages := [(part.file, *page) for part in parts for page in part.pages]:
        items = (element("li", element("a", label or "·", href=f"{file}#{name}")) for file, name, label in pages)
        listed = _nav("page-list", "葉碼", element("ol", *items))
        listed.set("hidden", "hidden")
        body.append(listed)
    return _document(edition, "目錄", body)


def _below(item: etree._Element) -> etree._Element:
    return etree.SubElement(item, "ol")


def _nav(kind: str, title: str, items: etree._Element) -> etree._Element:
    made = element("nav", element("h2", title), items, id=kind)
    made.set(_TYPE, kind)
    return made


def _package(edition: Edition, parts: list[_Part], is_vertical: bool) -> bytes:
    record = edition.card.record
    dublin_core = "http://purl.org/dc/elements/1.1/"

    def told(name: str, value: str, **attributes: str) -> etree._Element:
        made = element(name, value, **attributes)
        made.tag = f"{{{dublin_core}}}{name}"
        return made

    metadata = etree.Element("metadata", nsmap={"dc": dublin_core})
    metadata.append(told("identifier", edition.url, id="id"))
    metadata.append(told("title", record.title or edition.card.id))
    metadata.append(told("language", edition.language))
    metadata.extend(told("creator", each.name) for each in record.responsibilities)
    metadata.append(told("rights", edition.licence))
    metadata.append(told("source", record.edition or edition.url))
    metadata.append(told("publisher", "文淵 Wenyuan"))
    metadata.append(element("meta", f"{date.today().isoformat()}T00:00:00Z", property="dcterms:modified"))
    for name, values in _ACCESSIBLE.items():
        metadata.extend(element("meta", value, property=name) for value in values)
    manifest = element(
        "manifest",
        element("item", id="style", href="style.css", media_type="text/css"),
        element("item", id="nav", href="nav.xhtml", media_type="application/xhtml+xml", properties="nav"),
        element("item", id="about", href="about.xhtml", media_type="application/xhtml+xml"),
        *(
            element("item", id=f"s{number}", href=part.file, media_type="application/xhtml+xml")
            for number, part in enumerate(parts, start=1)
        ),
    )
    spine = element(
        "spine",
        element("itemref", idref="about"),
        *(element("itemref", idref=f"s{number}") for number in range(1, len(parts) + 1)),
        page_progression_direction="rtl" if is_vertical else "ltr",
    )
    package = element("package", metadata, manifest, spine, version="3.0", unique_identifier="id")
    package.set("xmlns", "http://www.idpf.org/2007/opf")
    written: bytes = etree.tostring(package, encoding="utf-8", xml_declaration=True)
    return written


def _span(span: Span) -> Opened:
    match span.kind:
        case SpanKind.READING:
            made = element("ruby")
            return Opened(made, made, (element("rt", span.name),))
        case SpanKind.GAIJI:
            made = element("span", _class="gaiji", title=span.name)
        case _:
            made = element("span", _class=str(span.kind))
    return Opened(made, made)


def _page(number: int, page: Page) -> etree._Element:
    made = element("span", id=f"p{number}", role="doc-pagebreak", aria_label=page.label)
    made.set(_TYPE, "pagebreak")
    return made


_WORDS = Vocabulary(_span, _page, lambda _: None, lambda: element("br"))
