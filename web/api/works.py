"""``/works``: the catalogue of the works that can be searched."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from search.fields import accepts
from web.access import library
from web.api.openapi import Operation
from web.api.parameters import Cursor, Limit, Parameters, filters_of, narrowed
from web.api.schemas import Work, Works


class WorksParameters(Parameters):
    """Parameters of the list of works, but for the filters."""

    limit: Limit = 100
    after: Annotated[Cursor, Field(description="`next` of the page before.")] = ""


def works(asked: WorksParameters) -> Works:
    """List works in the order of their ids."""
    filters = filters_of(asked)
    accepted = [card for card in library().works() if accepts(card, filters)]
    left = [card for card in accepted if card.id > asked.after]
    page = left[: asked.limit]
    return Works(
        total=len(accepted),
        works=tuple(Work.model_validate(card) for card in page),
        next=page[-1].id if len(left) > len(page) else None,
    )


OPERATION = Operation(
    name="works",
    path="/works",
    summary="List works with their catalogue records",
    parameters=narrowed("WorksParameters", WorksParameters),
    answer=Works,
    run=works,
)
