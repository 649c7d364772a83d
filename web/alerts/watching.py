"""The watcher: when a generation is published, or who may read what has changed, it looks at all saved searches.

It runs beside the runner of long work, in the process that answers nobody.
"""

from __future__ import annotations

import logging
import threading
from typing import cast

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from indexer.errors import IndexFailure
from web import site
from web.access import shelf_of, visible_to
from web.accounts.models import AccountRole
from web.alerts import checking, telling
from web.alerts.models import SavedSearch
from web.database.storage import Storage, trouble
from web.letters.setup import sends

PERIOD = 15.0
"""Seconds between two looks at whether there is anything to look at."""
_log = logging.getLogger("wenyuan.alerts")


def start(app: Flask, stopping: threading.Event) -> None:
    """Start the thread of the watcher, which ends when the process is told to stop."""
    threading.Thread(target=run, args=[app, stopping], name="alerts", daemon=True).start()


def run(app: Flask, stopping: threading.Event) -> None:
    """Watch until told to stop."""
    while not stopping.is_set():
        try:
            watch(app, stopping)
        except SQLAlchemyError as failure:
            _log.warning("saved searches can't be read: %s", trouble(failure)[1])
        except IndexFailure as failure:
            _log.warning("saved searches can't be looked at: %s", failure)
        except Exception as failure:
            _log.exception("saved searches could not be looked at", exc_info=failure)
        stopping.wait(PERIOD)


def watch(app: Flask, stopping: threading.Event) -> int:
    """Look at each saved search that was not looked at in the texts as they are now; return how many.

    Then letters are queued for those who want to be told by mail.

    Raises:
        IndexFailure: the index can't be read.
        SQLAlchemyError: the database can't be used; what was not looked at yet is looked at later.
    """
    storage = cast(Storage, app.extensions["storage"])
    with app.app_context():
        whole = shelf_of(app).library()
        readable = {role: visible_to(role, whole) for role in AccountRole}
        states = {held: checking.standing(held) for held in set(readable.values())}
        looked = 0
        for number in checking.waiting(storage, {role: states[held] for role, held in readable.items()}):
            if stopping.is_set():
                break
            with storage.session.begin() as session:
                saved = session.get(SavedSearch, number)
                if saved is not None:  # its owner may have removed it
                    checking.check(session, saved, readable[saved.account.role])
                    looked += 1
        if sends() and not stopping.is_set():
            telling.write(storage, {role: states[held] for role, held in readable.items()}, site.configured())
        return looked
