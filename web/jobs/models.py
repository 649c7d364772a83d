"""The tables of long work."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Double, Enum, ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from web.database.storage import Base, Moment, now

LONGEST_REASON = 200
"""In characters."""


class JobState(StrEnum):
    """The states of a job; the last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


ACTIVE = (JobState.QUEUED, JobState.RUNNING)
_STATE = Enum(JobState, native_enum=False, length=20, values_callable=lambda states: [each.value for each in states])


class Job(Base):
    """A piece of long work: what is asked for, whose it is, and how far it is.

    ``name`` is what addresses call it. ``asked`` is JSON, as its kind reads it. ``owner`` is an account or a visitor,
    see :mod:`web.jobs.owners`. ``works`` is a JSON array of those that the owner could see when it was asked for: no
    other is read. ``reason`` is a code, and what it is about, of a job that failed.

    ``identity`` and ``generation`` are of the index that the steps so far are of; ``seconds`` they took, ``size`` bytes
    are their results. ``runner`` has the job until ``lease`` is over; ``tries`` counts how often the step at hand was
    begun, ``touched`` is when one last was.
    """

    __tablename__ = "job"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(32), unique=True)
    kind: Mapped[str] = mapped_column(String(32))
    asked: Mapped[str] = mapped_column(Text)
    owner: Mapped[str] = mapped_column(String(80), index=True)
    works: Mapped[str] = mapped_column(Text)
    state: Mapped[JobState] = mapped_column(_STATE, default=JobState.QUEUED, index=True)
    reason: Mapped[str] = mapped_column(String(LONGEST_REASON), default="")
    identity: Mapped[str] = mapped_column(String(200), default="")
    generation: Mapped[int] = mapped_column(default=0)
    steps: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    seconds: Mapped[float] = mapped_column(Double, default=0.0)
    size: Mapped[int] = mapped_column(default=0)
    tries: Mapped[int] = mapped_column(default=0)
    runner: Mapped[str] = mapped_column(String(32), default="")
    lease: Mapped[datetime | None] = mapped_column(Moment)
    created: Mapped[datetime] = mapped_column(Moment, default=now)
    touched: Mapped[datetime] = mapped_column(Moment, default=now)
    ended: Mapped[datetime | None] = mapped_column(Moment, index=True)

    @property
    def is_active(self) -> bool:
        """Whether it waits or is worked on."""
        return self.state in ACTIVE


class JobStep(Base):
    """The result of a step of a job."""

    __tablename__ = "job_step"

    job_id: Mapped[int] = mapped_column(ForeignKey("job.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    result: Mapped[bytes] = mapped_column(LargeBinary)
