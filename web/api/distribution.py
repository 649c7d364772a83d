"""Parameters of a distribution: of its page and of ``wenyuan distribution``, in the same words."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from search.distribution import MOST_TERMS, DistributionRequest, Division, RowOrder
from search.model import MAX_CHARACTERS
from web.api.parameters import narrowed, whole
from web.api.selection import SelectionParameters, Start

MAX_ROWS = 500
"""Rows of one page."""

_PLAIN = DistributionRequest(q=())


def _said(terms: object) -> object:
    """Leave out what an empty field of a form sends."""
    return tuple(each for each in terms if str(each).strip()) if isinstance(terms, tuple) else terms


class DistributionParameters(SelectionParameters):
    """Parameters of a distribution but for the catalogue's filters."""

    q: Annotated[
        # How long one may be is checked by the parser, whose answer says more.
        tuple[Annotated[str, Field(min_length=1, max_length=4 * MAX_CHARACTERS)], ...],
        Field(max_length=MOST_TERMS, description="What to count, in the query language; may be repeated."),
        BeforeValidator(_said),
    ] = _PLAIN.q
    group: Annotated[Division, Field(description="What is counted by.")] = _PLAIN.group
    order: Annotated[
        RowOrder,
        Field(description="The order of groups: by occurrences, by those for so many characters, or by place or year."),
    ] = _PLAIN.order
    start: Start = _PLAIN.start
    limit: Annotated[
        int,
        Field(strict=True, ge=1, le=MAX_ROWS, description="The most groups to show."),
        BeforeValidator(whole),
    ] = _PLAIN.limit

    def request(self) -> DistributionRequest:
        """Return the page that these parameters ask for."""
        return DistributionRequest(**self.values())


DISTRIBUTION = narrowed("Distribution", DistributionParameters)
