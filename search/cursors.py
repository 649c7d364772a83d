"""Cursors of paging: where in a search the next page begins, bound to the search and to the very index it ran on."""

from __future__ import annotations

import base64
import hashlib
import json

from search.model import SearchError, SearchRequest

_LARGEST = 1 << 40


def write(request: SearchRequest, index: str, offset: int) -> str:
    """Return the cursor of the page that begins with hit ``offset``; ``index`` identifies what was searched."""
    state = json.dumps([index, _identity(request), offset])
    return base64.urlsafe_b64encode(state.encode()).decode().rstrip("=")


def read(request: SearchRequest, index: str) -> int:
    """Return the number of the first hit that a request wants; 0 where it brings no cursor.

    Raises:
        SearchError: the cursor is of another search, of another state of the index, or none at all.
    """
    if not request.cursor:
        return 0
    try:
        padded = request.cursor + "=" * (-len(request.cursor) % 4)
        written, identity, offset = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, TypeError, RecursionError) as failure:
        raise SearchError("bad-cursor", request.cursor[:80]) from failure
    if identity != _identity(request) or not isinstance(offset, int) or not 0 <= offset < _LARGEST:
        raise SearchError("bad-cursor", request.cursor[:80])
    if written != index:
        raise SearchError("cursor-expired", "the index that it was made on is no longer the published one")
    return offset


def _identity(request: SearchRequest) -> str:
    """Return what makes two requests pages of one search."""
    filters = sorted(request.filters.items())
    narrowed = (request.scope, request.strict, request.aliases, filters, request.event)
    asked = (request.q, request.mode, *narrowed, request.sort)
    return hashlib.sha256(repr(asked).encode("utf-8", "replace")).hexdigest()[:16]
