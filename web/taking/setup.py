"""Registration of what can be taken away with the application."""

from __future__ import annotations

from flask import Flask

from web.taking import labels, long_pages, pages
from web.taking.offering import offers

AREAS = (pages, long_pages)
"""Modules whose views are the blueprint's: they are here as soon as they are imported."""


def register(app: Flask) -> None:
    """Register it with the application."""
    app.register_blueprint(pages.blueprint)
    app.context_processor(lambda: {"taking_words": labels, "offers": offers, "work_offer": long_pages.offered})
