"""Parameters of addresses, typed and bounded: one model an endpoint, read and checked the same way for all.

A parameter is one field: its type and bounds are its check, its place in the OpenAPI description and in the command
line's options. Search parameters are read by the endpoint, the page's form and the command line alike.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, create_model
from pydantic.json_schema import GenerateJsonSchema

from corpora.catalogue import FIELDS, FILTERS
from search.model import MAX_CHARACTERS, Mode, Scope, SearchRequest, Sort

MAX_LIMIT = 100
MAX_CURSOR = 500
MAX_VALUE = 200
"""The longest value of a filter, in characters."""
MAX_VALUES = 50
"""The most values of one filter."""

_NUMBER = re.compile("[0-9]{1,9}")
_SWITCH = {"true": True, "false": False}
_PLAIN = SearchRequest(q="")

P = TypeVar("P", bound="Parameters")


class BadParameter(ValueError):
    """A parameter that can't be used: ``name`` is which, ``reason`` says in English what it must be."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name
        self.reason = reason


def _switch(value: object) -> object:
    return _SWITCH.get(value, value) if isinstance(value, str) else value


def whole(value: object) -> object:
    """Return the number that a text of ASCII digits means: pydantic would take `+1`, `1_0` and other digits, too."""
    return int(value) if isinstance(value, str) and _NUMBER.fullmatch(value) else value


Switch = Annotated[bool, Field(strict=True), BeforeValidator(_switch)]
"""`true` or `false`, and nothing else."""
Value = Annotated[str, Field(min_length=1, max_length=MAX_VALUE)]
AcceptedValues = Annotated[
    tuple[Value, ...], Field(max_length=MAX_VALUES), AfterValidator(lambda values: tuple(dict.fromkeys(values)))
]
"""Accepted values of a field; any of them will do."""
Limit = Annotated[
    int,
    Field(strict=True, ge=1, le=MAX_LIMIT, description="The most of them to answer with."),
    BeforeValidator(whole),
]
Event = Annotated[
    str,
    Field(
        max_length=MAX_VALUE,
        description="Only passages that speak of these years, such as 1115..1123 or 天輔六年, as `when:` takes them.",
    ),
]
Cursor = Annotated[str, Field(min_length=1, max_length=MAX_CURSOR)]
"""The cursor of the next page, as the page before gave it."""


class Parameters(BaseModel):
    """Parameters of an endpoint, immutable; names that are not declared are refused by :func:`read`."""

    model_config = ConfigDict(frozen=True)


class Search(Parameters):
    """Parameters of a search but for its filters, which :data:`SEARCH_FORM` adds. The order is that of addresses."""

    q: Annotated[str, Field(description="What to find, in the query language.")] = ""
    mode: Annotated[
        Mode, Field(description="How the query is matched: by the words themselves, by meaning, or both.")
    ] = _PLAIN.mode
    scope: Annotated[Scope, Field(description="Main text, interlinear notes, or both.")] = _PLAIN.scope
    sort: Annotated[Sort, Field(description="The order of hits.")] = _PLAIN.sort
    limit: Limit = _PLAIN.limit
    cursor: Annotated[Cursor, Field(description="`next` of the page before, of the same search.")] = _PLAIN.cursor
    strict: Annotated[
        Switch, Field(description="Whether only the very characters typed are found: no other script, no variant.")
    ] = _PLAIN.strict
    facets: Annotated[Switch, Field(description="Whether to count the values of each filter.")] = _PLAIN.facets
    aliases: Annotated[
        Switch,
        Field(description="Whether other names of what is named are searched, too; `strict` switches them off."),
    ] = _PLAIN.aliases

    event: Event = _PLAIN.event

    def request(self) -> SearchRequest:
        """Return the search that these parameters ask for."""
        own = {name: getattr(self, name) for name in type(self).model_fields if name not in FILTERS}
        return SearchRequest(filters=filters_of(self), **own)


def narrowed(name: str, base: type[P]) -> type[P]:
    """Return parameters that can be narrowed by every filter of the catalogue, too."""
    filters: dict[str, Any] = {
        each: (
            AcceptedValues,
            Field(default=(), description=f"Only this {each} ({FIELDS[each].label.zh}); may be repeated."),
        )
        for each in FILTERS
    }
    return create_model(name, __base__=base, **filters)


def filters_of(asked: Parameters) -> dict[str, tuple[str, ...]]:
    """Return the accepted values of each field that is narrowed."""
    return {name: values for name in FILTERS if (values := getattr(asked, name, ()))}


SEARCH_FORM = narrowed("SearchForm", Search)
"""A search as the form of a page sends it: what to find may be missing."""
_Query = Annotated[
    str,
    # How long it may be is checked by the parser, whose answer says more.
    Field(
        min_length=1,
        description=Search.model_fields["q"].description,
        json_schema_extra={"maxLength": MAX_CHARACTERS},
        examples=["会宁府"],
    ),
]
SEARCH: type[Search] = create_model("SearchParameters", __base__=SEARCH_FORM, q=(_Query, ...))
"""A search as programs ask for it."""


def read(model: type[P], args: Mapping[str, Sequence[str]], *, exact_names: bool = True) -> P:
    """Read parameters, each with all its values.

    Raises:
        BadParameter: a value is malformed, missing or repeated or, with ``exact_names``, a name is unknown.
    """
    given: dict[str, object] = {}
    for name, values in args.items():
        if name not in model.model_fields:
            if exact_names:
                raise BadParameter(name[:MAX_VALUE], "no such parameter")
        elif properties(model)[name]["type"] == "array":
            given[name] = tuple(values)
        elif len(values) == 1:
            given[name] = values[0]
        else:
            raise BadParameter(name, "given more than once")
    return checked(model, given)


def checked(model: type[P], given: Mapping[str, object]) -> P:
    """Check values of parameters.

    Raises:
        BadParameter: one is missing, or is not as it must be.
    """
    try:
        return model.model_validate(given)
    except ValidationError as failure:
        first = failure.errors(include_url=False, include_context=False, include_input=False)[0]
        name = str(first["loc"][0])
        raise BadParameter(
            name, "is needed" if first["type"] == "missing" else _requirement(properties(model)[name])
        ) from None


class Untitled(GenerateJsonSchema):
    """JSON Schema without a title for each field, which would only repeat its name."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Set none."""
        return False


@cache
def properties(model: type[Parameters]) -> dict[str, dict[str, Any]]:
    """Return the JSON Schema of each parameter, complete in itself."""
    schema = model.model_json_schema(schema_generator=Untitled)
    shared = {f"#/$defs/{name}": each for name, each in schema.get("$defs", {}).items()}
    whole = {name: shared.get(each.pop("$ref", ""), {}) | each for name, each in schema["properties"].items()}
    return {name: {key: value for key, value in each.items() if key != "title"} for name, each in whole.items()}


def _requirement(schema: Mapping[str, Any]) -> str:
    """Return in English what a value must be, from its schema."""
    match schema:
        case {"enum": values}:
            return f"must be one of {', '.join(values)}"
        case {"type": "boolean"}:
            return "must be true or false"
        case {"type": "integer", "minimum": least, "maximum": most}:
            return f"must be a whole number from {least} to {most}"
        case {"type": "array", "maxItems": many, "items": {"pattern": form}}:
            return f"must have at most {many} values, each of the form {form}"
        case {"type": "array", "maxItems": many, "items": {"minLength": least, "maxLength": most}}:
            return f"must have at most {many} values, each of {least} to {most} characters"
        case {"minLength": least, "maxLength": most}:
            return f"must have {least} to {most} characters"
    return f"must have at most {schema['maxLength']} characters"
