"""The endpoints there are, and how a request comes to one of them. Errors are problem details (RFC 9457)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from importlib.metadata import version
from typing import Any

from flask import Blueprint, Response, request
from pydantic_core import to_json

from web import site
from web.api import PREFIX, openapi, search, works
from web.api.openapi import Operation
from web.api.parameters import Parameters, read
from web.api.schemas import Description
from web.serving.timing import stage


def describe(_: Parameters) -> Description:
    """Describe this interface."""
    root = site.configured() or request.script_root
    return Description(openapi.description(OPERATIONS, version("wenyuan"), f"{root}{PREFIX}"))


OPERATIONS: tuple[Operation[Any, Any], ...] = (
    search.OPERATION,
    works.OPERATION,
    Operation("description", "/openapi.json", "This description", Parameters, Description, describe),
)


def blueprint(operations: Iterable[Operation[Any, Any]]) -> Blueprint:
    """Return what answers some endpoints."""
    made = Blueprint("api", __name__, url_prefix=PREFIX)
    for each in operations:
        made.add_url_rule(each.path, each.name, _view(each), methods=["GET"])
    return made


def _view(operation: Operation[Any, Any]) -> Callable[[], Response]:
    def view() -> Response:
        answer = operation.run(read(operation.parameters, dict(request.args.lists())))
        with stage("rendering"):
            return Response(to_json(answer), content_type="application/json")

    return view
