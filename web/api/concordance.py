"""Parameters of a concordance: of its page and of ``wenyuan concordance``, in the same words."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from search.concordance import ConcordanceRequest
from search.occurrences import Grouping, Order
from web.api.parameters import narrowed, whole
from web.api.selection import LARGEST, Query, SelectionParameters, Start

MAX_CONTEXT = 200
MAX_LINES = 200
"""Lines of one page."""
MAX_SAMPLE = 1_000_000

_PLAIN = ConcordanceRequest(q="")


class ConcordanceParameters(SelectionParameters):
    """Parameters of a concordance but for the catalogue's filters."""

    q: Query = ""
    order: Annotated[
        Order,
        Field(description="The order of lines: by place, what goes before or follows, the work's year or the event's."),
    ] = _PLAIN.order
    group: Annotated[Grouping, Field(description="What lines are counted by.")] = _PLAIN.group
    context: Annotated[
        int,
        Field(strict=True, ge=0, le=MAX_CONTEXT, description="Characters of context on either side."),
        BeforeValidator(whole),
    ] = _PLAIN.context
    sample: Annotated[
        int,
        Field(strict=True, ge=0, le=MAX_SAMPLE, description="Only so many lines, drawn at random; 0 for all."),
        BeforeValidator(whole),
    ] = _PLAIN.sample
    seed: Annotated[
        int,
        Field(strict=True, ge=0, le=LARGEST, description="The seed of the sample: the same draws the same lines."),
        BeforeValidator(whole),
    ] = _PLAIN.seed
    start: Start = _PLAIN.start
    limit: Annotated[
        int,
        Field(strict=True, ge=1, le=MAX_LINES, description="The most lines to show."),
        BeforeValidator(whole),
    ] = _PLAIN.limit

    def request(self) -> ConcordanceRequest:
        """Return the page that these parameters ask for."""
        return ConcordanceRequest(**self.values())


CONCORDANCE = narrowed("Concordance", ConcordanceParameters)
