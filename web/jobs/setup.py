"""Registration of long work with the application: its kinds, its limits, its pages, its runner."""

from __future__ import annotations

import json
from typing import Any, cast

from flask import Flask
from flask_babel import lazy_gettext
from sqlalchemy.orm import Session

from search.shelf import Shelf
from web.accounts import belongings, guard
from web.accounts.belongings import Belonging
from web.accounts.models import Account
from web.database.storage import Storage, session
from web.jobs import asking, labels, owners, pages, queue
from web.jobs.queue import JobLimits
from web.jobs.runner import Runner
from web.pages import comparing
from web.readers import sections
from web.readers.sections import ShelfSection
from web.serving.config import Config
from web.taking import long

KINDS = {kind.name: kind for kind in (comparing.KIND, *long.KINDS)}
"""The kinds of long work. One is added here, and asked for by a page of its own (:func:`web.jobs.asking.ask`)."""


def register(app: Flask, config: Config) -> None:
    """Register long work with the application."""
    limits = JobLimits(config.jobs, config.jobs_each, 60 * config.job_minutes, config.job_megabytes << 20)
    app.config[asking.LIMITS] = limits
    app.extensions[pages.KINDS] = KINDS
    app.register_blueprint(pages.blueprint)
    app.context_processor(lambda: {"job_words": labels})
    guard.welcoming.connect(_carry_over, sender=app)
    belongings.register(app, Belonging("jobs", _export, _remove))
    about = lazy_gettext("一次回答不完的，在后台做，做完了在这里看；结果保存一天。")
    sections.register(app, ShelfSection(lazy_gettext("我的任务"), about, "jobs.mine", _count, everybodys=True))


def runner(app: Flask, shelf: Shelf) -> Runner:
    """Return a runner of the application's jobs."""
    return Runner(cast(Storage, app.extensions["storage"]), shelf, KINDS, app.config[asking.LIMITS])


def _carry_over(_: Flask, account: Account) -> None:
    """Give an account the jobs that its browser began before logging in."""
    if before := owners.visitor():
        queue.hand_over(session(), before, owners.owner_of(account))


def _count() -> int:
    return len(queue.jobs_of(session(), owners.owner()))


def _export(session: Session, account: Account) -> list[dict[str, Any]]:
    return [
        {"kind": each.kind, "asked": json.loads(each.asked), "state": each.state, "created": each.created.isoformat()}
        for each in queue.jobs_of(session, owners.owner_of(account))
    ]


def _remove(session: Session, account: Account) -> None:
    queue.remove_all(session, owners.owner_of(account))
