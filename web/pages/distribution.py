"""The distribution: how often words stand in each group of texts, as a table and as a chart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import get_args

from flask import render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from search.concordance import ConcordanceRequest
from search.distribution import MOST_TERMS, Distribution, DistributionRequest, DistributionRow, Division, RowOrder
from search.occurrences import Grouping
from search.selection import of_selection
from web.access import library
from web.api.distribution import DISTRIBUTION
from web.api.parameters import read as read_parameters
from web.pages import blueprint
from web.pages.selecting import answered, frame, paging, url_of
from web.presenting import labels
from web.presenting.charts import Bar, BarGroup, bars, strip, timeline
from web.presenting.urls import page_url

DRAWN = 25
"""Groups that are drawn as bars; a strip has as many as there are, up to :data:`DRAWN_IN_STRIP`."""
DRAWN_IN_STRIP = 1000


@dataclass(frozen=True, slots=True)
class Cell:
    """A count, for so many characters, and the URL of its lines; empty where there are none."""

    count: int
    frequency: float
    url: str


@dataclass(frozen=True, slots=True)
class ShownRow:
    """A group of texts with the counts of all terms; ``within`` is the URL of where they stand in it."""

    label: str
    characters: int
    cells: Sequence[Cell]
    within: str


@blueprint.get("/distribution")
def distribution() -> ResponseReturnValue:
    """Show how words are distributed, or why that can't be told."""
    asked = _asked()
    held = library()
    url = partial(url_of, asked)
    page = {
        **frame(held, asked, url),
        "fields": [*asked.terms, *[""] * (len(asked.terms) < MOST_TERMS)],
        "most_terms": MOST_TERMS,
        "ways": [(each, url(group=each, order=_usual(each))) for each in get_args(Division)],
    }
    if not asked.terms:
        return render_template("distribution.html", **page)

    def shown(found: Distribution) -> dict[str, object]:
        rows = _rows(asked, found.shown)
        return {
            "rows": rows,
            "total": _row(found.total, asked),
            "charts": _charts(found, rows),
            "paging": paging(asked.start, asked.limit, len(found.rows), url),
            "explanations": [labels.explanation(*each) for each in found.explanations],
            "taken_url": page_url(asked),
        }

    return answered("distribution.html", page, lambda: held.distribution(asked), shown)


def _asked() -> DistributionRequest:
    asked: DistributionRequest = read_parameters(DISTRIBUTION, dict(request.args.lists()), exact_names=False).request()
    return asked


def _usual(grouping: Grouping) -> RowOrder:
    """Return the order that a grouping is first shown in."""
    return RowOrder.PLACE if grouping in (Grouping.SECTION, Grouping.YEAR, Grouping.EVENT) else RowOrder.COUNT


def _rows(asked: DistributionRequest, rows: Sequence[DistributionRow]) -> list[ShownRow]:
    return [_row(row, asked.alone(asked.group, row.value)) for row in rows]


def _row(row: DistributionRow, there: DistributionRequest) -> ShownRow:
    """Return a row with links to what is counted ``there``, and that of a work with one to its sections."""
    cells = [
        Cell(count, frequency, page_url(of_selection(ConcordanceRequest, there, q)) if count else "")
        for q, count, frequency in zip(there.terms, row.counts, row.frequencies, strict=True)
    ]
    inside = replace(there, group=Grouping.SECTION, order=RowOrder.PLACE, start=1)
    is_work = there.group is Grouping.WORK and row.value and any(row.counts)
    label = labels.group_label(there.group, row.label) or labels.no_value(there.group)
    return ShownRow(label, row.characters, cells, page_url(inside) if is_work else "")


def _charts(found: Distribution, rows: Sequence[ShownRow]) -> list[tuple[str, Markup]]:
    """Draw the first of the rows of the page; as a strip, or as a timeline in whichever order, those of all pages."""
    asked = found.request
    if asked.group is Grouping.EVENT:
        return _timelines(found)
    in_strip = asked.group is Grouping.SECTION and asked.order is RowOrder.PLACE
    drawn = _rows(asked, found.rows[:DRAWN_IN_STRIP]) if in_strip else rows[:DRAWN]
    groups = [_bars(asked, row) for row in drawn]
    draw = strip if in_strip else bars
    chart = draw(*labels.chart(asked.terms, asked.group, in_strip, len(groups)), asked.terms, groups)
    return [(labels.per_characters(), chart)]


def _timelines(found: Distribution) -> list[tuple[str, Markup]]:
    """Draw how many occurrences there are of each year, and how many for so many characters; none of no year."""
    asked = found.request
    some = [row for row in found.rows if row.value and any(row.counts)]
    drawn = dict(zip((int(row.value) for row in some), _rows(asked, some), strict=True))
    shown = []
    for name, is_relative in (("counts", False), ("chart", True)):
        groups = {year: _bars(asked, row, is_relative) for year, row in drawn.items()}
        told = labels.timeline(asked.terms, is_relative, len(groups))
        caption = labels.per_characters() if is_relative else labels.occurrences()
        shown.append((caption, timeline(*told, asked.terms, groups, name)))
    return shown


def _bars(asked: DistributionRequest, row: ShownRow, is_relative: bool = True) -> BarGroup:
    """Return the bars of a group, as long as its occurrences are, or as these are for so many characters."""
    drawn = [
        Bar(
            cell.frequency if is_relative else cell.count,
            labels.bar(row.label, q, cell.count, cell.frequency),
            cell.url and request.script_root + cell.url,
        )
        for q, cell in zip(asked.terms, row.cells, strict=True)
    ]
    return BarGroup(row.label, row.characters, drawn)
