"""Works, and what takes long: files at once where they are small, or else by a job, which is begun and shown here."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any

from flask import Response, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from search.library import Library
from search.model import SearchError, WorkCard
from web import access, site
from web.access import library
from web.api.concordance import CONCORDANCE
from web.api.parameters import Parameters, read
from web.jobs import asking
from web.jobs import labels as job_labels
from web.jobs.kinds import JobKind
from web.jobs.models import JobState
from web.jobs.pages import ShownJob, own
from web.jobs.queue import JobRefused
from web.presenting import labels
from web.taking import bounds, long
from web.taking.formats.every import NAMES, TABLE_FORMATS
from web.taking.pages import blueprint
from web.taking.sending import sent, sent_table
from web.taking.works import WORK_FORMAT_NAMES
from web.taking.works.every import WORK_FORMATS, WorkFormat, taken
from web.taking.works.permission import Refusal, refusal


class WorkParameters(Parameters):
    """The format that a work is taken away in."""

    format: Annotated[
        str, Field(pattern=f"^({'|'.join(WORK_FORMAT_NAMES)})$", json_schema_extra={"enum": list(WORK_FORMAT_NAMES)})
    ] = "epub"


@dataclass(frozen=True, slots=True)
class WorkOffer:
    """Whether a work can be taken away, and whether that takes a job."""

    refusal: Refusal | None
    is_long: bool


def offered(held: Library, card: WorkCard) -> WorkOffer:
    """Return how a work can be taken away that whoever is asking may read."""
    size = sum(each.text + each.notes for each in held.outline(card.id))
    return WorkOffer(_refusal(card), size > bounds.MOST_CHARACTERS)


def _refusal(card: WorkCard) -> Refusal | None:
    whole = access.shelf().library()
    return refusal(card, whole.declared, access.catalogue())


@blueprint.get("/take/work/<path:work>")
def work(work: str) -> ResponseReturnValue:
    """Take away a work; one that can't be, or that takes a job, is shown with what there is to do."""
    held, card = _card(work)
    offer = offered(held, card)
    if offer.refusal or offer.is_long:
        return redirect(url_for("pages.work", work=card.id))
    asked = read(WorkParameters, request.args.to_dict(flat=False), exact_names=False)
    form = WORK_FORMATS[asked.format]
    edition = long.edition_of(held, card, site.root())
    return sent(taken(edition, form), _name(card, form), form.media_type)


@blueprint.post("/take/work/<path:work>")
def begin_work(work: str) -> ResponseReturnValue:
    """Begin a job that takes away a work."""
    held, card = _card(work)
    if offered(held, card).refusal:
        return redirect(url_for("pages.work", work=card.id))
    asked = read(WorkParameters, request.form.to_dict(flat=False), exact_names=False)
    return _begun(long.WORK, {"work": card.id, "format": asked.format}, held)


@blueprint.post("/take/lines")
def begin_lines() -> ResponseReturnValue:
    """Begin a job that takes away the lines of a concordance."""
    asked = read(CONCORDANCE, request.form.to_dict(flat=False), exact_names=False).request()
    held = library()
    try:
        held.lines(asked)  # what can't be answered is told now
    except SearchError as failure:
        return _told(labels.search_error(failure), 400)
    return _begun(long.LINES, long.asked_for(asked), held)


@blueprint.get("/take/jobs/<name>")
def job_taken(name: str) -> ResponseReturnValue:
    """Show what a job has made, and the files that it can be had as."""
    shown = own(name)
    if shown.job.state is not JobState.DONE:
        return redirect(url_for("jobs.job", name=name))
    asked = json.loads(shown.job.asked)
    is_work = shown.kind.name == long.WORK.name
    return render_template(
        "jobs/taken.html",
        job=shown.job,
        kind=shown.kind,
        title=shown.title,
        work_format=asked["format"] if is_work else "",
        refusal=_refusal(long.card_of(library(), asked)) if is_work else None,
        most=bounds.MOST_LINES_OF_A_JOB,
        generation=library().generation,
    )


@blueprint.get(f"/take/jobs/<name>/lines.<{NAMES}:form>")
def job_lines_table(name: str, form: str) -> ResponseReturnValue:
    """Take away the lines that a job has found, of the works that whoever is asking may see now."""
    shown = _done(name, long.LINES)
    asked, steps = json.loads(shown.job.asked), _steps(shown)
    found = long.lines_table(library(), asked, steps, shown.job.generation, site.root())
    return sent_table(found, TABLE_FORMATS[form])


@blueprint.get("/take/jobs/<name>/whole.file")
def job_work_table(name: str) -> ResponseReturnValue:
    """Take away the work that a job has made, if that may be done now."""
    shown = _done(name, long.WORK)
    asked: Mapping[str, Any] = json.loads(shown.job.asked)
    held = library()
    card = long.card_of(held, asked)
    if _refusal(card):
        return redirect(url_for("taking.job_taken", name=name))
    form, steps = WORK_FORMATS[asked["format"]], _steps(shown)
    edition = replace(long.edition_of(held, card, site.root()), generation=shown.job.generation)
    return sent(form.whole(edition, lambda: long.work_parts(steps)), _name(card, form), form.media_type)


def _card(work: str) -> tuple[Library, WorkCard]:
    held = library()
    try:
        return held, held.card(work)
    except KeyError:
        abort(404)


def _name(card: WorkCard, form: WorkFormat) -> str:
    return f"{card.id}-{card.record.title}.{form.suffix}"


def _begun(kind: JobKind, asked: Mapping[str, Any], held: Library) -> ResponseReturnValue:
    try:
        name = asking.ask(kind, asked, held)
    except JobRefused as refused:
        status = 503 if refused.code in ("off", "all") else 429
        return _told(job_labels.refusal(refused, asking.limits()), status)
    return redirect(url_for("jobs.job", name=name))


def _told(error: str, status: int) -> Response:
    return make_response(render_template("jobs/not_taken.html", error=error), status)


def _done(name: str, kind: JobKind) -> ShownJob:
    shown = own(name)
    if shown.job.state is not JobState.DONE or shown.kind.name != kind.name:
        abort(404)
    return shown


def _steps(shown: ShownJob) -> long.Steps:
    def steps() -> Iterator[bytes]:
        return asking.results(shown.job)

    return steps
