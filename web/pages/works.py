"""The list of works, the page of each, and what this is."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from itertools import groupby
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from flask import abort, render_template, request
from pydantic import BeforeValidator, Field

from indexer.errors import Unavailable
from search.contents import MOST_LISTED
from search.model import MAX_CHARACTERS, SearchError, page_of
from search.shelves import ShelvesRequest, WorkOrder, listed
from web.access import library
from web.api import PREFIX
from web.api.parameters import MAX_VALUE, Parameters, read, whole
from web.api.routes import OPERATIONS
from web.pages import asked_for, blueprint
from web.pages.citing import citation_of_work
from web.pages.selecting import paging
from web.pages.within import found_in
from web.presenting import labels
from web.presenting.urls import carried, section_url

_PLAIN = ShelvesRequest()


class ShelvesParameters(Parameters):
    """What is asked of the list, see :class:`search.shelves.ShelvesRequest`."""

    q: Annotated[str, Field(max_length=MAX_VALUE)] = _PLAIN.q
    collection: Annotated[str, Field(max_length=MAX_VALUE)] = _PLAIN.collection
    order: WorkOrder = _PLAIN.order
    start: Annotated[int, Field(strict=True, ge=1, le=10**9), BeforeValidator(whole)] = _PLAIN.start


@blueprint.get("/works")
def works() -> str:
    """List works, by collection and class or in another order."""
    given = read(ShelvesParameters, dict(request.args.lists()), exact_names=False)
    asked = ShelvesRequest(**given.model_dump())
    held = library()
    found = listed(held.works(), asked)
    page = page_of(found, asked)
    heads = asked.order is WorkOrder.CLASS
    every = listed(held.works(), ShelvesRequest())
    counts = [(key, len(list(group))) for key, group in groupby(every, key=lambda card: card.collection)]
    return render_template(
        "works.html",
        asked=asked,
        total=len(found),
        every=len(every),
        last=asked.start + len(page) - 1,
        collections=[(key, labels.collection_title(key), count, _url(asked, collection=key)) for key, count in counts],
        all_url=_url(asked, collection=""),
        grouped=[
            (key, labels.collection_title(key), labels.collection_description(key), list(group))
            for key, group in groupby(page, key=lambda card: card.collection if heads else "")
        ],
        heads=heads,
        paging=paging(asked.start, asked.limit, len(found), lambda **changes: _url(asked, **changes)),
        first_url=_url(asked),
    )


def _url(asked: ShelvesRequest, **changes: Any) -> str:
    """Return the address of the list with some changes, from its first work on unless they say another."""
    changed = replace(asked, **{"start": 1, **changes})
    given = {name: getattr(changed, name) for name in ShelvesParameters.model_fields}
    said = urlencode({name: value for name, value in given.items() if value != getattr(_PLAIN, name)})
    return f"/works?{said}" if said else "/works"


@blueprint.get("/works/<path:work>")
def work(work: str) -> str:
    """Show a work: its catalogue record, its contents, and ways to search in it."""
    held, asked = library(), asked_for()
    around = request.args.get("section", default=0, type=_section)
    try:
        card, outline, images = held.card(work), held.outline(work), held.images(work)
        found = found_in(held, work, asked)
    except KeyError:
        abort(404)
    except SearchError:
        found = None
    search = carried(replace(asked, filters={"work": (work,)})) if found else ""
    return render_template(
        "work.html",
        card=card,
        citation=citation_of_work(card),
        held=held,
        asked=asked,
        found=found,
        contents=held.contents_around(work, around, found.counts if found else {}),
        lengths=[each.text + each.notes for each in outline],
        pages=_pages_of_contents(work, len(outline), asked.q if found else ""),
        url_of=lambda number: section_url(card.id, number, search),
        text=sum(each.text for each in outline),
        notes=sum(each.notes for each in outline),
        images=images,
    )


def _section(value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) < 10):
        raise ValueError(value)
    return int(value)


def _pages_of_contents(work: str, sections: int, q: str) -> list[tuple[int, int, str]]:
    """Return the pages of a work's contents: the first section of each, its last, counted from 1, and its address."""
    return [
        (
            first,
            min(first + MOST_LISTED, sections),
            f"/works/{quote(work)}?{urlencode({'section': first, **({'q': q} if q else {})})}",
        )
        for first in range(0, sections, MOST_LISTED)
    ]


@blueprint.get("/about")
def about() -> str:
    """Show how to search, and what this is."""
    examples = {}
    with suppress(Unavailable):  # help is to be had without the texts, too
        examples = library().examples
    return render_template("about.html", examples=examples, most=MAX_CHARACTERS, operations=OPERATIONS, prefix=PREFIX)
