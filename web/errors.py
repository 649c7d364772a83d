"""Failures become answers here, and nowhere else: pages for people, problem details for programs."""

from __future__ import annotations

import json

from flask import Flask, Response, current_app, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError
from werkzeug.exceptions import HTTPException

from indexer.errors import IndexFailure
from search.results import SearchError
from web import labels
from web.api import PREFIX
from web.forms import BadParameter
from web.logs import shown_path
from web.openapi import PROBLEM_TYPE


def register(app: Flask) -> None:
    """Have the application answer every failure through this module."""
    app.register_error_handler(BadParameter, _bad_parameter)
    app.register_error_handler(SearchError, _search_error)
    app.register_error_handler(IndexFailure, _index_failure)
    app.register_error_handler(CSRFError, _forged)
    app.register_error_handler(DBAPIError, _database_failure)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def _bad_parameter(failure: BadParameter) -> Response:
    return _answer(400, "bad-parameter", "Bad parameter", str(failure), labels.bad_parameter(failure.name))


def _search_error(failure: SearchError) -> Response:
    return _answer(400, failure.code, "The search can't be answered", str(failure), labels.search_error(failure))


def _index_failure(failure: IndexFailure) -> Response:
    # The message names folders of the server: it is for the log, not for readers.
    _log(failure)
    return _answer(
        503, "index-unusable", "The index can't be read", "Ask whoever runs this service to look at its log."
    )


def _forged(failure: CSRFError) -> Response:
    return _answer(400, "forged", failure.name, str(failure.description), labels.expired_form())


def _database_failure(failure: DBAPIError) -> Response:
    _log(failure)
    return _answer(503, "database-unusable", "The database can't be used", "Try again; the failure was logged.")


def _http(failure: HTTPException) -> Response:
    response = _answer(failure.code or 500, f"http-{failure.code}", failure.name, failure.description or failure.name)
    for name, value in failure.get_headers():
        if name not in ("Content-Type", "Content-Length"):  # such as Allow and Location
            response.headers[name] = value
    return response


def _unexpected(failure: Exception) -> Response:
    _log(failure)
    return _answer(500, "internal", "Internal error", "The failure was logged.")


def _log(failure: Exception) -> None:
    current_app.logger.error("%s failed", shown_path(), exc_info=failure)


def _answer(status: int, code: str, title: str, detail: str, shown: str = "") -> Response:
    if request.path.startswith(f"{PREFIX}/") or request.path == PREFIX:
        problem = {"type": f"urn:wenyuan:problem:{code}", "title": title, "status": status, "detail": detail}
        return Response(json.dumps(problem, ensure_ascii=False), status, content_type=PROBLEM_TYPE)
    heading, help_ = labels.failure(status)
    page = render_template("error.html", status=status, heading=heading, help=help_, shown=shown)
    return make_response(page, status)
