"""Parallels: what quotes a text elsewhere, shares wording with it or says the like; and all that two works share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from search.library import Library
from search.parallels.alignment import Agreement
from search.parallels.model import MOST_CHARACTERS, Parallel, Parallels, ParallelsRequest
from search.parallels.works import WorkParallels, WorkParallelsRequest, WorkStretch
from web.access import library
from web.api.parallels import PARALLELS, WORK_PARALLELS
from web.api.parameters import read as read_parameters
from web.pages import blueprint
from web.pages.selecting import answered, paging, sheet_of
from web.presenting import labels
from web.presenting.charts import Dot, scatter
from web.presenting.parallels import sheet, unbroken, work_sheet
from web.presenting.rendering import Layer, MarkedRange, markup
from web.presenting.urls import comparing_url, section_url

COLLECTIONS = 20
"""Collections that the form offers, at most."""
DRAWN = 3_000
"""Stretches that are drawn, at most."""


@dataclass(frozen=True, slots=True)
class ShownParallel:
    """A parallel: the parts of the text that it is like, what stands there and around it, and where that is read."""

    parallel: Parallel
    asked: Sequence[Markup]
    left: str
    here: Markup
    right: str
    url: str


@dataclass(frozen=True, slots=True)
class ShownStretch:
    """A stretch that two works share, and the URLs where it is read in both."""

    stretch: WorkStretch
    here: str
    there: str


@dataclass(frozen=True, slots=True)
class OfferedWorks:
    """What parallels can be looked for in: the id of a work or a collection, its title, and whether it is chosen."""

    value: str
    title: str
    chosen: bool


@blueprint.route("/parallels", methods=["GET", "POST"])
def parallels() -> ResponseReturnValue:
    """Show parallels of a text, or why there are none; a long text is sent as a form."""
    asked = _asked()
    held = library()
    page: dict[str, object] = {
        "asked": asked,
        "canonical": comparing_url(ParallelsRequest(place=asked.place)),
        "most": MOST_CHARACTERS,
        "choices": _choices(held, asked.among),
    }
    if not asked.q.strip() and asked.place is None:
        return render_template("parallels.html", **page)

    def shown(found: Parallels) -> dict[str, object]:
        return {
            "rows": [_shown(found, each) for each in found.shown],
            # The form is sent again, from another row on: a text may be too long for an address.
            "starts": paging(asked.start, asked.limit, len(found.rows), lambda start: str(start)),
        }

    return answered("parallels.html", page, lambda: held.parallels(asked), shown)


@blueprint.route("/parallels.csv", methods=["GET", "POST"])
def parallels_sheet() -> Response:
    """Return all parallels of a text as CSV."""
    asked = _asked()
    return sheet_of(lambda: library().parallels(asked), sheet, "parallels")


@blueprint.get("/parallels/works")
def work_parallels() -> ResponseReturnValue:
    """Show all that a work shares with another one, or why that can't be told."""
    asked = _asked_works()
    held = library()
    page: dict[str, object] = {
        "asked": asked,
        "canonical": comparing_url(asked),
        "works": held.works(),
    }
    if not asked.work or not asked.among:
        return render_template("work_parallels.html", **page)

    def shown(found: WorkParallels) -> dict[str, object]:
        return {
            "rows": [_shown_stretch(each) for each in found.shown],
            "chart": _chart(found),
            "paging": paging(
                asked.start, asked.limit, len(found.rows), lambda **some: comparing_url(replace(asked, **some))
            ),
            "sheet_url": comparing_url(replace(asked, start=1)).replace("?", ".csv?", 1),
        }

    return answered("work_parallels.html", page, lambda: held.work_parallels(asked), shown)


@blueprint.get("/parallels/works.csv")
def work_parallels_sheet() -> Response:
    """Return all that a work shares with others as CSV."""
    asked = _asked_works()
    return sheet_of(lambda: library().work_parallels(asked), work_sheet, "parallels")


def _asked() -> ParallelsRequest:
    given = dict(request.values.lists()) if request.method == "POST" else dict(request.args.lists())
    return read_parameters(PARALLELS, given, exact_names=False).request()


def _asked_works() -> WorkParallelsRequest:
    return read_parameters(WORK_PARALLELS, dict(request.args.lists()), exact_names=False).request()


def _choices(held: Library, among: Sequence[str]) -> list[OfferedWorks]:
    """Return the collections, and the works that are chosen."""
    titles = {card.id: card.record.title for card in held.works() if card.id in among}
    found = [OfferedWorks(work, title, True) for work, title in titles.items()]
    collections = sorted(held.collections)[:COLLECTIONS]
    if len(collections) > 1:
        found += [OfferedWorks(each, labels.collection_title(each), each in among) for each in collections]
    return found


def _shown(found: Parallels, each: Parallel) -> ShownParallel:
    parts = []
    here: dict[Agreement, list[MarkedRange]] = {kind: [] for kind in Agreement}
    for part in each.parts:
        mine: dict[Agreement, list[MarkedRange]] = {kind: [] for kind in Agreement}
        for kind, start, end, here_start, here_end in part.stretches:
            said, theirs = found.text[start:end], each.text[here_start - each.start : here_end - each.start]
            is_changed = kind is Agreement.CHANGED
            place = MarkedRange(start - part.start, end - part.start, labels.reads_there(theirs) if is_changed else "")
            mine[kind].append(place)
            told = labels.reads_here(said) if is_changed else ""
            here[kind].append(MarkedRange(here_start - each.start, here_end - each.start, told))
        parts.append(_marked(found.text[part.start : part.end], mine))
    url = section_url(each.work.id, each.section_number, "", at=each.start, to=each.end) + "#hit"
    left, right = (unbroken(around, [])[0] for around in (each.left, each.right))
    return ShownParallel(each, parts, left, _marked(each.text, here), right, url)


_ELEMENTS = {
    Agreement.SAME: ("mark", "shared"),
    Agreement.CHANGED: ("span", "changed"),
    Agreement.MISSING: ("del", "missing"),
    Agreement.ADDED: ("ins", "added"),
}


def _marked(text: str, ranges: Mapping[Agreement, Sequence[MarkedRange]]) -> Markup:
    """Return a text on one line with its agreements marked."""
    layers = [Layer(*_ELEMENTS[kind], unbroken(text, some)[1]) for kind, some in ranges.items()]
    return markup(unbroken(text, [])[0], layers)


def _shown_stretch(each: WorkStretch) -> ShownStretch:
    urls = [
        section_url(place.work.id, place.section_number, "", at=place.start, to=place.end) + "#hit"
        for place in (each.here, each.there)
    ]
    return ShownStretch(each, *urls)


def _chart(found: WorkParallels) -> Markup:
    """Draw where stretches stand in both works; several others lie one behind another."""
    before = 0
    begins: dict[str, int] = {}
    for card in found.among:
        begins[card.id] = before
        before += found.characters[card.id]
    dots = [
        Dot(
            each.here.at,
            begins[each.there.work.id] + each.there.at,
            labels.stretch(each),
            request.script_root + _shown_stretch(each).there,
        )
        for each in found.rows[:DRAWN]
    ]
    return scatter(*labels.stretch_map(found, len(dots)), (found.characters[found.works[0].id], before), dots)
