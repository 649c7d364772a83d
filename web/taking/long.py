"""Taking away that takes long, as kinds of jobs: the lines of a concordance, and a work.

What a step keeps knows no format of a table, and nothing of who may see it: both are decided when it is taken.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from flask_babel import lazy_gettext
from markupsafe import Markup

from indexer.progress import Progress
from search import deadline
from search.concordance import ConcordanceRequest
from search.library import Library
from search.model import SearchError, WorkCard
from search.occurrences import Grouping
from web.api.concordance import CONCORDANCE
from web.api.parameters import read
from web.jobs.kinds import JobKind
from web.presenting.urls import arguments
from web.taking import bounds
from web.taking.provenance import grouped
from web.taking.table import Cell, Table
from web.taking.tables import concordances
from web.taking.works.edition import Edition
from web.taking.works.every import WORK_FORMATS

LINES_OF_A_STEP = 5_000
CHARACTERS_OF_A_STEP = 200_000
_WORK, _URL = (concordances.COLUMNS.index(name) for name in ("work", "url"))

Steps = Callable[[], Iterator[bytes]]
"""A function to the results of a job's steps; they may be gone through more than once."""


class LinesTaken:
    """The lines of a concordance: the first step keeps the counts of each work, every other some of the lines."""

    def __init__(self, held: Library, asked: Mapping[str, Any]) -> None:
        self._found = held.lines(request_of(asked))
        self._number = min(len(self._found.lines), bounds.MOST_LINES_OF_A_JOB)
        self.steps = 1 + -(-self._number // LINES_OF_A_STEP)

    def step(self, number: int, progress: Progress) -> bytes:
        """See :meth:`web.jobs.kinds.LongWork.step`."""
        if number == 0:
            counts = {group.value: group.count for group in self._found.left.grouped_by(Grouping.WORK)}
            return _packed({"at_least": self._found.left.at_least, "counts": counts})
        first = (number - 1) * LINES_OF_A_STEP
        rows: list[tuple[Cell, ...]] = []
        for each in concordances.lines(self._found, first, min(first + LINES_OF_A_STEP, self._number)):
            deadline.check()
            progress("lines", first + len(rows), self._number)
            rows.append(concordances.row(each, ""))
        return _packed(rows)


class WorkTaken:
    """A work: some of its sections a step, in the format that was asked for."""

    def __init__(self, held: Library, asked: Mapping[str, Any]) -> None:
        card = card_of(held, asked)
        self._edition = edition_of(held, card, "")
        self._format = WORK_FORMATS[asked["format"]]
        self._sections: list[list[int]] = []
        left = 0
        for number, each in enumerate(held.outline(card.id)):
            if left <= 0:
                self._sections.append([])
                left = CHARACTERS_OF_A_STEP
            self._sections[-1].append(number)
            left -= each.text + each.notes
        self.steps = len(self._sections)

    def step(self, number: int, progress: Progress) -> bytes:
        """See :meth:`web.jobs.kinds.LongWork.step`."""
        parts = []
        for section in self._sections[number]:
            deadline.check()
            progress("sections", section, self._edition.card.sections)
            parts.append(self._format.section(self._edition, section).decode())
        return _packed(parts)


def asked_for(request: ConcordanceRequest) -> dict[str, Any]:
    """Return what a job is asked for, as the database has it."""
    return {"given": [[name, value] for name, value in arguments(request) if name not in ("start", "limit")]}


def request_of(asked: Mapping[str, Any]) -> ConcordanceRequest:
    """Return the request of a job for lines."""
    given = grouped((name, value) for name, value in asked["given"])
    request: ConcordanceRequest = read(CONCORDANCE, given, exact_names=False).request()
    return request


def card_of(held: Library, asked: Mapping[str, Any]) -> WorkCard:
    """Return the work of a job.

    Raises:
        SearchError: it is not there.
    """
    try:
        return held.card(asked["work"])
    except KeyError:
        raise SearchError("no-such-work", asked["work"]) from None


def edition_of(held: Library, card: WorkCard, root: str) -> Edition:
    """Return a work of the library as it is taken away, below the site's address ``root``."""
    return Edition(card, held.generation, root, lambda number: held.section(card.id, number).section)


def lines_table(held: Library, asked: Mapping[str, Any], steps: Steps, generation: int, root: str) -> Table:
    """Return what a job has found, as if the works that are not in the library had not been there."""
    request = request_of(asked)
    works = {card.id for card in held.works()}

    def rows() -> Iterator[tuple[Cell, ...]]:
        found = steps()
        next(found)
        for step in found:
            for row in _unpacked(step):
                if row[_WORK] in works:
                    row[_URL] = root + row[_URL]
                    yield tuple(row)

    head = _unpacked(next(steps()))
    total = sum(count for work, count in head["counts"].items() if work in works)
    number = sum(1 for _ in rows())
    listed = min(request.sample or total, total)
    about = concordances.told(held, request, root, total, listed, number, head["at_least"])
    return Table("concordance", {**about, "generation": generation}, concordances.COLUMNS, rows())


def work_parts(steps: Steps) -> Iterator[bytes]:
    """Yield the parts of a work that a job has made."""
    for step in steps():
        for part in _unpacked(step):
            yield part.encode()


def _packed(value: object) -> bytes:
    return zlib.compress(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"))


def _unpacked(data: bytes) -> Any:
    return json.loads(zlib.decompress(data).decode("utf-8", "surrogatepass"))


def _lines_title(_: Library, asked: Mapping[str, Any]) -> Markup:
    return Markup('<span lang="zh">{}</span>').format(request_of(asked).q)


def _work_title(held: Library, asked: Mapping[str, Any]) -> Markup:
    return Markup('<cite lang="zh">{}</cite>').format(card_of(held, asked).record.title)


LINES = JobKind("lines", lazy_gettext("取走逐处"), LinesTaken, _lines_title, "taking.job_taken")
WORK = JobKind("work", lazy_gettext("取走全书"), WorkTaken, _work_title, "taking.job_taken")
KINDS = (LINES, WORK)
