"""JSON for programs. Errors are problem details (RFC 9457)."""

from __future__ import annotations

from importlib.metadata import version

from flask import Blueprint, Response, jsonify, request

from web import openapi, site
from web.access import library
from web.json import response_json
from web.presenting.urls import BadParameter, search_request
from web.serving.timing import stage

PREFIX = "/api/v1"

blueprint = Blueprint("api", __name__, url_prefix=PREFIX)


@blueprint.get("/search")
def search() -> Response:
    """Answer a search."""
    asked = search_request(dict(request.args.lists()), exact_names=True)
    if not asked.q:
        raise BadParameter("q", "is needed")
    held = library()
    with stage("search"):
        found = held.search(asked)
    with stage("rendering"):
        return jsonify(response_json(found, request.script_root))


@blueprint.get("/openapi.json")
def description() -> Response:
    """Describe this interface."""
    return jsonify(openapi.description(version("wenyuan"), site.configured() or request.script_root))
