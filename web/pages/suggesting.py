"""Suggestions while one types in a search box, for the script of the page; the box works without them."""

from __future__ import annotations

from flask import Response, jsonify, request

from search.completing import completions
from search.model import SearchError
from web.access import library
from web.api.parameters import MAX_VALUE
from web.pages import blueprint

_SECONDS = 300
"""How long a browser keeps an answer."""


@blueprint.get("/suggest")
def suggest() -> Response:
    """Return how what is typed may go on."""
    try:
        found = completions(library(), request.args.get("q", "")[:MAX_VALUE])
    except SearchError:
        found = ()
    response = jsonify(suggestions=found)
    response.headers["Cache-Control"] = f"private, max-age={_SECONDS}"
    return response
