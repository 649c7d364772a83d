"""What requests of many pages say alike: who sent them, and which page of a list they are for."""

from __future__ import annotations

from flask import request

_LAST = 10_000


def by_script() -> bool:
    """Return whether a script of ours sent the form: it stays on its page, and shows what JSON tells it."""
    return request.accept_mimetypes.best == "application/json"


def page_of_list(last: int = _LAST) -> int:
    """Return the page of a list that the address names, from 1 to the ``last`` one; the first where it names none."""
    return min(max(request.args.get("page", 1, type=int), 1), last)
