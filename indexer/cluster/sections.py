"""Sections without their text: what an edition says of a text, packed into one value, and put back together."""

from __future__ import annotations

import json
import zlib
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from dataclasses import astuple
from typing import Any

from corpora.model import Annotation, Canvas, Page, Region, Role, Section, Span, SpanKind

_LEVEL = 6


def packed(section: Section) -> str:
    """Return all of a section but its text. A list of things is stored as a list of each attribute, which packs well.

    >>> text = "金國"
    >>> restored(packed(Section("一", text, spans=(Span(SpanKind.HEAD, 0, 1),))), text).spans
    (Span(kind=<SpanKind.HEAD: 'head'>, start=0, end=1, name=''),)
    """
    data = {
        "title": section.title,
        "role": section.role,
        "path": section.path,
        "pages": _columns((page.label, page.start, page.canvas and astuple(page.canvas)) for page in section.pages),
        "spans": _columns((span.kind, span.start, span.end, span.name) for span in section.spans),
        "regions": _columns(map(astuple, section.regions)),
        "annotations": _columns(map(astuple, section.annotations)),
    }
    plain = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return b64encode(zlib.compress(plain.encode(), _LEVEL)).decode()


def restored(meta: str, text: str) -> Section:
    """Return the section with this text.

    Raises:
        ValueError, KeyError, TypeError, zlib.error: it is damaged.
    """
    data: dict[str, Any] = json.loads(zlib.decompress(b64decode(meta)))
    return Section(
        title=data["title"],
        text=text,
        role=Role(data["role"]),
        pages=tuple(Page(label, start, canvas and Canvas(*canvas)) for label, start, canvas in _rows(data["pages"])),
        spans=tuple(Span(SpanKind(kind), *rest) for kind, *rest in _rows(data["spans"])),
        path=tuple(data["path"]),
        regions=tuple(Region(*each) for each in _rows(data["regions"])),
        annotations=tuple(Annotation(*each) for each in _rows(data["annotations"])),
    )


def _columns(rows: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    return list(zip(*rows, strict=True))


def _rows(columns: list[list[Any]]) -> Iterator[tuple[Any, ...]]:
    return zip(*columns, strict=True)
