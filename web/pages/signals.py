"""Signals of the pages: what other parts of the site may listen to, while no page knows who does."""

from __future__ import annotations

from typing import cast

from blinker import Namespace
from flask import Flask, current_app
from werkzeug.local import LocalProxy

from search.model import SearchRequest, SearchResponse

search_answered = Namespace().signal("search-answered")
"""A search page has its answer. The sender is the application; receivers get ``asked`` and ``response``."""


def announce(asked: SearchRequest, response: SearchResponse) -> None:
    """Send :data:`search_answered` to every receiver; one that fails is logged and breaks neither page nor others."""
    app = cast("LocalProxy[Flask]", current_app)._get_current_object()
    for receiver in search_answered.receivers_for(app):
        try:
            receiver(app, asked=asked, response=response)
        except Exception:
            app.logger.exception("a receiver of search-answered failed")
