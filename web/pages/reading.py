"""A section of a work, for reading."""

from __future__ import annotations

from dataclasses import dataclass

from flask import abort, render_template, request
from markupsafe import Markup

from corpora.model import Page, SpanKind
from search.addresses import Address
from search.model import SearchError, SectionView
from search.parallels.model import MOST_CHARACTERS, ParallelsRequest
from search.query import Field, leaves, parse
from web.access import library
from web.pages import asked_for, blueprint
from web.pages.citing import citation_at
from web.pages.facsimile import offered
from web.presenting.rendering import Layer, MarkedRange, markup, printed
from web.presenting.urls import carried, comparing_url, hit_id, page_url, section_url


@dataclass(frozen=True, slots=True)
class ShownPage:
    """A page of a section, from ``start`` to ``end``; ``page`` is None for text before the first page mark."""

    page: Page | None
    body: Markup
    start: int
    end: int


@blueprint.get("/read/<path:work>/<int:number>")
def read(work: str, number: int) -> str:
    """Show a section of a work."""
    asked = asked_for()
    at = request.args.get("at", default=None, type=_offset)
    to = request.args.get("to", default=None, type=_offset)
    vertical = request.args.get("layout") == "vertical"
    chosen = {"layout": "vertical" if vertical else "horizontal"} if "layout" in request.args else {}
    hit = request.args.get("hit", default=0, type=_offset)
    passage = request.args.get("passage", default=None, type=_range)
    search = carried(asked, hit)
    held = library()
    try:
        view = held.section(work, number, asked.q, asked.strict, asked.scope, asked.expands, passage)
    except KeyError:
        abort(404)
    except SearchError:
        view = held.section(work, number)
    return render_template(
        "read.html",
        view=view,
        asked=asked,
        at=at,
        pages=_pages(view, at, to),
        seeks_words=_seeks_words(asked.q),
        nth=_nth(view, at),
        citation=citation_at(view.work, number, view.section, at, to),
        cite_urls={
            page.start: section_url(work, number, search, at=page.start, **chosen) for page in view.section.pages
        },
        parallels_urls={leaf.start: comparing_url(ParallelsRequest(place=leaf)) for leaf in _leaves(view)},
        marked=at is not None and at < len(view.section.text),
        underlined=at is not None and to is not None,
        facsimile=offered(held, view),
        paragraph=_paragraph(view.section.text, at, to) if not view.section.pages else None,
        vertical=vertical,
        chosen_layout=bool(chosen),
        contents=[(title, section_url(work, each, search, **chosen)) for each, title in enumerate(held.contents(work))],
        layout_url=section_url(
            work,
            number,
            search,
            **_given(at=at, to=to, passage=passage and f"{passage[0]}-{passage[1]}"),
            layout="horizontal" if vertical else "vertical",
        )
        + ("#hit" if at is not None else ""),
        back_url=page_url(asked) + (f"#{hit_id(hit)}" if hit else "") if asked.q else "",
    )


def _leaves(view: SectionView) -> list[Address]:
    """Return the address of each page of a section; of a text without pages that of all, unless it is too long."""
    text = view.section.text
    pages = [(page.start, page.label) for page in view.section.pages]
    if not pages:
        pages = [(0, "")] if 0 < len(text) <= MOST_CHARACTERS else []
    ends = [*(start for start, _ in pages[1:]), len(text)]
    return [
        Address(view.work.id, view.number, label, start, text[start:end])
        for (start, label), end in zip(pages, ends, strict=False)
    ]


def _given(**values: int | str | None) -> dict[str, int | str]:
    return {name: value for name, value in values.items() if value is not None}


def _seeks_words(q: str) -> bool:
    """Return whether a query asks for something in the text, and not of the catalogue alone."""
    try:
        return any(not isinstance(leaf, Field) for leaf in leaves(parse(q).tree))
    except SearchError:
        return False


def _nth(view: SectionView, at: int | None) -> int:
    """Return the number of the marked stretch that the address leads to, from 1; 0 where it leads to none."""
    starts = [start for start, _ in view.highlights]
    return starts.index(at) + 1 if at in starts else 0


def _offset(value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) < 14):
        raise ValueError(value)
    return int(value)


def _range(value: str) -> tuple[int, int]:
    start, _, end = value.partition("-")
    return _offset(start), _offset(end)


def _pages(view: SectionView, at: int | None, to: int | None) -> list[ShownPage]:
    section = view.section
    kinds = (
        SpanKind.LINE,
        SpanKind.HEAD,
        SpanKind.NOTE,
        SpanKind.SMALL,
        SpanKind.MARK,
        SpanKind.READING,
        SpanKind.GAIJI,
    )
    layers = [
        Layer("span", kind.value, [MarkedRange(s.start, s.end, s.name) for s in section.spans if s.kind is kind])
        for kind in kinds
    ]
    if at is not None and to is not None:
        layers.append(Layer("span", "window", list(printed(section.text, [(at, to)]))))
    layers.append(Layer("mark", "shared", list(printed(section.text, view.shared))))
    layers.append(Layer("mark", "found", list(printed(section.text, view.highlights))))
    anchors = {start: [f"o-{number}"] for number, (start, _) in enumerate(view.highlights, start=1)}
    if at is not None:
        anchors.setdefault(at, []).append("hit")
    starts: list[tuple[int, Page | None]] = [(page.start, page) for page in section.pages]
    if not starts or starts[0][0] > 0:
        starts.insert(0, (0, None))
    ends = [start for start, _ in starts[1:]] + [len(section.text)]
    return [
        ShownPage(
            page,
            markup(section.text, layers, start=start, end=end, anchors=anchors, printed_lines=bool(section.pages)),
            start,
            end,
        )
        for (start, page), end in zip(starts, ends, strict=True)
    ]


def _paragraph(text: str, at: int | None, to: int | None) -> tuple[int, int] | None:
    """Return the whole lines of a text without pages that hold what the address points at."""
    if at is None or at >= len(text):
        return None
    end = text.find("\n", max(at, (to or 0) - 1))
    return text.rfind("\n", 0, at) + 1, len(text) if end < 0 else end
