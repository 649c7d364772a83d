"""Addresses of tables: what the page of the same address shows, in the format that its ending names."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any

from flask import Blueprint, Response, make_response, request
from flask.typing import ResponseReturnValue
from pydantic import Field

from search.addresses import Address
from search.library import Library
from search.model import SearchError
from search.parallels import comparing
from web import site
from web.access import library
from web.api.collocates import COLLOCATES
from web.api.concordance import CONCORDANCE
from web.api.distribution import DISTRIBUTION
from web.api.keywords import KEYWORDS
from web.api.parallels import PARALLELS, WORK_PARALLELS
from web.api.parameters import SEARCH_FORM, BadParameter, Parameters, read
from web.presenting import labels
from web.taking import bounds
from web.taking.formats.every import NAMES, TABLE_FORMATS
from web.taking.sending import sent_table
from web.taking.table import Table
from web.taking.tables import collocations, concordances, distributions, hits, keywords, parallels, places

blueprint = Blueprint("taking", __name__)

Make = Callable[[Library, Any, str], Table]


def _lines(held: Library, asked: Any, root: str) -> Table:
    return concordances.table(held, replace(asked, start=1), root, bounds.MOST_LINES)


def _work_parallels(held: Library, asked: Any, root: str) -> Table:
    if (size := held.comparison(asked).size) > comparing.AT_ONCE:
        raise SearchError("takes-a-job", f"{size:,}")
    return parallels.work_table(held.work_parallels(asked), root)


_TABLES: dict[str, tuple[type[Parameters], Make]] = {
    "search": (SEARCH_FORM, hits.table),
    "concordance": (CONCORDANCE, _lines),
    "distribution": (DISTRIBUTION, distributions.table),
    "collocates": (COLLOCATES, collocations.table),
    "keywords": (KEYWORDS, keywords.table),
}
"""The parameters of each page, and its table."""


class PlacesParameters(Parameters):
    """A list of places, and the format that it is taken away in."""

    address: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=500)], ...],
        Field(min_length=1, max_length=places.MOST_PLACES),
    ]
    format: Annotated[
        str, Field(pattern=f"^({'|'.join(TABLE_FORMATS)})$", json_schema_extra={"enum": list(TABLE_FORMATS)})
    ] = "csv"


@blueprint.get(f"/<any({','.join(_TABLES)}):name>.<{NAMES}:form>")
def table(name: str, form: str) -> ResponseReturnValue:
    """Take away what a page finds."""
    return _taken(*_TABLES[name], dict(request.args.lists()), form)


@blueprint.route(f"/parallels.<{NAMES}:form>", methods=["GET", "POST"])
def parallels_table(form: str) -> ResponseReturnValue:
    """Take away the parallels of a text; a long text is sent as a form."""
    given = dict(request.values.lists()) if request.method == "POST" else dict(request.args.lists())
    return _taken(PARALLELS, parallels.table, given, form)


@blueprint.get(f"/parallels/works.<{NAMES}:form>")
def work_parallels_table(form: str) -> ResponseReturnValue:
    """Take away all that works share, where it can be found at once."""
    # The form's choice of all others is one of nothing.
    given = {name: [each for each in values if each or name != "with"] for name, values in request.args.lists()}
    return _taken(WORK_PARALLELS, _work_parallels, given, form)


@blueprint.post("/take/list")
def list_of_places() -> ResponseReturnValue:
    """Take away a list of places."""
    asked = read(PlacesParameters, dict(request.form.lists()), exact_names=False)
    try:
        addresses = [Address.parse(each) for each in asked.address]
    except ValueError as failure:
        raise BadParameter("address", str(failure)) from None
    return sent_table(places.table(library(), addresses, site.root()), TABLE_FORMATS[asked.format])


def _taken(parameters: Any, make: Make, given: Mapping[str, Sequence[str]], form: str) -> Response:
    asked = read(parameters, given, exact_names=False).request()
    try:
        return sent_table(make(library(), asked, site.root()), TABLE_FORMATS[form])
    except SearchError as failure:
        return make_response(labels.search_error(failure), 400, {"Content-Type": "text/plain; charset=utf-8"})
