"""Keywords: what a work has more often than the rest of the collection, as a table."""

from __future__ import annotations

from dataclasses import dataclass, replace

from flask import render_template, request
from flask.typing import ResponseReturnValue

from indexer.text.words import MODERN
from search.concordance import ConcordanceRequest
from search.keywords import Keyword, Keywords, KeywordsRequest
from search.selection import of_selection
from web.access import library
from web.api.keywords import KEYWORDS
from web.api.parameters import read as read_parameters
from web.pages import blueprint
from web.pages.selecting import answered, paging
from web.presenting import labels
from web.presenting.urls import comparing_url, page_url


@dataclass(frozen=True, slots=True)
class ShownKeyword:
    """A keyword, and the URLs of its lines in the work and in the others."""

    keyword: Keyword
    here: str
    rest: str


@blueprint.get("/keywords")
def keywords() -> ResponseReturnValue:
    """Show the keywords of a work, or why there are none."""
    asked = _asked()
    held = library()
    collections = sorted(held.collections)
    page = {
        "asked": asked,
        "canonical": comparing_url(asked),
        "works": held.works(),
        "collections": [(each, labels.collection_title(each)) for each in collections] if len(collections) > 1 else [],
    }
    if not asked.work:
        return render_template("keywords.html", **page)

    def shown(found: Keywords) -> dict[str, object]:
        return {
            "rows": [_shown(found.request, row) for row in found.shown],
            "is_modern": found.work.record.language == MODERN,
            "paging": paging(
                asked.start, asked.limit, len(found.rows), lambda **some: comparing_url(replace(asked, **some))
            ),
            "taken_url": comparing_url(replace(asked, start=1)),
        }

    return answered("keywords.html", page, lambda: held.keywords(asked), shown)


def _asked() -> KeywordsRequest:
    return read_parameters(KEYWORDS, dict(request.args.lists()), exact_names=False).request()


def _shown(asked: KeywordsRequest, row: Keyword) -> ShownKeyword:
    here, rest = (of_selection(ConcordanceRequest, some, f'"{row.words}"') for some in (asked.here, asked.rest))
    return ShownKeyword(row, page_url(here), page_url(rest))
