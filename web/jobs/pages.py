"""Pages of jobs, for their owners alone: how far one is, those that one has, and the button that ends it."""

from __future__ import annotations

import json
from dataclasses import dataclass

from flask import Blueprint, Response, abort, current_app, jsonify, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from search.model import SearchError
from web.access import library
from web.caching import keep_nowhere
from web.database.storage import session
from web.jobs import queue
from web.jobs.asking import limits
from web.jobs.kinds import JobKind
from web.jobs.models import Job, JobState
from web.jobs.owners import owner

KINDS = "wenyuan.jobs"
blueprint = Blueprint("jobs", __name__, url_prefix="/jobs")


@dataclass(frozen=True, slots=True)
class ShownJob:
    """A job, its kind, and what it is of."""

    job: Job
    kind: JobKind
    title: Markup


@blueprint.get("/")
def mine() -> str:
    """List one's own jobs."""
    shown = [found for job in queue.jobs_of(session(), owner()) if (found := _shown(job))]
    return render_template("jobs/jobs.html", jobs=shown)


@blueprint.get("/<name>")
def job(name: str) -> ResponseReturnValue:
    """Show how far a job is; one that is done shows its result."""
    shown = own(name)
    if shown.job.state is JobState.DONE:
        return redirect(url_for(shown.kind.result, name=name))
    return render_template("jobs/job.html", job=shown.job, kind=shown.kind, title=shown.title, limits=limits())


@blueprint.get("/<name>/progress")
def progress(name: str) -> Response:
    """Return how far a job is, for the script of its page."""
    found = own(name).job
    return keep_nowhere(jsonify(state=found.state, done=found.done, steps=found.steps))


@blueprint.post("/<name>/cancel")
def cancel(name: str) -> ResponseReturnValue:
    """Cancel a job, or remove one that has ended."""
    found = own(name).job
    queue.cancel(session(), found)
    session().commit()
    return redirect(url_for("jobs.mine"))


def own(name: str) -> ShownJob:
    """Return a job of whoever is asking; to others there is none, nor to an owner who may not see what it is of."""
    found = queue.find(session(), owner(), name)
    shown = _shown(found) if found else None
    if shown is None:
        abort(404)
    return shown


def _shown(found: Job) -> ShownJob | None:
    kind: JobKind = current_app.extensions[KINDS][found.kind]
    try:
        return ShownJob(found, kind, kind.title(library(), json.loads(found.asked)))
    except SearchError:
        return None
