"""Pages for people: one module an area, all on one blueprint."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, request

from search.model import SearchRequest
from web.presenting.urls import search_request

blueprint = Blueprint("pages", __name__)


def asked_for() -> SearchRequest:
    """Return the search in the address, without facets: the page counts them anyway."""
    return replace(search_request(dict(request.args.lists())), facets=False)
