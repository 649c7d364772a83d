"""Statistics, as charts, tables and CSV."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import Response, abort, render_template, request
from flask_babel import LazyString, lazy_gettext
from flask_babel import gettext as _

from web.accounts.guard import requires
from web.accounts.models import AccountRole
from web.database.storage import session
from web.desk import charts, labels
from web.desk.pages import blueprint
from web.desk.statistics import DAYS, Statistics, statistics, years
from web.presenting.spreadsheet import download

NumbersRow = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NumbersTable:
    """One of the tables: its heading, those of its columns, and how its rows are drawn from the numbers.

    A chart shows the column ``drawn`` of the rows, where there is one.
    """

    heading: LazyString
    columns: tuple[LazyString, ...]
    rows: Callable[[Statistics], Sequence[NumbersRow]]
    drawn: int | None = 1


def _days(numbers: Statistics) -> Sequence[NumbersRow]:
    return [
        (str(labels.TIERS[each.tier]), str(each.answered), "" if each.median is None else f"{each.median:.1f}")
        for each in numbers.days
    ]


def _spans(numbers: Statistics) -> Sequence[NumbersRow]:
    named = [str(_("%(days)s 天以内", days=bound)) for bound in DAYS] + [str(_("%(days)s 天以上", days=DAYS[-1]))]
    return [(name, str(count)) for name, count in zip(named, numbers.spans, strict=True)]


TABLES = {
    "tiers": NumbersTable(
        lazy_gettext("各类咨询"),
        (lazy_gettext("类别"), lazy_gettext("件数")),
        lambda numbers: [(str(labels.TIERS[tier]), str(count)) for tier, count in numbers.tiers.items()],
    ),
    "statuses": NumbersTable(
        lazy_gettext("各种状态"),
        (lazy_gettext("状态"), lazy_gettext("件数")),
        lambda numbers: [(str(labels.STATUSES[status]), str(count)) for status, count in numbers.statuses.items()],
    ),
    "spans": NumbersTable(lazy_gettext("答复用时"), (lazy_gettext("用时"), lazy_gettext("件数")), _spans),
    "days": NumbersTable(
        lazy_gettext("各类咨询的答复用时"),
        (lazy_gettext("类别"), lazy_gettext("已答复"), lazy_gettext("天数的中位数")),
        _days,
        drawn=None,
    ),
    "months": NumbersTable(
        lazy_gettext("各月"),
        (lazy_gettext("月份"), lazy_gettext("来问"), lazy_gettext("答复")),
        lambda numbers: [(month, str(came), str(went)) for month, came, went in numbers.months],
    ),
    "people": NumbersTable(
        lazy_gettext("各人"),
        (lazy_gettext("姓名"), lazy_gettext("受理"), lazy_gettext("写稿"), lazy_gettext("签发"), lazy_gettext("结案")),
        lambda numbers: [(each.name, *map(str, each.acts)) for each in numbers.people],
        drawn=None,
    ),
    "works": NumbersTable(
        lazy_gettext("引用最多的著作"),
        (lazy_gettext("著作"), lazy_gettext("引文数"), lazy_gettext("编号")),
        lambda numbers: [(title, str(count), work) for title, work, count in numbers.works],
    ),
    "fruitless": NumbersTable(
        lazy_gettext("没有结果的检索"),
        (lazy_gettext("检索式"), lazy_gettext("次数")),
        lambda numbers: [(query, str(count)) for query, count in numbers.fruitless],
        drawn=None,
    ),
}


@blueprint.get("/statistics")
@requires(AccountRole.LIBRARIAN)
def numbers() -> str:
    """Show the numbers of a year, or of all."""
    year = asked_year()
    counted = statistics(session(), year)
    tables = [(key, table, table.rows(counted)) for key, table in TABLES.items()]
    return render_template("desk/statistics.html", tables=tables, year=year, years=years(session()))


@blueprint.get("/statistics/<key>.svg")
@requires(AccountRole.LIBRARIAN)
def chart(key: str) -> Response:
    """Draw a table as bars."""
    table = TABLES.get(key)
    if table is None or table.drawn is None:
        abort(404)
    rows = [(row[0], int(row[table.drawn])) for row in table.rows(statistics(session(), asked_year()))]
    response = Response(charts.bars(rows, str(_("还没有数据"))), mimetype=charts.MEDIA_TYPE)
    # The drawing bears its own style; opened by itself it may use it, and nothing else.
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'"
    return response


@blueprint.get("/statistics/<key>.csv")
@requires(AccountRole.LIBRARIAN)
def sheet(key: str) -> Response:
    """Return a table as CSV."""
    table = TABLES.get(key)
    if table is None:
        abort(404)
    rows = table.rows(statistics(session(), asked_year()))
    return download([[str(column) for column in table.columns], *rows], key)


def asked_year() -> int | None:
    """Return the year that the address asks for; None where it asks for none."""
    year = request.args.get("year", "")
    return int(year) if year.isascii() and year.isdigit() and len(year) == 4 else None
