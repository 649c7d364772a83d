"""The desk is put into the application: its pages, its letterhead, and the base of answers beside the database."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from flask import Flask

from web.desk import working
from web.desk.knowledge import Answers
from web.desk.pages import answers, blueprint, cases, evidence, numbers, public, replies
from web.storage import Storage

AREAS = (cases, evidence, replies, answers, numbers)
"""Modules whose views are the blueprint's: they are here as soon as they are imported."""
_ELSEWHERE = Path("data", "wenyuan.answers")
"""Where the base is kept for a database on a server."""


def register(app: Flask, storage: Storage, letterhead: Path | None) -> None:
    """Let the application answer at the desk; None stands for the letterhead that comes along."""
    app.config[replies.LETTERHEAD] = letterhead
    app.extensions[answers.EXTENSION] = Answers(_folder(storage))
    app.register_blueprint(blueprint)
    app.register_blueprint(public.blueprint)
    app.context_processor(_shared)


def _shared() -> dict[str, Any]:
    return {"working": working.current()}


def _folder(storage: Storage) -> Path:
    if storage.engine.dialect.name != "sqlite":
        return _ELSEWHERE
    # A database in memory ends with the program, and what is made from it may lie where all that is temporary lies.
    return storage.file.with_suffix(".answers") if storage.file else Path(tempfile.mkdtemp(prefix="wenyuan-"))
