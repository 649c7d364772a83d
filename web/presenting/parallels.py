"""Parallels in words and tables: an alignment in one line, and rows for spreadsheets."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence

from search.parallels.alignment import Agreement
from search.parallels.model import Parallel, Parallels
from search.parallels.works import StretchPlace, WorkParallels
from web.presenting.provenance import grouped, provenance_row
from web.presenting.rendering import MarkedRange, one_line
from web.presenting.urls import comparing_arguments

_SHOWN = 60
"""Characters of a text by which an export says what it is of."""
COLUMNS = (
    *("likeness", "work", "title", "section", "section_title", "page", "start", "end", "in_notes"),
    *("same", "changed", "missing", "added", "nearness", "asked", "aligned", "text", "address"),
)
_PLACE = ("work", "title", "section", "section_title", "page", "start", "end", "in_notes", "text", "address")
WORK_COLUMNS = (
    *(f"here_{name}" for name in _PLACE),
    *(f"there_{name}" for name in _PLACE),
    *("same", "changed", "missing", "added", "longest"),
)


Piece = tuple[Agreement | None, str]
"""Words of an alignment, and how they agree; None for what stands between: a note, or text between its parts."""


def pieces(text: str, found: Parallel) -> Iterator[Piece]:
    """Yield an alignment piece by piece: what is shared as it stands there, and in braces what differs.

    A changed character is ``{號→名}``, one that is missing there ``{-地}``, one that is added there ``{+之}``.
    """
    at = found.start
    for part in found.parts:
        for each in part.stretches:
            yield None, _there(found, at, each.here_start)
            at = max(at, each.here_end)
            mine, here = one_line(text[each.start : each.end]), _there(found, each.here_start, each.here_end)
            match each.agreement:
                case Agreement.SAME:
                    yield each.agreement, here
                case Agreement.CHANGED:
                    yield each.agreement, f"{{{mine}→{here}}}"
                case Agreement.MISSING:
                    yield each.agreement, f"{{-{mine}}}"
                case Agreement.ADDED:
                    yield each.agreement, f"{{+{here}}}"
    yield None, _there(found, at, found.end)


_LAYOUT = re.compile(r"[\n\r\t\u3000]")


def unbroken(text: str, ranges: Iterable[MarkedRange]) -> tuple[str, list[MarkedRange]]:
    """Return a text without the line ends and indents of its edition, and ranges of it as they are then.

    >>> unbroken("會寧\n　府", [MarkedRange(1, 5)])
    ('會寧府', [MarkedRange(start=1, end=3, title='')])
    """
    dropped = [found.start() for found in _LAYOUT.finditer(text)]
    moved = [
        MarkedRange(
            each.start - bisect_left(dropped, each.start), each.end - bisect_left(dropped, each.end), each.title
        )
        for each in ranges
    ]
    return _LAYOUT.sub("", text), moved


def _there(found: Parallel, start: int, end: int) -> str:
    return one_line(found.text[start - found.start : end - found.start])


def notation(text: str, found: Parallel) -> str:
    """Return an alignment in one line, as :func:`pieces` writes it."""
    return "".join(words for _, words in pieces(text, found))


def told(found: Parallels) -> dict[str, object]:
    """Return what parallels are of: the text, all that was asked that is not as by default, and counts."""
    text = one_line(found.text)
    return {
        "query": text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…",
        "asked": grouped(comparing_arguments(found.request)),
        "characters": len(found.text),
        **{str(kind): count for kind, count in found.counts.items()},
        "at_least": found.at_least,
        "windows": found.windows,
        "compared": found.compared,
        "generation": found.generation,
    }


def told_of_works(found: WorkParallels) -> dict[str, object]:
    """Return what the parallels of works are of, and their counts."""
    return {
        "query": found.request.collection or found.request.work,
        "asked": grouped(comparing_arguments(found.request)),
        "stretches": len(found.rows),
        "runs": found.runs,
        "at_least": found.at_least,
        "characters": sum(found.characters.values()),
        "generation": found.generation,
    }


def row(found: Parallels, each: Parallel) -> Mapping[str, object]:
    """Return a parallel as a row of :data:`COLUMNS`."""
    counts = each.agreements
    cells = (
        *(str(each.likeness), each.work.id, each.work.record.title, each.section_number, each.section, each.page),
        *(each.start, each.end, each.in_notes, counts.same, counts.changed, counts.missing, counts.added),
        f"{each.nearness:.4f}" if each.nearness else "",
        " ".join(f"{part.start}-{part.end}" for part in each.parts),
        *(notation(found.text, each), one_line(each.text), str(each.address)),
    )
    return dict(zip(COLUMNS, cells, strict=True))


def sheet(found: Parallels) -> Iterator[Sequence[str]]:
    """Yield a row of provenance, the names of the columns, and all parallels."""
    yield provenance_row(told(found))
    yield COLUMNS
    for each in found.rows:
        yield [str(cell) for cell in row(found, each).values()]


def work_rows(found: WorkParallels) -> Iterator[Mapping[str, object]]:
    """Yield all stretches that works share as rows of :data:`WORK_COLUMNS`."""
    for each in found.rows:
        counts = each.agreements
        cells = (
            *(*_cells(each.here), *_cells(each.there)),
            *(counts.same, counts.changed, counts.missing, counts.added, each.longest),
        )
        yield dict(zip(WORK_COLUMNS, cells, strict=True))


def work_sheet(found: WorkParallels) -> Iterator[Sequence[str]]:
    """Yield a row of provenance, the names of the columns, and all stretches."""
    yield provenance_row(told_of_works(found))
    yield WORK_COLUMNS
    for each in work_rows(found):
        yield [str(cell) for cell in each.values()]


def _cells(place: StretchPlace) -> Sequence[object]:
    record = place.work.record
    return (
        *(place.work.id, record.title, place.section_number, place.section, place.page, place.start, place.end),
        *(place.in_notes, one_line(place.text), str(place.address)),
    )
