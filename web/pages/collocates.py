"""Collocates: what stands near words more often than by chance, as a table."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from flask import render_template, request
from flask.typing import ResponseReturnValue

from search.collocates import Collocate, Collocates, CollocatesRequest
from search.concordance import ConcordanceRequest
from search.selection import of_selection
from web.access import library
from web.api.collocates import COLLOCATES
from web.api.parameters import read as read_parameters
from web.pages import blueprint
from web.pages.selecting import answered, frame, paging, url_of
from web.presenting import labels
from web.presenting.urls import page_url

DISTANCES = (1, 2, 3, 5, 10, 20)
"""Distances that the form offers."""


@dataclass(frozen=True, slots=True)
class ShownCollocate:
    """A collocate, and the URLs of the lines that have it near, and of all places where it stands."""

    collocate: Collocate
    url: str
    everywhere: str


@blueprint.get("/collocates")
def collocates() -> ResponseReturnValue:
    """Show collocates, or why there are none."""
    asked = _asked()
    held = library()
    url = partial(url_of, asked)
    page = {
        **frame(held, asked, url),
        "distances": sorted({*DISTANCES, asked.distance}),
        "lines_url": page_url(of_selection(ConcordanceRequest, asked.counted, asked.q)),
    }
    if not asked.q.strip():
        return render_template("collocates.html", **page)

    def shown(found: Collocates) -> dict[str, object]:
        return {
            "rows": [_shown(found, row) for row in found.shown],
            "paging": paging(asked.start, asked.limit, len(found.rows), url),
            "explanations": [labels.explanation(*each) for each in found.explanations],
            "taken_url": page_url(asked),
        }

    return answered("collocates.html", page, lambda: held.collocates(asked), shown)


def _asked() -> CollocatesRequest:
    asked: CollocatesRequest = read_parameters(COLLOCATES, dict(request.args.lists()), exact_names=False).request()
    return asked


def _shown(found: Collocates, row: Collocate) -> ShownCollocate:
    near = of_selection(ConcordanceRequest, found.request.near(row.words), found.request.q)
    everywhere = of_selection(ConcordanceRequest, found.reference, f'"{row.words}"')
    return ShownCollocate(row, page_url(near), page_url(everywhere))
