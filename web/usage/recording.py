"""Counting of what is searched, read and turned away: in memory, and once a minute in the database.

Nobody is recorded. Whether a click is a double one is known by a hash of who asked for what, under a key that each
process makes for itself, and forgotten after half a minute. A process that is killed loses what it counted last.
"""

from __future__ import annotations

import logging
import re
import secrets
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Iterable
from hashlib import blake2b
from typing import cast

from flask import Flask, Response, current_app, request
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from web.access import library, shelf
from web.database.storage import aside, now, rows_changed, trouble
from web.networks import networks
from web.usage.models import LONGEST_ID, WHOLE, Method, Metric, UsageCount

SEARCHING = {
    "pages.search", "pages.concordance", "pages.distribution", "pages.collocates", "pages.parallels", "api.search",
}  # fmt: skip
"""Endpoints that search; each is one search, whatever page of it is shown."""
READING = {"pages.read"}
"""Endpoints that open an item."""
EVERY = 60
"""Seconds after which counts are put into the database."""
DOUBLE = 30
"""Seconds within which the same request of the same sender is a double click, as COUNTER has it."""
_REMEMBERED = 10_000
"""Clicks that are remembered at most."""
_LATER = ("cursor", "start")
"""Parameters of a later page of the same search."""
_ROBOT = re.compile(r"bot\b|bot/|crawl|spider|slurp|archiver|preview|monitor|^$", re.IGNORECASE)
"""What robots call themselves; their requests are not counted, nor are those of what has no name."""
_EXTENSION = "wenyuan.usage"
_log = logging.getLogger(__name__)

Key = tuple[str, str, Metric, Method]
"""A month, a collection, what was counted, and how it was asked for."""


class UsageTally:
    """What one process has counted and not yet written."""

    def __init__(self) -> None:
        self._counts: Counter[Key] = Counter()
        self._clicks: OrderedDict[bytes, float] = OrderedDict()
        self._lock = threading.Lock()
        self._secret = secrets.token_bytes(32)
        self._written = time.monotonic()

    def add(self, keys: Iterable[Key]) -> None:
        """Count something once more."""
        with self._lock:
            self._counts.update(keys)

    def is_double(self, click: str) -> bool:
        """Return whether the same was asked for a moment ago."""
        known, moment = blake2b(click.encode(), key=self._secret).digest(), time.monotonic()
        with self._lock:
            before = self._clicks.pop(known, -DOUBLE)
            self._clicks[known] = moment
            if len(self._clicks) > _REMEMBERED:
                self._clicks.popitem(last=False)
        return moment - before < DOUBLE

    def is_due(self) -> bool:
        """Return whether there is something to write, and it is time."""
        return bool(self._counts) and time.monotonic() - self._written >= EVERY

    def take(self) -> Counter[Key]:
        """Return what was counted, and begin anew."""
        with self._lock:
            taken, self._counts = self._counts, Counter()
            self._written = time.monotonic()
        return taken


def register(app: Flask) -> None:
    """Count what requests of the application ask for."""
    app.extensions[_EXTENSION] = UsageTally()
    app.after_request(_count)


def write() -> None:
    """Put what was counted into the database; where that fails it is kept for the next time."""
    tally = _tally()
    taken = tally.take()
    if not taken:
        return
    try:
        with aside() as session:
            for key, count in sorted(taken.items()):
                _raise(session, key, count)
    except SQLAlchemyError as failure:
        tally.add(taken.elements())
        _log.warning("use statistics could not be written: %s", trouble(failure)[1])


def _count(response: Response) -> Response:
    try:
        counted = _counted(response)
    except Exception:  # whatever fails here, the reader has an answer
        _log.exception("use statistics could not be counted")
        return response
    tally = _tally()
    tally.add(counted)
    if tally.is_due():
        write()
    return response


def _counted(response: Response) -> list[Key]:
    endpoint = request.endpoint or ""
    if request.method != "GET" or endpoint not in SEARCHING | READING or _is_robot():
        return []
    events = list(_events(endpoint, response.status_code))
    if not events or _tally().is_double("\0".join((*networks(), request.user_agent.string, request.full_path))):
        return []
    month = now().strftime("%Y-%m")
    method = Method.TDM if endpoint.startswith("api.") else Method.REGULAR
    return [(month, collection[:LONGEST_ID], metric, method) for collection, metric in events]


def _events(endpoint: str, status: int) -> Iterable[tuple[str, Metric]]:
    """Yield what the request comes to, for each collection that it concerns."""
    if status in (429, 503):
        yield WHOLE, Metric.LIMIT_EXCEEDED
    elif endpoint in READING:
        work = str((request.view_args or {})["work"])
        if status == 200 and (collection := library().collection_of(work)):
            yield collection, Metric.TOTAL_ITEM_REQUESTS
        hidden = shelf().library().collection_of(work) if status == 404 else None
        if hidden and library().collection_of(work) is None:
            yield hidden, Metric.NO_LICENSE
    elif status == 200 and request.args.get("q", "").strip() and not any(request.args.get(each) for each in _LATER):
        yield WHOLE, Metric.SEARCHES_PLATFORM
        for collection in _searched():
            yield collection, Metric.SEARCHES_REGULAR


def _searched() -> Iterable[str]:
    """Return the collections that the request searches: those that it names, or else all that it may see."""
    held = library()
    named = {each for each in request.args.getlist("collection") if each in held.collections}
    works = {held.collection_of(each) for each in request.args.getlist("work")} - {None}
    return sorted(named | cast("set[str]", works) or held.collections)


def _raise(session: Session, key: Key, count: int) -> None:
    """Raise a number in the database, which may not have it yet."""
    month, collection, metric, method = key
    where = (
        UsageCount.month == month, UsageCount.collection == collection,
        UsageCount.metric == metric, UsageCount.method == method,
    )  # fmt: skip
    more = update(UsageCount).where(*where).values(count=UsageCount.count + count)
    if rows_changed(session, more):
        return
    try:
        with session.begin_nested():
            session.add(
                UsageCount(month=month, collection=collection, metric=str(metric), method=str(method), count=count)
            )
    except IntegrityError:  # another process was the first
        session.execute(more)


def _is_robot() -> bool:
    return bool(_ROBOT.search(request.user_agent.string))


def _tally() -> UsageTally:
    return cast(UsageTally, current_app.extensions[_EXTENSION])
