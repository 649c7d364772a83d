"""Parameters of collocates: of their page and of ``wenyuan collocates``, in the same words."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from search.collocates import CollocatesRequest, CollocateUnit, Measure
from search.occurrences import FARTHEST, Side
from web.api.parameters import narrowed, whole
from web.api.selection import LARGEST, Query, Rows, SelectionParameters, Start

_PLAIN = CollocatesRequest(q="")


class CollocatesParameters(SelectionParameters):
    """Parameters of collocates but for the catalogue's filters."""

    q: Query = ""
    side: Annotated[Side, Field(description="Where to look: before the words, after them, or both.")] = _PLAIN.side
    distance: Annotated[
        int,
        Field(strict=True, ge=1, le=FARTHEST, description="Characters to look at on each side."),
        BeforeValidator(whole),
    ] = _PLAIN.distance
    unit: Annotated[
        CollocateUnit, Field(description="What to count: characters, pairs of them, or words of modern text.")
    ] = _PLAIN.unit
    measure: Annotated[Measure, Field(description="The number by which they are ordered.")] = _PLAIN.measure
    least: Annotated[
        int,
        Field(strict=True, ge=1, le=LARGEST, description="Only what is near so many occurrences at least."),
        BeforeValidator(whole),
    ] = _PLAIN.least
    start: Start = _PLAIN.start
    limit: Rows = _PLAIN.limit

    def request(self) -> CollocatesRequest:
        """Return the page that these parameters ask for."""
        return CollocatesRequest(**self.values())


COLLOCATES = narrowed("Collocates", CollocatesParameters)
