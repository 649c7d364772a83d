"""Registration of the desk with the application: its pages, its letterhead, and the base of answers."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from flask import Flask, get_template_attribute
from markupsafe import Markup

from search.model import SearchRequest
from web.desk import working
from web.desk.knowledge import AnswerBase
from web.desk.pages import answers, blueprint, cases, numbers, public, quotations, replies
from web.pages.signals import search_answered
from web.presenting.urls import page_url

AREAS = (cases, quotations, replies, answers, numbers)
"""Modules whose views are the blueprint's: they are here as soon as they are imported."""


def register(app: Flask, base: Path | None, letterhead: Path | None) -> None:
    """Register the desk with the application.

    ``base`` is the folder of the base of answers; None stands for one of its own that the system may clear, since a
    database in memory ends with the program. No ``letterhead`` stands for the one that comes along.
    """
    app.config[replies.LETTERHEAD] = letterhead
    app.extensions[answers.EXTENSION] = AnswerBase(base or Path(tempfile.mkdtemp(prefix="wenyuan-")))
    app.register_blueprint(blueprint)
    app.register_blueprint(public.blueprint)
    app.context_processor(_shared)
    search_answered.connect(working.keep, sender=app)


def _shared() -> dict[str, Any]:
    return {"working": working.current(), "beside_passage": _beside_passage, "above_hits": _above_hits}


def _beside_passage(work: str, section: int, start: int, end: int, query: str) -> Markup:
    """Return what stands beside a passage of a page: the form that keeps it in the case that is worked on."""
    form = get_template_attribute("desk/_parts.html", "add_to_case")
    return Markup(form(working.current(), work, section, start, end, query))


def _above_hits(asked: SearchRequest) -> Markup:
    """Return what stands above hits: the form that keeps a search which no page of this site led to."""
    if asked.cursor or working.is_from_here():
        return Markup("")
    form = get_template_attribute("desk/_parts.html", "keep_search")
    return Markup(form(working.current(), page_url(asked).partition("?")[2]))
