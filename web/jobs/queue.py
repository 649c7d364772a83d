"""The queue of jobs in the database: they are asked for, taken by one runner at a time, kept, cancelled and cleared.

Who takes a job leases it: as long as the lease is renewed nobody else does. What a runner writes counts only while the
job is its own, so that one that was held up, and whose job another has taken, or somebody cancelled, changes nothing.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Update, delete, false, func, or_, select, text, update
from sqlalchemy.orm import Session

from web.database.storage import Storage, now, rows_changed
from web.jobs.models import ACTIVE, LONGEST_REASON, Job, JobState, JobStep

LEASE = timedelta(seconds=30)
"""The time after which another runner may take a job whose own has died."""
KEPT = timedelta(days=1)
"""The time for which a job that has ended is kept, and for which one may wait or run."""
_LOOKED_AT = 8
"""Jobs that a runner tries to take before it looks anew."""


@dataclass(frozen=True, slots=True)
class JobLimits:
    """The most jobs in all and of an owner, those that are done included, and of each the seconds and the bytes."""

    jobs: int
    each: int
    seconds: float
    size: int


class JobRefused(Exception):
    """A job was not taken; ``code`` says why: ``off``, ``each``, ``all``, or ``often``, with seconds to ``wait``."""

    def __init__(self, code: str, wait: int = 0) -> None:
        super().__init__(code)
        self.code = code
        self.wait = wait


@dataclass(frozen=True, slots=True)
class Turn:
    """A job as the runner that has taken it knows it."""

    id: int
    runner: str
    kind: str
    asked: Mapping[str, Any]
    works: frozenset[str]
    identity: str
    steps: int
    done: int
    seconds: float
    size: int
    tries: int


def ask(
    session: Session, limits: JobLimits, kind: str, asked: Mapping[str, Any], owner: str, works: Sequence[str]
) -> str:
    """Add a job, or find the one that the owner has for the same, and return its name; the caller commits.

    Raises:
        JobRefused: there are too many.
    """
    if not limits.jobs:
        raise JobRefused("off")
    said, known = json.dumps(asked, ensure_ascii=False, sort_keys=True), json.dumps(sorted(works), ensure_ascii=False)
    _lock(session)
    held = Job.state.in_((*ACTIVE, JobState.DONE))
    mine = session.scalars(select(Job).where(held, Job.owner == owner).order_by(Job.id.desc())).all()
    if same := next((job for job in mine if (job.kind, job.asked, job.works) == (kind, said, known)), None):
        return same.name
    if len(mine) >= limits.each:
        raise JobRefused("each")
    if session.scalars(select(func.count()).select_from(Job).where(held)).one() >= limits.jobs:
        raise JobRefused("all")
    job = Job(name=secrets.token_urlsafe(16), kind=kind, asked=said, owner=owner, works=known)
    session.add(job)
    session.flush()
    return job.name


def find(session: Session, owner: str, name: str) -> Job | None:
    """Return a job, if it is this owner's."""
    return session.scalar(select(Job).where(Job.name == name, Job.owner == owner)) if owner else None


def jobs_of(session: Session, owner: str) -> Sequence[Job]:
    """Return the jobs of an owner, the latest first."""
    mine = select(Job).where(Job.owner == owner).order_by(Job.id.desc())
    return session.scalars(mine).all() if owner else ()


def counted(session: Session) -> dict[JobState, int]:
    """Return how many jobs there are in each state."""
    counts = dict.fromkeys(JobState, 0)
    for state, count in session.execute(select(Job.state, func.count()).group_by(Job.state)):
        counts[state] = count
    return counts


def results(session: Session, job: Job) -> Iterator[bytes]:
    """Yield the results of a job's steps, in order."""
    mine = select(JobStep.result).where(JobStep.job_id == job.id).order_by(JobStep.number)
    yield from session.scalars(mine.execution_options(yield_per=10))


def cancel(session: Session, job: Job) -> None:
    """Cancel a job that waits or runs, or remove one that has ended; the caller commits."""
    _drop_steps(session, Job.id == job.id)
    ending = update(Job).where(Job.id == job.id, Job.state.in_(ACTIVE))
    if not rows_changed(session, ending.values(state=JobState.CANCELLED, ended=now(), lease=None, size=0)):
        session.execute(delete(Job).where(Job.id == job.id))


def hand_over(session: Session, giver: str, taker: str) -> None:
    """Give all jobs of an owner to another; the caller commits."""
    handed = update(Job).where(Job.owner == giver).values(owner=taker)
    session.execute(handed.execution_options(synchronize_session=False))


def remove_all(session: Session, owner: str) -> None:
    """Remove the jobs of an owner, whatever becomes of them; the caller commits."""
    _drop_steps(session, Job.owner == owner)
    session.execute(delete(Job).where(Job.owner == owner).execution_options(synchronize_session=False))


def take(storage: Storage, runner: str) -> Turn | None:
    """Take the job that was least lately worked on, if there is one that nobody has."""
    at = now()
    free = Job.state.in_(ACTIVE) & or_(Job.lease.is_(None), Job.lease <= at)
    with storage.session.begin() as session:
        for job in session.scalars(select(Job.id).where(free).order_by(Job.touched, Job.id).limit(_LOOKED_AT)).all():
            taking = (
                update(Job)
                .where(Job.id == job, free)
                .values(state=JobState.RUNNING, runner=runner, lease=at + LEASE, touched=at, tries=Job.tries + 1)
            )
            if rows_changed(session, taking.execution_options(synchronize_session=False)):
                return _turn(session.get_one(Job, job))
    return None


def renew(storage: Storage, turn: Turn) -> bool:
    """Renew the lease of a job; return whether the runner still has it."""
    with storage.session.begin() as session:
        return rows_changed(session, _own(turn).values(lease=now() + LEASE)) > 0


def begin(storage: Storage, turn: Turn, identity: str, generation: int, steps: int) -> Turn:
    """Begin a job on a state of the index, from its first step; what was found in another state is dropped."""
    with storage.session.begin() as session:
        begun = _own(turn).values(identity=identity, generation=generation, steps=steps, done=0, size=0)
        if rows_changed(session, begun):
            _drop_steps(session, Job.id == turn.id)
    return replace(turn, identity=identity, steps=steps, done=0, size=0)


def keep(storage: Storage, turn: Turn, result: bytes, seconds: float) -> None:
    """Keep the result of a step, which took so long, and let the job go; after its last step it is done."""
    is_last = turn.done + 1 == turn.steps
    with storage.session.begin() as session:
        kept = _own(turn).values(
            state=JobState.DONE if is_last else JobState.RUNNING,
            ended=now() if is_last else None,
            done=turn.done + 1,
            seconds=turn.seconds + seconds,
            size=turn.size + len(result),
            tries=0,
            lease=None,
        )
        if rows_changed(session, kept):
            session.add(JobStep(job_id=turn.id, number=turn.done, result=result))


def end(storage: Storage, turn: Turn, state: JobState, reason: str = "") -> None:
    """End a job; what a failed one has found is dropped."""
    with storage.session.begin() as session:
        ended = _own(turn).values(state=state, reason=reason[:LONGEST_REASON], ended=now(), lease=None)
        if rows_changed(session, ended) and state is not JobState.DONE:
            _drop_steps(session, Job.id == turn.id)


def let_go(storage: Storage, turn: Turn) -> None:
    """Release a job without having done a step, which was not its fault."""
    with storage.session.begin() as session:
        session.execute(_own(turn).values(lease=None, tries=Job.tries - 1))


def clear(storage: Storage) -> None:
    """Remove jobs that ended some time ago, and those that nobody could do."""
    at = now()
    with storage.session.begin() as session:
        old = or_(Job.ended <= at - KEPT, Job.created <= at - 2 * KEPT)
        if session.scalar(select(Job.id).where(old).limit(1)) is not None:
            _drop_steps(session, old)
            session.execute(delete(Job).where(old).execution_options(synchronize_session=False))


def _turn(job: Job) -> Turn:
    works = frozenset(json.loads(job.works))
    told = (job.identity, job.steps, job.done, job.seconds, job.size, job.tries)
    return Turn(job.id, job.runner, job.kind, json.loads(job.asked), works, *told)


def _own(turn: Turn) -> Update:
    own = (Job.id == turn.id, Job.runner == turn.runner, Job.state == JobState.RUNNING, Job.lease.is_not(None))
    return update(Job).where(*own).execution_options(synchronize_session=False)


def _drop_steps(session: Session, of: ColumnElement[bool]) -> None:
    steps = delete(JobStep).where(JobStep.job_id.in_(select(Job.id).where(of)))
    session.execute(steps.execution_options(synchronize_session=False))


def _lock(session: Session) -> None:
    """Lock the table against writing, so that what is counted is so until the end of the transaction."""
    if session.get_bind().dialect.name == "sqlite":
        session.execute(update(Job).where(false()).values(size=0))  # the first write takes the lock
    else:
        session.execute(text("LOCK TABLE job IN SHARE ROW EXCLUSIVE MODE"))
