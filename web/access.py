"""Which collections whoever is asking may see: decided here, and nowhere else.

An open collection is everybody's. One that is ``in-library`` is for requests from the library's own networks, one for
``staff`` is for librarians; librarians see them all, from anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from flask import Flask, Response, current_app, request

from corpora.manifests import collections
from corpora.model import Access
from web.accounts import guard
from web.accounts.models import Role
from web.addresses import Network, is_from


def register(app: Flask, networks: Sequence[Network]) -> None:
    """Let the application tell who is in the library: requests from these networks."""
    app.config["LIBRARY_NETWORKS"] = tuple(networks)
    app.after_request(_keep_private)


def closed(present: Iterable[str]) -> frozenset[str]:
    """Those of the collections that are not to be seen by whoever is asking; one without a manifest is open."""
    known = collections()
    return frozenset(name for name in present if name in known and not _may_see(known[name].access))


def _may_see(access: Access) -> bool:
    match access:
        case Access.OPEN:
            return True
        case Access.IN_LIBRARY:
            return _is_in_library() or guard.may(Role.LIBRARIAN)
        case Access.STAFF:
            return guard.may(Role.LIBRARIAN)


def _is_in_library() -> bool:
    return is_from(current_app.config["LIBRARY_NETWORKS"])


def _keep_private(response: Response) -> Response:
    """Have no cache that several people share keep what one of them may see."""
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "private")
    return response
