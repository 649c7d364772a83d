"""The form for people who write no operators: it writes the query, which can be changed and searched."""

from __future__ import annotations

from typing import Annotated

from flask import render_template, request
from pydantic import Field

from corpora.catalogue import QUERIED
from search.composing import SECTION, Composition
from search.model import MAX_CHARACTERS, SearchError, SearchRequest
from search.query import MAX_DISTANCE, parse
from web.api.parameters import Parameters, Switch, read
from web.pages import blueprint
from web.presenting import labels

DISTANCES = (0, 2, 5, 10, 20, 50, MAX_DISTANCE)
"""Numbers of characters between words near each other that the form offers."""

_PLAIN = Composition()
_Words = Annotated[str, Field(max_length=MAX_CHARACTERS)]
_Distance = Annotated[str, Field(max_length=7, pattern=f"^(?:[0-9]{{1,2}}|{MAX_DISTANCE}|{SECTION})$")]
_FieldName = Annotated[str, Field(max_length=20, pattern=f"^(?:{'|'.join(sorted(set(QUERIED.values())))})$")]


class ComposingParameters(Parameters):
    """What is filled into the form, see :class:`search.composing.Composition`."""

    every: _Words = _PLAIN.every
    phrase: _Words = _PLAIN.phrase
    slip: Switch = _PLAIN.slip
    some: _Words = _PLAIN.some
    none: _Words = _PLAIN.none
    one: _Words = _PLAIN.one
    other: _Words = _PLAIN.other
    distance: _Distance = _PLAIN.distance
    ordered: Switch = _PLAIN.ordered
    field: _FieldName = _PLAIN.field
    value: _Words = _PLAIN.value


@blueprint.get("/compose")
def compose() -> str:
    """Show the form and, where something is filled in, the query."""
    filled = Composition(**read(ComposingParameters, dict(request.args.lists()), exact_names=False).model_dump())
    q = filled.query()
    return render_template(
        "compose.html",
        filled=filled,
        asked=SearchRequest(q=q),
        trouble=_trouble(q) if q else "",
        distances=[*map(str, DISTANCES), SECTION],
        most=MAX_CHARACTERS,
    )


def _trouble(q: str) -> str:
    """Return why a query can't be answered; empty where it can be."""
    try:
        explanations = parse(q).explanations
    except SearchError as failure:
        return labels.search_error(failure)
    return " ".join(labels.explanation(*each) for each in explanations)
