"""Whether letters are sent at all, which the operator configures."""

from __future__ import annotations

from flask import Flask, current_app

from web.serving.config import Config

_MAIL = "MAIL"


def register(app: Flask, config: Config) -> None:
    """Register with the application whether a mail server is configured, with which the site's address goes."""
    app.config[_MAIL] = bool(config.mail)
    app.context_processor(lambda: {"mails": sends})


def sends() -> bool:
    """Return whether letters that are queued are sent."""
    return bool(current_app.config[_MAIL])
