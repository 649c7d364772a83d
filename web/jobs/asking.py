"""Jobs are asked for here, by a page, within the bounds on whoever is asking."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from flask import current_app

from search.library import Library
from web.accounts import attempts
from web.database.storage import session
from web.jobs import queue
from web.jobs.kinds import JobKind
from web.jobs.models import Job
from web.jobs.owners import owner_from_now_on
from web.jobs.queue import JobLimits, JobRefused
from web.networks import networks

LIMITS = "JOB_LIMITS"


def limits() -> JobLimits:
    """Return the limits of the application that answers."""
    return cast(JobLimits, current_app.config[LIMITS])


def ask(kind: JobKind, asked: Mapping[str, Any], held: Library) -> str:
    """Ask for a job of whoever is asking, on the works of a library as they see it, and return its name.

    Raises:
        JobRefused: there are too many, or they were asked for too often.
    """
    wait = attempts.take(session(), attempts.job(networks())).wait
    session().commit()
    if wait:
        raise JobRefused("often", wait)
    works = [card.id for card in held.works()]
    name = queue.ask(session(), limits(), kind.name, asked, owner_from_now_on(), works)
    session().commit()
    return name


def results(job: Job) -> Iterator[bytes]:
    """Yield the results of a job's steps, in order."""
    return queue.results(session(), job)
