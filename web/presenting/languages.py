"""The languages of the pages: which there are, which of them a reader gets, and what is known in each.

Messages are written in simplified characters; :mod:`web.translations` has the others. What a collection's manifest says
in Chinese is turned into traditional characters as it is shown.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import cache

from babel import Locale
from babel.dates import format_date
from flask import Response, request
from flask_babel import get_locale
from opencc import OpenCC

from corpora.catalogue import Localized

NAMES = {"zh": "简体", "zh-Hant": "繁體", "en": "English"}
"""What each language is called in itself, by the code that an address has."""
COOKIE = "lang"
_TRADITIONAL = {"hant", "tw", "hk", "mo"}
"""Subtags of Chinese that is written in traditional characters."""
_YEAR = 365 * 24 * 3600


def language() -> str:
    """Return the language of the page: asked for now, or before, or else by the browser, or else Chinese."""
    asked = (request.args.get("lang"), request.cookies.get(COOKIE))
    return next((code for code in asked if code in NAMES), None) or _preferred()


def locale() -> str:
    """Return the page's language under the name of its catalogue of messages."""
    return language().replace("-", "_")


def tag() -> str:
    """Return the page's language as browsers and screen readers know it."""
    code = language()
    return "zh-Hans" if code == "zh" else code


def remember(response: Response) -> Response:
    """Remember a language that was asked for, for a year; a page is kept for those of its language alone."""
    if response.mimetype != "text/html":
        return response
    response.headers.add("Vary", "Cookie, Accept-Language")
    asked = request.args.get("lang")
    if asked in NAMES:
        response.set_cookie(COOKIE, asked, max_age=_YEAR, httponly=True, samesite="Lax", secure=request.is_secure)
    return response


def localized(text: Localized) -> str:
    """Return what a manifest says, in the page's language."""
    known = get_locale() or Locale("zh")
    if known.language == "en":
        return text.en
    return traditional(text.zh) if known.script == "Hant" else text.zh


def moment(at: datetime) -> str:
    """Format a moment as people of the page's language write it, in the time zone of the serving machine."""
    here = at.astimezone()
    return f"{day(here)} {here:%H:%M}"


def day(of: date) -> str:
    """Format a day as people of the page's language write it."""
    return str(format_date(of, locale=get_locale() or Locale("zh")))


@cache
def traditional(text: str) -> str:
    """Turn simplified into traditional characters, as Taiwan writes them.

    >>> traditional("检索发现的后代与王后")
    '檢索發現的後代與王后'
    """
    converted: str = _converter().convert(text)
    return converted


def _preferred() -> str:
    for accepted, quality in request.accept_languages:
        parts = accepted.lower().split("-")
        if quality and parts[0] == "zh":
            return "zh-Hant" if _TRADITIONAL & set(parts) and "hans" not in parts else "zh"
        if quality and parts[0] == "en":
            return "en"
    return "zh"


@cache
def _converter() -> OpenCC:
    return OpenCC("s2tw")
