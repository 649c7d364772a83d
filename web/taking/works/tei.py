"""TEI P5: pages, printed lines, notes, characters without a code point and headings, each as what it is.

A line end of the edition is ``lb``, a page ``pb`` with its image, a note ``note``, a character that the edition
describes ``g``, which ``charDecl`` explains; sections are ``div`` inside those of the headings above them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from html import unescape
from itertools import takewhile

from lxml import etree

from corpora.model import Page, Span, SpanKind
from web.taking.works.building import Opened, Vocabulary, fill
from web.taking.works.edition import Edition, path_of
from web.taking.xml import element

TEI = "http://www.tei-c.org/ns/1.0"
UNNAMED = "?"
"""The name of a character that has none."""
_GAIJI = re.compile(rb'<g ref="#g\.([0-9a-f]+)">([^<]*)')
_DIVISIONS = re.compile(rb"<(/?)div\b")


def section(edition: Edition, number: int) -> bytes:
    """Return a section: the divisions that end before it, those that begin, its heading and its text."""
    read = edition.read(number)
    before = path_of(edition.read(number - 1)) if number else ()
    path = path_of(read)
    shared = min(_shared(before, path), len(path) - 1)
    opened = "".join(f"<div>{_written(element('head', heading))}\n" for heading in path[shared:-1])
    own = element("div", type=str(read.role), n=str(number))
    if read.title:
        own.append(element("head", read.title))
    text = element("ab")
    fill(text, read, _WORDS)
    own.append(text)
    written = _written(own).removesuffix("</div>")
    return f"{'</div>' * (len(before) - shared)}\n{opened}{written}\n".encode()


def whole(edition: Edition, parts: Callable[[], Iterator[bytes]]) -> Iterator[bytes]:
    """Yield the document. The parts are gone through twice: the header has to say which characters they describe."""
    gaiji: dict[bytes, bytes] = {}
    depth = 0
    for part in parts():
        gaiji |= dict(_GAIJI.findall(part))
        depth += sum(-1 if end else 1 for end in _DIVISIONS.findall(part))
    head = _written(_header(edition, gaiji))
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<TEI xmlns="{TEI}">\n{head}\n'.encode()
    yield f'<text xml:lang="{edition.language}"><body>'.encode()
    yield from parts()
    # A body has a division, if only an empty one.
    yield f"{'</div>' * depth or '<div><ab/></div>' * (not edition.card.sections)}</body></text>\n</TEI>\n".encode()


def _header(edition: Edition, gaiji: dict[bytes, bytes]) -> etree._Element:
    record = edition.card.record
    today = date.today().isoformat()
    people = (
        element("respStmt", element("resp", each.role or "—"), element("name", each.name))
        for each in record.responsibilities
    )
    described = element("encodingDesc", element("p", _ENCODING))
    if gaiji:
        described.append(element("charDecl", *_characters(gaiji)))
    source = element("bibl", element("title", record.title))
    for name, value in edition.facts():
        source.append(element("note", f"{name}：{value}"))
    return element(
        "teiHeader",
        element(
            "fileDesc",
            element("titleStmt", element("title", record.title), *people),
            element(
                "publicationStmt",
                element("publisher", "文淵 Wenyuan"),
                element("date", today, when=today),
                element("idno", edition.card.id, type="work"),
                element("idno", edition.url, type="URL"),
                element("availability", element("licence", edition.licence)),
            ),
            element("sourceDesc", source),
        ),
        described,
        element(
            "profileDesc",
            element("langUsage", element("language", edition.card.record.language, ident=edition.language)),
        ),
        element("revisionDesc", element("change", f"index, generation {edition.generation}", when=today)),
    )


_ENCODING = (
    "A line end of the edition is lb; other line ends of this file mean nothing. head is the heading of a division and "
    "repeats what the catalogue of sections says; the text of a section, unchanged, is in ab. Running heads are fw, "
    "small type is hi, what stands beside the text is seg, printed pronunciations are rt."
)


def _characters(gaiji: dict[bytes, bytes]) -> Iterable[etree._Element]:
    for code, shown in sorted(gaiji.items()):
        name = bytes.fromhex(code.decode()).decode()
        character = element("char", element("localProp", name="name", value=name))
        character.set("{http://www.w3.org/XML/1998/namespace}id", f"g.{code.decode()}")
        character.append(element("mapping", unescape(shown.decode()), type="shown"))
        yield character


def _span(span: Span) -> Opened:
    match span.kind:
        case SpanKind.NOTE:
            made = element("note", place="inline", **({"n": span.name} if span.name else {}))
        case SpanKind.HEAD:
            made = element("fw", type="header")
        case SpanKind.SMALL:
            made = element("hi", rend="small")
        case SpanKind.READING:
            made = element("ruby", element("rb"))
            return Opened(made, made[0], (element("rt", span.name),))
        case SpanKind.GAIJI:
            made = element("g", ref=f"#g.{(span.name or UNNAMED).encode('utf-8', 'replace').hex()}")
        case _:
            made = element("seg", type=str(span.kind), **({"n": span.name} if span.name else {}))
    return Opened(made, made)


def _page(_: int, page: Page) -> etree._Element:
    return element("pb", n=page.label, **({"facs": page.facsimile} if page.facsimile else {}))


_WORDS = Vocabulary(_span, _page, lambda line: element("milestone", unit="line", n=line.name), lambda: element("lb"))


def _shared(before: tuple[str, ...], path: tuple[str, ...]) -> int:
    return sum(1 for _ in takewhile(lambda both: both[0] == both[1], zip(before, path, strict=False)))


def _written(made: etree._Element) -> str:
    written: str = etree.tostring(made, encoding="unicode")
    return written
