"""Registration of the pages of people with the application."""

from __future__ import annotations

from flask import Flask

from web.accounts import administration, joining, leaving, pages

AREAS = (joining, leaving)
"""Modules whose views are the blueprint's: they are here as soon as they are imported."""


def register(app: Flask, *, sign_up: bool) -> None:
    """Register the pages of people; ``sign_up`` says whether readers may make accounts for themselves."""
    app.config[pages.SIGN_UP] = sign_up
    app.register_blueprint(pages.blueprint)
    app.register_blueprint(administration.blueprint)
