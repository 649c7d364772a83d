"""Registration of long work with the application: its kinds, its limits, its pages, its runner."""

from __future__ import annotations

from typing import cast

from flask import Flask

from search.shelf import Shelf
from web.database.storage import Storage
from web.jobs import asking, labels, pages
from web.jobs.queue import JobLimits
from web.jobs.runner import Runner
from web.pages import comparing
from web.serving.config import Config

KINDS = {kind.name: kind for kind in (comparing.KIND,)}
"""The kinds of long work. One is added here, and asked for by a page of its own (:func:`web.jobs.asking.ask`)."""


def register(app: Flask, config: Config) -> None:
    """Register long work with the application."""
    limits = JobLimits(config.jobs, config.jobs_each, 60 * config.job_minutes, config.job_megabytes << 20)
    app.config[asking.LIMITS] = limits
    app.extensions[pages.KINDS] = KINDS
    app.register_blueprint(pages.blueprint)
    app.context_processor(lambda: {"job_words": labels})


def runner(app: Flask, shelf: Shelf) -> Runner:
    """Return a runner of the application's jobs."""
    return Runner(cast(Storage, app.extensions["storage"]), shelf, KINDS, app.config[asking.LIMITS])
