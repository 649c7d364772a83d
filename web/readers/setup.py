"""Registration of the shelf with the application."""

from __future__ import annotations

from flask import Flask

from web.readers import pages


def register(app: Flask) -> None:
    """Register the shelf; sections are registered by the areas that they belong to."""
    app.register_blueprint(pages.blueprint)
