"""Registration of the pages with the application."""

from __future__ import annotations

from flask import Flask

from web.pages import (
    blueprint,
    characters,
    citing,
    collocates,
    comparing,
    composing,
    concordance,
    distribution,
    facsimile,
    keywords,
    parallels,
    reading,
    references,
    search,
    suggesting,
    works,
)

AREAS = (
    search,
    composing,
    concordance,
    collocates,
    distribution,
    keywords,
    parallels,
    comparing,
    reading,
    facsimile,
    characters,
    works,
    citing,
    references,
    suggesting,
)
"""Modules whose views are the blueprint's: they are here as soon as they are imported."""


def register(app: Flask) -> None:
    """Register the pages with the application."""
    app.register_blueprint(blueprint)
