"""The background thread of a process that sends letters which are due."""

from __future__ import annotations

import logging
import threading
from functools import partial
from typing import cast

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from web.database.storage import Storage, trouble
from web.letters.composing import composers
from web.letters.sending import deliver
from web.mail import MailServer, send
from web.serving.config import Config
from web.serving.health import stopping

PERIOD = 20
"""Seconds between two looks at the queue."""
_log = logging.getLogger(__name__)


def start(app: Flask, config: Config) -> None:
    """Start the thread, if a mail server is configured; it ends when the process is told to stop."""
    if not config.mail:
        return
    posting = partial(_post, app, stopping(app), config)
    threading.Thread(target=posting, name="post", daemon=True).start()


def _post(app: Flask, ends: threading.Event, config: Config) -> None:
    storage, writing = cast(Storage, app.extensions["storage"]), composers(app, config.site)
    sending = partial(send, MailServer.parse(config.mail), config.mail_from)
    while not ends.wait(PERIOD):
        try:
            deliver(storage, sending, config.mail_from, writing)
        except SQLAlchemyError as failure:
            _log.error("letters could not be looked for: the database: %s", trouble(failure)[1])
