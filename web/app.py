"""The application: pages and endpoint over one index."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Flask, Response, request
from flask_babel import Babel
from flask_talisman import Talisman
from werkzeug.middleware.proxy_fix import ProxyFix

from web import api, capacity, errors, health, labels, logs, metrics, pages
from web.config import Config
from web.shelf import Shelf

LANGUAGES = {"zh": "中文", "en": "English"}
LANGUAGE_COOKIE = "lang"
_YEAR = 365 * 24 * 3600

POLICY = {
    "default-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "object-src": "'none'",
}


def create_app(index: Path, *, force_https: bool = False, config: Config | None = None) -> Flask:
    """An application that answers from the index.

    Raises:
        IndexFailure: the index can't be opened.
    """
    app = Flask(__name__)
    app.config["BABEL_DEFAULT_LOCALE"] = "zh"
    app.config["MAX_CONTENT_LENGTH"] = 1 << 16
    app.json.ensure_ascii = app.json.sort_keys = False  # type: ignore[attr-defined]  # the default provider has them
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.extensions["shelf"] = Shelf(index)
    _operate(app, config or Config.model_construct())
    Babel(app, locale_selector=language)
    Talisman(app, force_https=force_https, content_security_policy=POLICY, referrer_policy="same-origin")
    app.register_blueprint(pages.blueprint)
    app.register_blueprint(api.blueprint)
    errors.register(app)
    app.context_processor(_shared)
    app.after_request(_remember_language)
    return app


def _operate(app: Flask, config: Config) -> None:
    """What whoever runs the server needs. It comes first, so that all else is logged, counted and bounded."""
    if config.proxies:
        hops = config.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, hops, hops, hops, hops, hops)  # type: ignore[method-assign]
    logs.register(app, config)
    metrics.register(app, config)
    health.register(app)
    capacity.register(app, config)


def language() -> str:
    """The language of the page: as asked now, or before, or else Chinese."""
    asked = (request.args.get("lang"), request.cookies.get(LANGUAGE_COOKIE))
    return next((code for code in asked if code in LANGUAGES), "zh")


def _shared() -> dict[str, Any]:
    kept = [(name, value) for name, value in request.args.items(multi=True) if name != "lang"]
    return {
        "language": language(),
        "languages": LANGUAGES,
        "kept": kept,
        "labels": labels,
        "root": request.script_root,
    }


def _remember_language(response: Response) -> Response:
    if response.mimetype == "text/html":
        response.headers.add("Vary", "Cookie")
    asked = request.args.get("lang")
    if asked in LANGUAGES and response.mimetype == "text/html":
        response.set_cookie(
            LANGUAGE_COOKIE, asked, max_age=_YEAR, httponly=True, samesite="Lax", secure=request.is_secure
        )
    return response
