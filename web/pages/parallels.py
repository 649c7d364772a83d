"""Parallels: what quotes a text elsewhere, shares wording with it or says the like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from search.library import Library
from search.parallels.alignment import Agreement
from search.parallels.model import MOST_CHARACTERS, Parallel, Parallels, ParallelsRequest
from web.access import library
from web.api.parallels import PARALLELS
from web.api.parameters import read as read_parameters
from web.pages import blueprint
from web.pages.selecting import answered, paging
from web.presenting import labels
from web.presenting.parallels import unbroken
from web.presenting.rendering import Layer, MarkedRange, markup
from web.presenting.urls import comparing_url, section_url

COLLECTIONS = 20
"""Collections that the form offers, at most."""


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


def _asked() -> ParallelsRequest:
    given = dict(request.values.lists()) if request.method == "POST" else dict(request.args.lists())
    return read_parameters(PARALLELS, given, exact_names=False).request()


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
