"""Use statistics for librarians: a year on a page, and as the table that COUNTER's tools read."""

from __future__ import annotations

from collections.abc import Iterable

from flask import Blueprint, Response, render_template
from flask_babel import lazy_gettext

from web.access import library
from web.accounts.guard import requires
from web.accounts.models import AccountRole
from web.database.storage import session, today
from web.desk.pages.numbers import asked_year
from web.presenting.labels import collection_title
from web.presenting.spreadsheet import download
from web.usage.models import WHOLE, Metric
from web.usage.recording import write
from web.usage.reporting import UsageReport, report, years

blueprint = Blueprint("usage", __name__, url_prefix="/desk")
PLATFORM = "Wenyuan"
NAMES = {
    Metric.SEARCHES_PLATFORM: lazy_gettext("检索次数，全站"),
    Metric.SEARCHES_REGULAR: lazy_gettext("检索次数"),
    Metric.TOTAL_ITEM_REQUESTS: lazy_gettext("读篇次数"),
    Metric.LIMIT_EXCEEDED: lazy_gettext("因太忙被拒"),
    Metric.NO_LICENSE: lazy_gettext("因不开放被拒"),
}


@blueprint.get("/usage")
@requires(AccountRole.LIBRARIAN)
def shown() -> str:
    """Show the use of a year."""
    year = _year()
    return render_template(
        "desk/usage.html", report=_report(year), year=year, years=years(session()) or (year,), names=NAMES
    )


@blueprint.get("/usage.csv")
@requires(AccountRole.LIBRARIAN)
def sheet() -> Response:
    """Return the use of a year as CSV, with the head of a COUNTER report."""
    year = _year()
    return download(_table(_report(year)), f"usage-{year}")


def _report(year: int) -> UsageReport:
    write()  # what other processes have counted comes within a minute
    return report(session(), year, library().collections)


def _table(of: UsageReport) -> Iterable[tuple[str, ...]]:
    yield "Report_Name", "Database Master Report"
    yield "Report_ID", "DR"
    yield "Release", "5.1"
    yield "Reporting_Period", f"begin_date={of.months[0]}-01; end_date={of.months[-1]}-31"
    yield "Created", today().isoformat()
    yield ()
    yield "Database", "Platform", "Database_ID", "Metric_Type", "Access_Method", "Reporting_Period_Total", *of.months
    for row in of.rows:
        name = "" if row.collection == WHOLE else collection_title(row.collection)
        yield name, PLATFORM, row.collection, row.metric, row.method, str(row.total), *map(str, row.months)


def _year() -> int:
    return asked_year() or today().year
