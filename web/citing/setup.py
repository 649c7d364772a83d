"""Registration of the citation styles with the application: those that come along, and the operator's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from flask import Flask, Response, current_app, request

from web.citing.styles import CitationStyle, own, shipped
from web.serving.config import Config

_EXTENSION = "wenyuan.citing"
COOKIE = "style"
"""Remembers the style that a reader has chosen."""
_YEAR = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class CitationStyles:
    """The styles of a site by key. ``first`` is the one that replies and readers who chose none cite by."""

    by_key: dict[str, CitationStyle]
    first: CitationStyle


def register(app: Flask, config: Config) -> None:
    """Register the styles with the application; the operator's own comes first in the list.

    Raises:
        StyleFailure: the operator's style is none.
    """
    every = shipped()
    if config.citation_csl:
        made = own(config.citation_csl)
        every = {made.key: made, **every}
    app.extensions[_EXTENSION] = CitationStyles(every, every[config.citation_style])


def styles() -> CitationStyles:
    """Return the styles of the site."""
    return cast(CitationStyles, current_app.extensions[_EXTENSION])


def chosen() -> CitationStyle:
    """Return the style that the request asks for, or that its reader has chosen before."""
    known = styles()
    wanted = (request.args.get("style") or request.form.get("style"), request.cookies.get(COOKIE))
    return next((known.by_key[key] for key in wanted if key in known.by_key), known.first)


def remember(response: Response, style: CitationStyle) -> None:
    """Remember the style that a reader has chosen, for the pages that follow."""
    response.set_cookie(COOKIE, style.key, max_age=_YEAR, samesite="Lax", httponly=True, secure=request.is_secure)
