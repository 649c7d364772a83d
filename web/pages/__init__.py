"""Pages for people: one module an area, all on one blueprint."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, request

from search.model import SearchRequest
from web.api.parameters import SEARCH_FORM
from web.api.parameters import read as read_parameters

blueprint = Blueprint("pages", __name__)


def asked_for() -> SearchRequest:
    """Return the search in the address, without facets: the page counts them anyway.

    Unknown names are forgiven: people's addresses carry the marks of the places that they passed through.
    """
    asked = read_parameters(SEARCH_FORM, dict(request.args.lists()), exact_names=False)
    return replace(asked.request(), facets=False)
