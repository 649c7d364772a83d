"""Parameters that all analyses of occurrences share: which occurrences, and of which texts."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, create_model

from corpora.catalogue import FILTERS
from search.model import MAX_CHARACTERS, Scope
from search.occurrences import FARTHEST, Beside, Grouping, GroupName, Side
from search.selection import Selection
from web.api.parameters import MAX_VALUE, MAX_VALUES, Event, Parameters, Search, Switch, Value, filters_of, whole

LARGEST = 999_999_999
MAX_ROWS = 500
"""Rows of one page of a table."""

_PLAIN = Selection()
_NAME = Annotated[
    str,
    # A spelling may be as long as a query, and name what is described in it.
    Field(min_length=3, max_length=4 * MAX_CHARACTERS, pattern=f"^(?:{'|'.join(Grouping)}):(?s:.*)$"),
]
GroupNames = Annotated[
    tuple[_NAME, ...], Field(max_length=MAX_VALUES), AfterValidator(lambda names: tuple(dict.fromkeys(names)))
]
_NEAR = Annotated[
    str,
    Field(
        min_length=3, max_length=MAX_VALUE, pattern=rf"^(?:{'|'.join(Side)}):(?:[1-9]|[1-4][0-9]|{FARTHEST}):(?s:.+)$"
    ),
]
Query = Annotated[str, Field(description=Search.model_fields["q"].description)]
Start = Annotated[
    int, Field(strict=True, ge=1, le=LARGEST, description="The number of the first line."), BeforeValidator(whole)
]

Rows = Annotated[
    int, Field(strict=True, ge=1, le=MAX_ROWS, description="The most of them to show."), BeforeValidator(whole)
]
_VALUES = Annotated[
    tuple[Value, ...], Field(max_length=MAX_VALUES), AfterValidator(lambda names: tuple(dict.fromkeys(names)))
]


def beside_others(name: str, base: type[Any], said: str) -> type[Any]:
    """Return parameters with ``with``, which no attribute can be called: the works or collections of something else."""
    fields: dict[str, Any] = {"with": (_VALUES, Field(default=(), description=said))}
    return create_model(name, __base__=base, **fields)


class SelectionParameters(Parameters):
    """Parameters of a selection but for the catalogue's filters."""

    scope: Annotated[Scope, Field(description=Search.model_fields["scope"].description)] = _PLAIN.scope
    strict: Annotated[Switch, Field(description=Search.model_fields["strict"].description)] = _PLAIN.strict
    aliases: Annotated[Switch, Field(description=Search.model_fields["aliases"].description)] = _PLAIN.aliases
    event: Event = _PLAIN.event
    within: Annotated[
        GroupNames, Field(description="Only this group, such as spelling:會寧府 or work:KR2a0035; may be repeated.")
    ] = ()
    without: Annotated[
        GroupNames, Field(description="All but this group, such as spelling:會寧府; may be repeated.")
    ] = ()
    beside: Annotated[
        tuple[_NEAR, ...],
        Field(
            max_length=MAX_VALUES,
            description="Only where these words are near, such as right:5:太祖, left:5: or both:5:, or a whole word of "
            "modern text, as in both:5:|大学|; may be repeated.",
        ),
    ] = ()
    word: Annotated[Switch, Field(description="Whether only what is one word of modern text is found.")] = _PLAIN.word

    def values(self) -> dict[str, Any]:
        """Return the attributes of the request that these parameters ask for."""
        own = {name: getattr(self, name) for name in type(self).model_fields if name not in FILTERS}
        own |= {name: tuple(map(GroupName.parse, own[name])) for name in ("within", "without")}
        own["beside"] = tuple(map(Beside.parse, own["beside"]))
        return {**own, "filters": filters_of(self)}
