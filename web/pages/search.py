"""The search box, results, and why there are none."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby
from urllib.parse import urlencode

from flask import make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from markupsafe import Markup

from corpora.catalogue import FACETS, FILTERS
from search import pasted
from search.concordance import ConcordanceRequest
from search.distribution import DistributionRequest, timeline
from search.library import Library
from search.model import Hit, Mode, Scope, SearchError, SearchRequest, SearchResponse, Sort, Suggestion, Why
from search.pasted import FoundPlace
from search.proposals import is_chinese
from search.selection import of_selection
from search.steps import joined, steps
from web.access import library
from web.api.parameters import MAX_VALUE
from web.pages import asked_for, blueprint, signals
from web.pages.citing import Citation, citation
from web.presenting import labels
from web.presenting.rendering import Layer, markup, printed
from web.presenting.urls import arguments, carried, hit_id, nearest, page_url, reading_url, section_url
from web.serving.timing import stage

EXAMPLES = ("phrase", "near")
"""Examples of the collection's own that the home page offers."""
MEANING = "冬天凿冰捕鱼"
"""A search by meaning that it offers, too."""
_LIKENESSES = (Why.WORDS, Why.MEANING)


@dataclass(frozen=True, slots=True)
class ShownHit:
    """A hit with its excerpt, the whole passage where that is longer, the URL where it is read, and its citation.

    ``id`` is what the way back from there leads to; ``why`` are the reasons that others don't imply.
    """

    hit: Hit
    id: str
    why: tuple[Why, ...]
    body: Markup
    begins_later: bool
    ends_earlier: bool
    whole: Markup | None
    url: str
    citation: Citation


@dataclass(frozen=True, slots=True)
class FilterChoice:
    """A value of a filter: its name to the reader, its counts, whether it is chosen, and the address to toggle it."""

    label: str
    count: int
    alike: int
    chosen: bool
    url: str


@blueprint.get("/")
def home() -> str:
    """Show the search box and the collections."""
    held = library()
    works = held.works()
    counts = {key: len(list(group)) for key, group in groupby(sorted(work.collection for work in works))}
    return render_template(
        "home.html",
        asked=SearchRequest(q=""),
        works=len(works),
        collections=[(labels.collection_title(key), count, _collection_url(key)) for key, count in counts.items()],
        examples=[(q, page_url(SearchRequest(q=q))) for q in _offered(held)],
    )


def _offered(held: Library) -> list[str]:
    return [*(held.examples[kind] for kind in EXAMPLES if kind in held.examples), *([MEANING] if held.works() else [])]


def cited_places(held: Library, q: str) -> list[tuple[FoundPlace, str]]:
    """Return the places that a query cites, each with its address."""
    try:
        return [(place, _place_url(place)) for place in pasted.find(held, q)]
    except SearchError:
        return []


def _place_url(place: FoundPlace) -> str:
    if place.start is None or place.end is None:
        return section_url(place.work.id, place.number)
    return f"{section_url(place.work.id, place.number, at=place.start, to=place.end)}#hit"


@blueprint.get("/at")
def seek() -> ResponseReturnValue:
    """Go to the place that a citation names; to a search for it where it names none, or several."""
    q = request.args.get("q", "")[:MAX_VALUE]
    places = cited_places(library(), q)
    return redirect(request.script_root + (places[0][1] if len(places) == 1 else page_url(SearchRequest(q))))


@blueprint.get("/search")
def search() -> ResponseReturnValue:
    """Show results, or why there are none."""
    asked = asked_for()
    if within := request.args.get("within", "").strip():
        return redirect(request.script_root + page_url(_within(asked, within)))
    held = library()
    page = {"asked": asked, "canonical": page_url(asked), "filters": _chips(asked, held), "steps": _steps(asked)}
    page["held"] = held
    page["places"] = [] if asked.cursor else cited_places(held, asked.q)
    if not asked.q.strip():
        return render_template("search.html", **page)
    try:
        with stage("search"):
            response = held.search(replace(asked, facets=True))
    except SearchError as failure:
        restart = page_url(replace(asked, cursor="")) if asked.cursor else ""
        told = render_template("search.html", **page, error=labels.search_error(failure), restart=restart)
        return make_response(told, 400)
    signals.announce(asked, response)
    with stage("rendering"):
        return render_template(
            "search.html",
            **page,
            response=response,
            hits=[_shown(hit, asked, number) for number, hit in enumerate(response.hits, start=response.start)],
            facets=_facets(asked, response),
            explanations=[labels.explanation(*each) for each in response.explanations],
            expanded_names=Markup(_("、")).join(
                Markup('<span lang="zh-Hant">{}</span>').format(name) for name in response.expanded_names
            ),
            as_typed_url=page_url(replace(asked, cursor="", aliases=False)),
            unknown_words=Markup("").join(
                Markup('<span lang="zh">「{}」</span>').format(word) for word in response.unknown_words
            ),
            paging=_paging(asked, response),
            cite_url=f"/cite?{urlencode(arguments(asked))}",
            kept_fields=arguments(replace(asked, cursor="")) if response.total.passages else (),
            taken_url=page_url(replace(asked, cursor="")),
            lines_url=page_url(_concordance(asked)) if response.total.occurrences else "",
            timeline_url=page_url(_timeline(asked)) if response.total.occurrences else "",
            ways=_ways(asked, response),
            by_relevance_url="" if asked.sort is Sort.RELEVANCE else page_url(_by_relevance(asked)),
            words=[(each.word, _replaced(asked, each)) for each in response.suggestions],
            proposals=[(each, page_url(replace(asked, cursor="", q=each.q))) for each in response.proposals],
        )


def _within(asked: SearchRequest, q: str) -> SearchRequest:
    """Return the search within the results of another."""
    return replace(asked, cursor="", q=joined((*steps(asked.q), q)) if asked.q.strip() else q)


def _steps(asked: SearchRequest) -> list[tuple[str, str]]:
    """Return the queries that narrowed each other, each with the address without it; none where there is only one."""
    several = steps(asked.q)
    without = [joined(several[:at] + several[at + 1 :]) for at in range(len(several))]
    taken_back = [page_url(replace(asked, cursor="", q=q)) for q in without]
    return list(zip(several, taken_back, strict=True)) if len(several) > 1 else []


def _concordance(asked: SearchRequest) -> ConcordanceRequest:
    """Return the concordance of the places that a search counts."""
    return ConcordanceRequest(
        asked.q,
        scope=asked.scope,
        strict=asked.strict,
        aliases=asked.expands or asked.strict,
        filters=asked.filters,
        event=asked.event,
    )


def _timeline(asked: SearchRequest) -> DistributionRequest:
    """Return the timeline of the places that a search counts."""
    return timeline(of_selection(DistributionRequest, _concordance(asked), (asked.q,)))


def _paging(asked: SearchRequest, response: SearchResponse) -> dict[str, str]:
    """Return the addresses of the pages that can be turned to; the first has no cursor, so that it lasts."""
    first = page_url(replace(asked, cursor=""))
    before = page_url(replace(asked, cursor=response.previous)) if response.start > asked.limit + 1 else first
    urls = {"first": first, "prev": before} if response.start > 1 else {}
    return urls | ({"next": page_url(replace(asked, cursor=response.next))} if response.next else {})


def _reasons(hit: Hit) -> tuple[Why, ...]:
    """Return why a hit is there: where the words stand, that they are alike goes without saying."""
    return tuple(why for why in hit.why if why not in _LIKENESSES) if hit.matched else hit.why


def _shown(hit: Hit, asked: SearchRequest, number: int) -> ShownHit:
    stretch = nearest(hit)
    layers = (
        Layer("span", "note", hit.notes),
        Layer("span", "window", list(printed(hit.text, [stretch] if stretch else []))),
        Layer("mark", "found" if hit.matched else "shared", list(printed(hit.text, hit.highlights))),
    )
    start, end = hit.excerpt
    on_page = bool(hit.page)
    begins_later, ends_earlier = bool(hit.text[:start].strip()), bool(hit.text[end:].strip())
    return ShownHit(
        hit,
        hit_id(number),
        _reasons(hit),
        markup(hit.text, layers, start=start, end=end, printed_lines=on_page),
        begins_later,
        ends_earlier,
        markup(hit.text, layers, printed_lines=on_page) if begins_later or ends_earlier else None,
        reading_url(hit, carried(asked, number)),
        citation(hit.address, hit.work, hit.section),
    )


def _facets(asked: SearchRequest, response: SearchResponse) -> dict[str, list[FilterChoice]]:
    return {
        name: [
            FilterChoice(
                labels.facet_label(name, each.value, each.label),
                each.count,
                each.alike,
                each.value in asked.filters.get(name, ()),
                _toggled(asked, name, each.value),
            )
            for each in response.facets.get(name, ())
        ]
        for name in FACETS
    }


def _chips(asked: SearchRequest, held: Library) -> list[tuple[str, str, str, str]]:
    """Return what narrows the search: field, its value's label, the address without it, and the value itself."""
    if not any(asked.filters.values()):
        return []
    titles = value_titles(held)
    return [
        (name, titles.get((name, value), value), _toggled(asked, name, value), value)
        for name in FILTERS
        for value in asked.filters.get(name, ())
    ]


def value_titles(held: Library) -> dict[tuple[str, str], str]:
    """Return what readers see of a filter's value, by field and value, where that is not the value itself."""
    titles = {("work", card.id): card.record.title for card in held.works()}
    return titles | {("collection", name): labels.collection_title(name) for name in held.collections}


def _toggled(asked: SearchRequest, name: str, value: str) -> str:
    chosen = asked.filters.get(name, ())
    after = tuple(each for each in chosen if each != value) if value in chosen else (*chosen, value)
    return page_url(replace(asked, cursor="", filters={**asked.filters, name: after}))


def _replaced(asked: SearchRequest, suggestion: Suggestion) -> list[tuple[str, str]]:
    """Return the classical words for a modern one, each with the address of the search that has it in its place.

    In its place, not beside it by OR: no old text has the modern word, and a query with an operator in it is no longer
    searched by meaning.
    """
    return [
        (word, page_url(replace(asked, cursor="", q=asked.q.replace(suggestion.word, word))))
        for word in suggestion.classical
    ]


def _by_relevance(asked: SearchRequest) -> SearchRequest:
    """Return the search that lists, too, what is only alike."""
    return replace(asked, cursor="", sort=Sort.RELEVANCE)


def _ways(asked: SearchRequest, response: SearchResponse) -> list[tuple[str, str]]:
    """Return searches that may find something where this one did not: a code for each, and its address."""
    fresh = replace(asked, cursor="")
    ways: list[tuple[str, str]] = []
    if any(asked.filters.values()):
        ways.append(("filters", page_url(replace(fresh, filters={}))))
    if asked.event:
        ways.append(("event", page_url(replace(fresh, event=""))))
    if response.total.alike:
        ways.append(("relevance", page_url(_by_relevance(asked))))
    if asked.mode is not Mode.HYBRID and is_chinese(asked.q):
        ways.append(("hybrid", page_url(replace(fresh, mode=Mode.HYBRID))))
    if asked.mode is not Mode.SEMANTIC and is_chinese(asked.q):
        ways.append(("semantic", page_url(replace(fresh, mode=Mode.SEMANTIC))))
    if asked.scope is not Scope.BOTH:
        ways.append(("both", page_url(replace(fresh, scope=Scope.BOTH))))
    if not asked.aliases:
        ways.append(("aliases", page_url(replace(fresh, aliases=True))))
    if asked.strict:
        ways.append(("strict", page_url(replace(fresh, strict=False))))
    return ways


def _collection_url(identifier: str) -> str:
    return f"/works?{urlencode({'collection': identifier})}"
