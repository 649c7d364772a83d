"""Failures become answers here, and nowhere else: pages for people, problem details for programs."""

from __future__ import annotations

from flask import Flask, Response, current_app, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as NoConnection
from werkzeug.exceptions import HTTPException

from indexer.errors import Incomplete, IndexFailure, Superseded, Unavailable
from search.deadline import SearchTimeout
from search.model import SearchError
from web import resuming
from web.accounts import labels as account_labels
from web.accounts.guard import current_account
from web.api import PREFIX
from web.api.parameters import MAX_VALUE, BadParameter
from web.api.schemas import PROBLEM_TYPE, ProblemDetails
from web.database.storage import give_up, trouble
from web.presenting import labels
from web.serving.logs import shown_path
from web.site import UnknownHost

_RETRY_AFTER = "RETRY_AFTER"
_UNAVAILABLE: dict[type[Unavailable], tuple[str, str]] = {
    Incomplete: ("index-incomplete", "The index answers in part only"),
    Superseded: ("index-changed", "The index has just changed"),
    Unavailable: ("index-unreachable", "The index can't be reached"),
}


def register(app: Flask, retry_after: int) -> None:
    """Register this module for every failure of the application.

    ``retry_after`` are the seconds after which what could not be answered now may be asked again.
    """
    app.config[_RETRY_AFTER] = retry_after
    app.register_error_handler(BadParameter, _bad_parameter)
    app.register_error_handler(SearchError, _search_error)
    app.register_error_handler(SearchTimeout, _search_timeout)
    app.register_error_handler(UnknownHost, _unknown_host)
    app.register_error_handler(IndexFailure, _index_failure)
    app.register_error_handler(Unavailable, _index_unavailable)
    app.register_error_handler(CSRFError, _forged)
    app.register_error_handler(DBAPIError, _database_failure)
    app.register_error_handler(NoConnection, _database_failure)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def _bad_parameter(failure: BadParameter) -> Response:
    return _answer(400, "bad-parameter", "Bad parameter", str(failure), labels.bad_parameter(failure.name))


def _search_error(failure: SearchError) -> Response:
    return _answer(400, failure.code, "The search can't be answered", str(failure), labels.search_error(failure))


def _search_timeout(failure: SearchTimeout) -> Response:
    return _answer(503, "search-timeout", "The search takes too long", str(failure), labels.search_timeout())


def _unknown_host(failure: UnknownHost) -> Response:
    detail = f"{str(failure)[:MAX_VALUE]!r} is no name of this site; whoever runs it may add it to `hosts`."
    return _answer(421, "unknown-host", "Unknown host", detail)


def _index_failure(failure: IndexFailure) -> Response:
    # The message names folders of the server: it is for the log, not for readers.
    _log(failure)
    return _answer(
        503, "index-unusable", "The index can't be read", "Ask whoever runs this service to look at its log."
    )


def _index_unavailable(failure: Unavailable) -> Response:
    # The message alone: where the fault is lies outside the program, and a traceback a search would bury it.
    current_app.logger.error("%s: %s", shown_path(), failure)
    code, title = next((said for kind, said in _UNAVAILABLE.items() if isinstance(failure, kind)))
    detail = "Nothing is answered from a part of it. Try again in a moment; everything else goes on."
    response = _answer(503, code, title, detail, labels.index_trouble(code), bare=False)
    response.headers["Retry-After"] = str(current_app.config[_RETRY_AFTER])
    return response


def _forged(failure: CSRFError) -> Response:
    detail = str(failure.description)
    if resuming.needs_account() and current_account() is None:
        return _answer(401, "http-401", "Unauthorized", detail, account_labels.session_over())
    return _answer(400, "forged", failure.name, detail, labels.expired_form("referrer" in detail))


def _database_failure(failure: SQLAlchemyError) -> Response:
    give_up()  # whatever asks the broken session now would fail, too
    why, code = trouble(failure)
    # Neither the message nor the traceback: they may quote what was written.
    statement = failure.statement if isinstance(failure, DBAPIError) else None
    current_app.logger.error("%s failed: the database: %s: %s", request.path, code, statement)
    shown = labels.database_trouble(why)
    return _answer(503, "database-unusable", "The database can't be used", "Try again; the failure was logged.", shown)


def _http(failure: HTTPException) -> Response:
    response = _answer(failure.code or 500, f"http-{failure.code}", failure.name, failure.description or failure.name)
    for name, value in failure.get_headers():
        if name not in ("Content-Type", "Content-Length"):  # such as Allow and Location
            response.headers[name] = value
    return response


def _unexpected(failure: Exception) -> Response:
    give_up()
    _log(failure)
    return _answer(500, "internal", "Internal error", "The failure was logged.")


def _log(failure: Exception) -> None:
    current_app.logger.error("%s failed", shown_path(), exc_info=failure)


def _answer(status: int, code: str, title: str, detail: str, shown: str = "", *, bare: bool | None = None) -> Response:
    """Answer a program with problem details, a person with a page, ``bare`` where the database may be what failed."""
    if request.path.startswith(f"{PREFIX}/") or request.path == PREFIX:
        return Response(ProblemDetails.written(status, code, title, detail), status, content_type=PROBLEM_TYPE)
    return resuming.page(status, shown, bare=status >= 500 if bare is None else bare)
