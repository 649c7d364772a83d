"""Registration of reports of errors with the application: their pages, and the way to them beside a text."""

from __future__ import annotations

from flask import Flask

from web.errata import desk, public

AREAS = (public, desk)
"""Modules whose views are the blueprint's: they are here as soon as they are imported."""


def register(app: Flask) -> None:
    """Register the pages with the application."""
    app.register_blueprint(public.blueprint)
