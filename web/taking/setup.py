"""Registration of what can be taken away with the application."""

from __future__ import annotations

from flask import Flask

from web.taking import labels, pages
from web.taking.offering import offers


def register(app: Flask) -> None:
    """Register it with the application."""
    app.register_blueprint(pages.blueprint)
    app.context_processor(lambda: {"taking_words": labels, "offers": offers})
