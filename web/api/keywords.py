"""Parameters of keywords: of their page and of ``wenyuan keywords``, in the same words."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, create_model

from search.grams import Unit
from search.keywords import KeyMeasure, KeywordsRequest
from search.model import Scope
from web.api.parameters import MAX_VALUES, Parameters, Search, Value, whole
from web.api.selection import LARGEST, Start

MAX_ROWS = 500
"""Rows of one page."""

_PLAIN = KeywordsRequest("")
_AMONG = Annotated[
    tuple[Value, ...], Field(max_length=MAX_VALUES), AfterValidator(lambda names: tuple(dict.fromkeys(names)))
]


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
    limit: Annotated[
        int,
        Field(strict=True, ge=1, le=MAX_ROWS, description="The most of them to show."),
        BeforeValidator(whole),
    ] = _PLAIN.limit

    def request(self) -> KeywordsRequest:
        """Return the page that these parameters ask for."""
        own = {name: getattr(self, name) for name in type(self).model_fields if name != "with"}
        return KeywordsRequest(among=getattr(self, "with"), **own)


def _with_collections(base: type[Any]) -> type[Any]:
    """Return parameters with ``with``, the collections that the work is held against."""
    said = "Held against this collection alone, by its id; may be repeated."
    fields: dict[str, Any] = {"with": (_AMONG, Field(default=(), description=said))}
    return create_model("Keywords", __base__=base, **fields)


KEYWORDS: type[KeywordsParameters] = _with_collections(KeywordsParameters)
