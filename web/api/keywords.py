"""Parameters of keywords: of their page and of ``wenyuan keywords``, in the same words."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from search.grams import Unit
from search.keywords import KeyMeasure, KeywordsRequest
from search.model import Scope
from web.api.parameters import Parameters, Search, whole
from web.api.selection import LARGEST, Rows, Start, beside_others

_PLAIN = KeywordsRequest("")


class KeywordsParameters(Parameters):
    """Parameters of keywords but for ``with``, which no attribute can be called."""

    work: Annotated[str, Field(max_length=200, description="The work, by its id.")] = ""
    unit: Annotated[
        Unit, Field(description="What to count: characters, two, three or four in a row, or words of modern text.")
    ] = _PLAIN.unit
    scope: Annotated[Scope, Field(description=Search.model_fields["scope"].description)] = _PLAIN.scope
    measure: Annotated[KeyMeasure, Field(description="The number by which they are ordered.")] = _PLAIN.measure
    least: Annotated[
        int,
        Field(strict=True, ge=1, le=LARGEST, description="Only what the work has so often at least."),
        BeforeValidator(whole),
    ] = _PLAIN.least
    start: Start = _PLAIN.start
    limit: Rows = _PLAIN.limit

    def request(self) -> KeywordsRequest:
        """Return the page that these parameters ask for."""
        own = {name: getattr(self, name) for name in type(self).model_fields if name != "with"}
        return KeywordsRequest(among=getattr(self, "with"), **own)


KEYWORDS: type[KeywordsParameters] = beside_others(
    "Keywords", KeywordsParameters, "Held against this collection alone, by its id; may be repeated."
)
