"""The log: a line of JSON an event, on the standard error output.

Each request is one event with its number, which the answer's header X-Request-ID repeats; a proxy that is believed may
choose it. What a reader typed is not
logged unless the configuration says so, nor is where the reader sits. JSON in ASCII has no line ends, so that no
request can forge a line.
"""

from __future__ import annotations

import logging
import re
import sys
from uuid import uuid4

import structlog
from flask import Flask, Response, g, request

from web.networks import came_by_proxy
from web.serving.config import Config
from web.serving.timing import elapsed

HEADER = "X-Request-ID"
_NUMBER = re.compile("[0-9A-Za-z-]{8,64}")
_LONGEST = 500
"""Characters of a path or a query that are logged."""

_SECRETS = ("/account/", "/feeds/", "/letters/")
"""Below these, addresses may hold a link's secret, if only because its ``#`` was mangled on the way."""

_log = logging.getLogger("wenyuan.requests")


def configure(level: str) -> None:
    """Configure logging: everything that this process logs, libraries included, becomes lines of JSON."""
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            structlog.processors.EventRenamer("event"),
            structlog.processors.JSONRenderer(ensure_ascii=True),
        ],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)


def register(app: Flask, config: Config) -> None:
    """Number and log every request."""

    @app.before_request
    def begin() -> None:
        given = request.headers.get(HEADER, "") if came_by_proxy() else ""
        g.request_number = given if _NUMBER.fullmatch(given) else uuid4().hex
        structlog.contextvars.bind_contextvars(request=g.request_number)

    @app.after_request
    def end(response: Response) -> Response:
        response.headers[HEADER] = g.request_number
        facts = {
            "method": request.method,
            "path": shown_path(),
            "status": response.status_code,
            "ms": round(1000 * elapsed(), 1),
        }
        if config.log_queries and "q" in request.args:
            facts["query"] = request.args["q"][:_LONGEST]
        _log.info("request", extra=facts)
        return response

    @app.teardown_request
    def forget(_: BaseException | None) -> None:
        structlog.contextvars.clear_contextvars()


def shown_path() -> str:
    """Return the request's path as it may be logged: where it could hold a secret, the rule of its route instead."""
    for secret in _SECRETS:
        if request.path.startswith(secret):
            return request.url_rule.rule if request.url_rule else f"{secret}…"
    return request.path[:_LONGEST]
