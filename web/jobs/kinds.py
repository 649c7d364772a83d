"""Kinds of long work: what a runner and the pages of jobs have to know of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from flask_babel import LazyString
from markupsafe import Markup

from indexer.progress import Progress
from search.library import Library


class LongWork(Protocol):
    """Work that is done in steps of a few seconds, each of which comes to the same whenever it is done."""

    @property
    def steps(self) -> int:
        """How many there are."""

    def step(self, number: int, progress: Progress) -> bytes:
        """Do a step and return its result; ``progress`` is called every second or so, and may raise.

        Raises:
            SearchTimeout: it takes longer than the caller has allowed (:mod:`search.deadline`).
        """


@dataclass(frozen=True, slots=True)
class JobKind:
    """A kind of long work, called ``name`` in the database and ``label`` on pages.

    ``begin`` prepares the work on a library that has no works but those it may read. ``title`` says what it is of, and
    who may not see that is not told that there is a job. Both raise :class:`search.model.SearchError` where what is
    asked for is not in the library. ``result`` is the endpoint of the page that shows the result; it takes the job's
    name.
    """

    name: str
    label: LazyString
    begin: Callable[[Library, Mapping[str, Any]], LongWork]
    title: Callable[[Library, Mapping[str, Any]], Markup]
    result: str
