"""Registration of the desk with the application: its pages, its letterhead, and the base of answers."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any
from zlib import crc32

from flask import Flask, get_template_attribute
from markupsafe import Markup

from search.model import SearchRequest, SectionView
from web.access import library
from web.accounts.guard import current_account
from web.database.storage import session
from web.desk import queue, quotations, working
from web.desk.knowledge import AnswerBase
from web.desk.pages import answers, blueprint, cases, letters, numbers, public, replies, texts
from web.desk.pages import quotations as quotation_pages
from web.desk.quoting import quotable
from web.desk.states import EDITABLE
from web.pages.signals import search_answered
from web.presenting.urls import page_url

AREAS = (cases, letters, quotation_pages, replies, answers, numbers, texts)
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
    return {
        "working": working.current(),
        "cases_waiting": _waiting,
        "beside_passage": _beside_passage,
        "beside_leaf": _beside_leaf,
        "below_text": _below_text,
        "above_hits": _above_hits,
    }


def _waiting() -> int:
    """Return how many cases wait for whoever is logged in, who is a librarian."""
    account = current_account()
    return queue.waiting(session(), account) if account else 0


def _beside_passage(work: str, section: int, start: int, end: int, query: str) -> Markup:
    """Return what stands beside a passage: what the case that is worked on has of it, and the form that keeps it."""
    return Markup(_part("kept_here", work, section, start, end)) + Markup(
        _part("add_to_case", work, section, start, end, query)
    )


def _beside_leaf(work: str, section: int, start: int, end: int) -> Markup:
    """Return what stands beside a page that is read: what the case that is worked on has of it."""
    return Markup(_part("kept_here", work, section, start, end))


def _below_text(view: SectionView, at: int | None, paragraph: tuple[int, int] | None, query: str) -> Markup:
    """Return what stands below a text that is read: the form that keeps a page of it, or what is selected in it."""
    case = working.current()
    if case is None or case.status not in EDITABLE:
        return Markup("")
    form = get_template_attribute("desk/_parts.html", "keep_bar")
    parts = quotable(view.section, at, paragraph)
    return Markup(form(case, view.work.id, view.number, parts, quotations.LONGEST, query))


def _part(name: str, work: str, section: int, start: int, end: int, *more: str) -> str:
    case = working.current()
    if case is None or case.status not in EDITABLE:
        return ""
    kept = quotations.kept_within(library(), case, work, section, start, end)
    whole = any((each.address.start, each.address.start + each.address.length) == (start, end) for each in kept)
    here = f"keep-{crc32(work.encode())}-{section}-{start}"
    part = get_template_attribute("desk/_parts.html", name)
    return str(part(case, kept, whole, here, work, section, start, end, *more))


def _above_hits(asked: SearchRequest) -> Markup:
    """Return what stands above hits: the form that keeps a search which no page of this site led to."""
    if asked.cursor or working.is_from_here():
        return Markup("")
    form = get_template_attribute("desk/_parts.html", "keep_search")
    return Markup(form(working.current(), page_url(asked).partition("?")[2]))
