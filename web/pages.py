"""Pages for people: searching, reading, the list of works."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby

from flask import Blueprint, abort, make_response, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from corpora.model import Page, SpanKind
from search.library import Library
from search.model import Hit, Mode, Scope, SearchError, SearchRequest, SearchResponse, SectionView, Sort, Suggestion
from search.query import MAX_CHARACTERS
from web.desk import working
from web.presenting import labels
from web.presenting.rendering import Layer, Stretch, markup
from web.presenting.urls import FILTERS, carried, nearest, reading_url, search_request, search_url, section_url
from web.serving.timing import stage
from web.shelf import library

blueprint = Blueprint("pages", __name__)

EXAMPLES = ("会宁府", "上京 NEAR/10 會寧", "冬天凿冰捕鱼")
"""Searches that the home page offers: words, an operator, a meaning."""

_PRINTED = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class ShownHit:
    """A hit with its excerpt, the whole passage where that is longer, and its address."""

    hit: Hit
    body: Markup
    begins_later: bool
    ends_earlier: bool
    whole: Markup | None
    url: str


@dataclass(frozen=True, slots=True)
class Choice:
    """A value of a filter: its name to the reader, its counts, whether it is chosen, and the address to toggle it."""

    label: str
    count: int
    alike: int
    chosen: bool
    url: str


@dataclass(frozen=True, slots=True)
class ShownPage:
    """A page of a section, from ``start`` to ``end``; ``page`` is None for text before the first page mark."""

    page: Page | None
    body: Markup
    start: int
    end: int


@blueprint.get("/")
def home() -> str:
    """The search box and the collections."""
    works = library().works()
    counts = {key: len(list(group)) for key, group in groupby(sorted(work.collection for work in works))}
    return render_template(
        "home.html",
        asked=SearchRequest(q=""),
        works=len(works),
        collections=[(labels.collection_title(key), count, _collection_url(key)) for key, count in counts.items()],
        examples=[(q, search_url(SearchRequest(q=q))) for q in EXAMPLES],
    )


@blueprint.get("/search")
def search() -> ResponseReturnValue:
    """Results, or why there are none."""
    asked = _asked()
    held = library()
    page = {"asked": asked, "canonical": search_url(asked), "filters": _chips(asked, held)}
    if not asked.q.strip():
        return render_template("search.html", **page)
    try:
        with stage("search"):
            response = held.search(replace(asked, facets=True))
    except SearchError as failure:
        restart = search_url(replace(asked, cursor="")) if asked.cursor else ""
        told = render_template("search.html", **page, error=labels.search_error(failure), restart=restart)
        return make_response(told, 400)
    if working.is_from_here():
        working.keep(asked, response)
    search = carried(asked)
    with stage("rendering"):
        return render_template(
            "search.html",
            **page,
            response=response,
            hits=[_shown(hit, search) for hit in response.hits],
            facets=_facets(asked, response),
            explanations=[labels.explanation(*each) for each in response.explanations],
            expanded_names=Markup("、").join(
                Markup('<span lang="zh-Hant">{}</span>').format(name) for name in response.expanded_names
            ),
            as_typed_url=search_url(replace(asked, cursor="", aliases=False)),
            unknown_words=Markup("").join(
                Markup('<span lang="zh">「{}」</span>').format(word) for word in response.unknown_words
            ),
            next_url=search_url(replace(asked, cursor=response.next)) if response.next else "",
            first_url=search_url(replace(asked, cursor="")) if asked.cursor else "",
            ways=_ways(asked, response),
            by_relevance_url="" if asked.sort is Sort.RELEVANCE else search_url(_by_relevance(asked)),
            unkept="" if asked.cursor or working.is_from_here() else search_url(asked).partition("?")[2],
            words=[(each.word, _replaced(asked, each)) for each in response.suggestions],
        )


@blueprint.get("/works")
def works() -> str:
    """Every work, by collection and class."""
    cards = sorted(library().works(), key=lambda card: (card.collection, card.record.category, card.id))
    grouped = [
        (key, labels.collection_title(key), labels.collection_description(key), list(group))
        for key, group in groupby(cards, key=lambda card: card.collection)
    ]
    return render_template("works.html", grouped=grouped)


@blueprint.get("/about")
def about() -> str:
    """How to search, and what this is."""
    return render_template("about.html", most=MAX_CHARACTERS)


@blueprint.get("/read/<path:work>/<int:number>")
def read(work: str, number: int) -> str:
    """A section of a work."""
    asked = _asked()
    at = request.args.get("at", default=None, type=_offset)
    to = request.args.get("to", default=None, type=_offset)
    vertical = request.args.get("layout") == "vertical"
    chosen = {"layout": "vertical" if vertical else "horizontal"} if "layout" in request.args else {}
    search = carried(asked)
    held = library()
    try:
        view = held.section(work, number, asked.q, asked.strict, asked.scope, asked.expands)
    except KeyError:
        abort(404)
    except SearchError:
        view = held.section(work, number)
    return render_template(
        "read.html",
        view=view,
        asked=asked,
        pages=_pages(view, at, to),
        marked=at is not None and at < len(view.section.text),
        paragraph=_paragraph(view.section.text, at, to) if not view.section.pages else None,
        vertical=vertical,
        chosen_layout=bool(chosen),
        contents=[
            (held.section(work, each).section.title, section_url(work, each, search, **chosen))
            for each in range(view.work.sections)
        ],
        layout_url=section_url(
            work, number, search, **_given(at=at, to=to), layout="horizontal" if vertical else "vertical"
        )
        + ("#hit" if at is not None else ""),
        back_url=search_url(asked) if asked.q else "",
        within_url=search_url(SearchRequest(q="", filters={"work": (work,)})),
    )


def _asked() -> SearchRequest:
    """The search in the address, without facets: the page counts them anyway."""
    return replace(search_request(dict(request.args.lists())), facets=False)


def _given(**values: int | None) -> dict[str, int]:
    return {name: value for name, value in values.items() if value is not None}


def _offset(value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) < 14):
        raise ValueError(value)
    return int(value)


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
        Layer("span", kind.value, [Stretch(s.start, s.end, s.name) for s in section.spans if s.kind is kind])
        for kind in kinds
    ]
    if at is not None and to is not None:
        layers.append(Layer("span", "window", list(_printed(section.text, [(at, to)]))))
    layers.append(Layer("mark", "found", list(_printed(section.text, view.highlights))))
    starts: list[tuple[int, Page | None]] = [(page.start, page) for page in section.pages]
    if not starts or starts[0][0] > 0:
        starts.insert(0, (0, None))
    ends = [start for start, _ in starts[1:]] + [len(section.text)]
    return [
        ShownPage(
            page,
            markup(section.text, layers, start=start, end=end, anchor=at, printed_lines=bool(section.pages)),
            start,
            end,
        )
        for (start, page), end in zip(starts, ends, strict=True)
    ]


def _paragraph(text: str, at: int | None, to: int | None) -> tuple[int, int] | None:
    """The whole lines of a text without pages that hold what the address points at."""
    if at is None or at >= len(text):
        return None
    end = text.find("\n", max(at, (to or 0) - 1))
    return text.rfind("\n", 0, at) + 1, len(text) if end < 0 else end


def _shown(hit: Hit, search: str) -> ShownHit:
    stretch = nearest(hit)
    layers = (
        Layer("span", "note", hit.notes),
        Layer("span", "window", list(_printed(hit.text, [stretch] if stretch else []))),
        Layer("mark", "found", list(_printed(hit.text, hit.highlights))),
    )
    start, end = hit.excerpt
    printed = bool(hit.page)
    begins_later, ends_earlier = bool(hit.text[:start].strip()), bool(hit.text[end:].strip())
    return ShownHit(
        hit,
        markup(hit.text, layers, start=start, end=end, printed_lines=printed),
        begins_later,
        ends_earlier,
        markup(hit.text, layers, printed_lines=printed) if begins_later or ends_earlier else None,
        reading_url(hit, search),
    )


def _printed(text: str, ranges: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The ranges without blanks and line ends, which would show as bars of colour."""
    for start, end in ranges:
        yield from (match.span() for match in _PRINTED.finditer(text, start, end))


def _facets(asked: SearchRequest, response: SearchResponse) -> dict[str, list[Choice]]:
    return {
        name: [
            Choice(
                labels.facet_label(name, each.value, each.label),
                each.count,
                each.alike,
                each.value in asked.filters.get(name, ()),
                _toggled(asked, name, each.value),
            )
            for each in response.facets.get(name, ())
        ]
        for name in FILTERS
    }


def _chips(asked: SearchRequest, held: Library) -> list[tuple[str, str, str, str]]:
    """What narrows the search: field, its value's label, the address without it, and the value itself."""
    if not any(asked.filters.values()):
        return []
    titles = {("work", card.id): card.record.title for card in held.works()}
    titles |= {("collection", name): labels.collection_title(name) for name in held.collections}
    return [
        (name, titles.get((name, value), value), _toggled(asked, name, value), value)
        for name in FILTERS
        for value in asked.filters.get(name, ())
    ]


def _toggled(asked: SearchRequest, name: str, value: str) -> str:
    chosen = asked.filters.get(name, ())
    after = tuple(each for each in chosen if each != value) if value in chosen else (*chosen, value)
    return search_url(replace(asked, cursor="", filters={**asked.filters, name: after}))


def _replaced(asked: SearchRequest, suggestion: Suggestion) -> list[tuple[str, str]]:
    """The classical words for a modern one, each with the address of the search that has it in its place.

    In its place, not beside it by OR: no old text has the modern word, and a query with an operator in it is no longer
    searched by meaning.
    """
    return [
        (word, search_url(replace(asked, cursor="", q=asked.q.replace(suggestion.word, word))))
        for word in suggestion.classical
    ]


def _by_relevance(asked: SearchRequest) -> SearchRequest:
    """Return the search that lists, too, what is only alike."""
    return replace(asked, cursor="", sort=Sort.RELEVANCE)


def _ways(asked: SearchRequest, response: SearchResponse) -> list[tuple[str, str]]:
    """Searches that may find something where this one did not: what each is, as a code, and its address."""
    fresh = replace(asked, cursor="")
    ways: list[tuple[str, str]] = []
    if response.total.alike:
        ways.append(("relevance", search_url(_by_relevance(asked))))
    if any(asked.filters.values()):
        ways.append(("filters", search_url(replace(fresh, filters={}))))
    if asked.mode is not Mode.HYBRID:
        ways.append(("hybrid", search_url(replace(fresh, mode=Mode.HYBRID))))
    if asked.mode is not Mode.SEMANTIC:
        ways.append(("semantic", search_url(replace(fresh, mode=Mode.SEMANTIC))))
    if asked.scope is not Scope.BOTH:
        ways.append(("both", search_url(replace(fresh, scope=Scope.BOTH))))
    if not asked.aliases:
        ways.append(("aliases", search_url(replace(fresh, aliases=True))))
    if asked.strict:
        ways.append(("strict", search_url(replace(fresh, strict=False))))
    return ways


def _collection_url(identifier: str) -> str:
    return f"/works#{identifier}"
