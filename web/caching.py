"""Responses that no cache may keep: they are somebody's own, or true for a moment."""

from __future__ import annotations

from flask import Response

NOWHERE = {"Cache-Control": "no-store"}
"""Headers of such a response."""


def keep_nowhere(response: Response) -> Response:
    """Forbid caches to keep a response."""
    response.headers.update(NOWHERE)
    return response
