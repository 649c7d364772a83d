"""The desk is put into the application: its pages, its letterhead, and the base of answers."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from flask import Flask

from web.desk import working
from web.desk.knowledge import Answers
from web.desk.pages import answers, blueprint, cases, evidence, numbers, public, replies

AREAS = (cases, evidence, replies, answers, numbers)
"""Modules whose views are the blueprint's: they are here as soon as they are imported."""


def register(app: Flask, base: Path | None, letterhead: Path | None) -> None:
    """Let the application answer at the desk.

    ``base`` is the folder of the base of answers; None stands for one of its own that the system may clear, since a
    database in memory ends with the program. No ``letterhead`` stands for the one that comes along.
    """
    app.config[replies.LETTERHEAD] = letterhead
    app.extensions[answers.EXTENSION] = Answers(base or Path(tempfile.mkdtemp(prefix="wenyuan-")))
    app.register_blueprint(blueprint)
    app.register_blueprint(public.blueprint)
    app.context_processor(_shared)


def _shared() -> dict[str, Any]:
    return {"working": working.current()}
