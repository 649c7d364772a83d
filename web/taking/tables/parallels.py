"""Parallels of a text, and all that works share, as tables."""

from __future__ import annotations

from dataclasses import replace

from search.library import Library
from search.parallels.model import Parallel, Parallels, ParallelsRequest
from search.parallels.works import StretchPlace, WorkParallels, WorkStretch
from web.presenting.parallels import notation
from web.presenting.rendering import one_line
from web.presenting.urls import address_url, comparing_arguments, comparing_url
from web.taking.provenance import licence_of, provenance
from web.taking.table import Cell, Table, number

_SHOWN = 60
"""Characters of a text by which a table says what it is of."""
COLUMNS = (
    *("likeness", "work", "title", "section", "section_title", "page", "start", "end", "in_notes"),
    *("same", "changed", "missing", "added", "nearness", "asked", "aligned", "text", "address", "url", "licence"),
)
_PLACE = ("work", "title", "section", "section_title", "page", "start", "end", "in_notes", "text", "address", "url")
WORK_COLUMNS = (
    *(f"{side}_{name}" for side in ("here", "there") for name in (*_PLACE, "licence")),
    *("same", "changed", "missing", "added", "longest"),
)


def table(held: Library, asked: ParallelsRequest, root: str) -> Table:
    """Return what is like a text elsewhere, below the site's address ``root``."""
    return table_of(held.parallels(asked), root)


def table_of(found: Parallels, root: str) -> Table:
    """Return parallels as a table; of a pasted text the provenance has the beginning alone."""
    text = one_line(found.text)
    asked = replace(found.request, q="") if found.request.place is None else found.request
    about = provenance(
        text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…",
        comparing_arguments(asked),
        [card for card, _ in found.by_work],
        root + comparing_url(asked),
        found.generation,
        characters=len(found.text),
        **{str(kind): count for kind, count in found.counts.items()},
        at_least=found.at_least,
        windows=found.windows,
        compared=found.compared,
    )
    return Table("parallels", about, COLUMNS, (_row(found, each, root) for each in found.rows))


def _row(found: Parallels, each: Parallel, root: str) -> tuple[Cell, ...]:
    counts = each.agreements
    return (
        *(str(each.likeness), each.work.id, each.work.record.title, each.section_number, each.section, each.page),
        *(each.start, each.end, each.in_notes, counts.same, counts.changed, counts.missing, counts.added),
        number(each.nearness) if each.nearness else None,
        " ".join(f"{part.start}-{part.end}" for part in each.parts),
        *(notation(found.text, each), one_line(each.text), str(each.address), root + address_url(each.address)),
        licence_of(each.work),
    )


def work_table(found: WorkParallels, root: str) -> Table:
    """Return all stretches that works share, below the site's address ``root``."""
    about = provenance(
        found.request.collection or found.request.work,
        comparing_arguments(found.request),
        {card.id: card for card in (*found.works, *found.among)}.values(),
        root + comparing_url(found.request),
        found.generation,
        stretches=len(found.rows),
        runs=found.runs,
        at_least=found.at_least,
        characters=sum(found.characters.values()),
    )
    return Table("parallels", about, WORK_COLUMNS, (_work_row(each, root) for each in found.rows))


def _work_row(each: WorkStretch, root: str) -> tuple[Cell, ...]:
    counts = each.agreements
    return (
        *(*_cells(each.here, root), *_cells(each.there, root)),
        *(counts.same, counts.changed, counts.missing, counts.added, each.longest),
    )


def _cells(place: StretchPlace, root: str) -> tuple[Cell, ...]:
    return (
        *(place.work.id, place.work.record.title, place.section_number, place.section, place.page),
        *(place.start, place.end, place.in_notes, one_line(place.text), str(place.address)),
        *(root + address_url(place.address), licence_of(place.work)),
    )
