"""Health checks: liveness and readiness."""

from __future__ import annotations

import threading
from typing import cast

from flask import Blueprint, Flask, Response, current_app, jsonify

from indexer.errors import IndexFailure, Unavailable
from web.access import library
from web.caching import keep_nowhere

blueprint = Blueprint("health", __name__)
_STOPPING = "wenyuan.stopping"


def register(app: Flask) -> None:
    """Add the addresses."""
    app.extensions[_STOPPING] = threading.Event()
    app.register_blueprint(blueprint)


def stopping(app: Flask) -> threading.Event:
    """Return an event that is set when the server was told to stop, so that a load balancer sends no more requests."""
    return cast(threading.Event, app.extensions[_STOPPING])


@blueprint.get("/healthz")
def alive() -> Response:
    """Answer that the process runs."""
    return _told("alive")


@blueprint.get("/readyz")
def ready() -> Response:
    """Answer whether requests may be sent here: the index opens, and nobody has told the server to stop.

    A cluster that can't be reached is said, but is no reason to send requests elsewhere: every other process misses
    it, too, and the desk goes on working.
    """
    if stopping(current_app).is_set():
        return _told("stopping", 503)
    try:
        return _told("ready", generation=library().generation)
    except Unavailable:
        return _told("index unreachable")
    except IndexFailure:
        return _told("index unusable", 503)  # the log says why


def _told(status: str, code: int = 200, **facts: int) -> Response:
    response = jsonify(status=status, **facts)
    response.status_code = code
    return keep_nowhere(response)
