"""The schema of a manifest as pydantic models, and the messages for one that violates it.

A work's entry is made of the catalogue's fields: a new one may stand in manifests at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import MISSING
from dataclasses import fields as attributes
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    ValidationError,
    conlist,
    create_model,
)
from pydantic_core import ErrorDetails

from corpora.catalogue import RECORD_FIELDS, CatalogueField, CatalogueRecord
from corpora.model import Access, Taking

HERE = Path(__file__).parent
DECLARABLE = (Access.OPEN, Access.IN_LIBRARY, Access.STAFF)
"""The levels of access that a manifest may give."""
MAX_VALUE = 2000
"""The longest text in one field, in characters."""
MAX_ITEMS = 100
"""The most items of a list in one field."""
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
"""The form of ids of collections and of works that a manifest lists."""
_FILE_NAME = re.compile(r"[\w.-]{1,100}")

_TAGS = _TEXT, _MAPPING, _LIST = "<text>", "<mapping>", "<list>"
"""Pydantic's names for the ways in which one value may be given."""

KeyPath = tuple[int | str, ...]
"""The keys and numbers that lead to something in a manifest."""


class Wrong(ValueError):
    """A mistake in a manifest; ``place`` leads to it."""

    def __init__(self, reason: str, place: KeyPath) -> None:
        super().__init__(reason)
        self.place = place


def _declarable(access: str) -> str:
    if access not in DECLARABLE:
        raise ValueError(f"{_cut(access)} is none of {', '.join(DECLARABLE)}")
    return access


def _name(name: str) -> str:
    if not NAME.fullmatch(name):  # it becomes a folder's name
        raise ValueError(f"{_cut(name)} is not made of letters, digits, '-' and '_'")
    return name


def _file_name(name: str) -> str:
    if name and (not _FILE_NAME.fullmatch(name) or name.startswith(".")):
        raise ValueError(f"{_cut(name)} is not the name of a file")
    return name


def _shipped(name: str) -> str:
    if name and (not NAME.fullmatch(name) or not (HERE / name).is_dir()):
        raise ValueError(f"there is no {_cut(name)} beside the manifests' folder")
    return name


def _https(address: str) -> str:
    parts = urlsplit(address)
    is_plain = parts.scheme == "https" and parts.hostname and not (parts.username or parts.query or parts.fragment)
    if address and not is_plain:
        raise ValueError(f"{_cut(address)} is not a plain https address")
    return address


def _one_of(choices: tuple[str, ...]) -> AfterValidator:
    def check(value: str) -> str:
        if value and value not in choices:
            raise ValueError(f"{_cut(value)} is none of {', '.join(sorted(choices))}")
        return value

    return AfterValidator(check)


_STRICT = ConfigDict(extra="forbid", strict=True)
_Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_VALUE)]
_Required = Annotated[_Text, StringConstraints(min_length=1)]
_Name = Annotated[_Required, AfterValidator(_name)]
_Year = Annotated[int, Field(ge=-9999, le=9999)]


def _item(kind: type) -> Any:
    """Return the type of a list's item: a text, or a mapping of the parts that ``kind`` has."""
    if kind is str:
        return _Required
    parts: dict[str, Any] = {
        each.name: (_Required, ...) if each.default is MISSING else (_Text, each.default) for each in attributes(kind)
    }
    mapping = create_model(f"_{kind.__name__}", __config__=_STRICT, **parts)
    # Which of the two is meant is told beforehand, so that only what is wrong with that one is said.
    return Annotated[
        Annotated[_Required, Tag(_TEXT)] | Annotated[mapping, Tag(_MAPPING)],
        Discriminator(lambda given: _TEXT if isinstance(given, str) else _MAPPING),
    ]


def _type(field: CatalogueField) -> Any:
    """Return the type that a manifest's value for a field must have."""
    if field.many:
        several: Any = conlist(_item(field.kind), max_length=MAX_ITEMS)
        return Annotated[
            Annotated[_Text, Tag(_TEXT)] | Annotated[several, Tag(_LIST)],
            Discriminator(lambda given: _TEXT if isinstance(given, str) else _LIST),
        ]
    if field.kind is int:
        return _Year | None
    return Annotated[_Text, _one_of(field.choices)] if field.choices else _Text


def _work() -> Any:
    """Return the model of a work's entry: the catalogue's fields, each under its name or that of its attribute."""
    fields: dict[str, Any] = {}
    required = {each.name for each in attributes(CatalogueRecord) if each.default is MISSING}
    for field in RECORD_FIELDS:
        for key in (field.name, field.attribute):
            fields[key] = (_Required, ...) if field.attribute in required else (_type(field), None)
    return create_model("_Work", __base__=_WorkFiles, **fields)


class _WorkFiles(BaseModel):
    """The fields of an entry beside its catalogue record."""

    model_config = _STRICT

    id: _Name
    origin: Annotated[_Text, AfterValidator(_https)] = ""


class _Words(BaseModel):
    """A text in both languages."""

    model_config = _STRICT

    zh: _Required
    en: _Required


class ManifestModel(BaseModel):
    """A manifest as it is written."""

    model_config = _STRICT

    id: _Name
    title: _Words
    description: _Words
    licence: _Required
    access: Annotated[_Required, AfterValidator(_declarable)]
    folder: Annotated[_Text, AfterValidator(_shipped)] = ""
    archive: Annotated[_Text, AfterValidator(_file_name)] = ""
    taking: Annotated[_Text, _one_of(tuple(Taking))] = ""
    works: Annotated[list[_work()], BeforeValidator(lambda given: [] if given is None else given)] = []  # type: ignore[valid-type]  # made of the catalogue's fields


def faults(data: object, failure: ValidationError) -> list[Wrong]:
    """Return what is wrong with a manifest, as sentences for its writer."""
    return [_wrong(data, error) for error in failure.errors(include_url=False)]


def at(data: object, place: Iterable[int | str]) -> object:
    """Return what stands in a place; None where nothing does."""
    for key in place:
        if isinstance(data, dict):
            data = data.get(key)
        elif isinstance(data, list) and isinstance(key, int):
            data = data[key]
        else:
            return None
    return data


def _wrong(data: object, error: ErrorDetails) -> Wrong:
    """Return what pydantic found wrong, as a sentence with its place."""
    *outer, last = error["loc"] or ("",)
    place = tuple(each for each in outer if each not in _TAGS)
    match error["type"]:
        case "missing" | "string_too_short" if isinstance(last, str):
            return Wrong(f"{_where(data, place)}: {last} is missing", (*place, last))
        case "extra_forbidden" | "invalid_key":
            return Wrong(f"{_where(data, place)}: unknown field {_cut(last)}", (*place, last))
        case kind:
            place = place if last in ("", *_TAGS) else (*place, last)
            return Wrong(f"{_where(data, place)}: {_REASONS[kind](error.get('ctx', {}), error['input'])}", place)


_REASONS: dict[str, Callable[[dict[str, Any], object], str]] = {
    "value_error": lambda context, _: str(context["error"]),
    "string_type": lambda _, given: f"text is needed, not {type(given).__name__}",
    "string_too_short": lambda _, given: "text is missing",
    "string_too_long": lambda context, _: f"longer than {context['max_length']} characters",
    "list_type": lambda _, given: f"a list is needed, not {type(given).__name__}",
    "too_long": lambda context, _: f"more than {context['max_length']} items",
    "model_type": lambda _, given: "a mapping of fields is needed",
    "int_type": lambda _, given: f"{_cut(given)} is not a whole number",
    "greater_than_equal": lambda context, given: f"{_cut(given)} is less than {context['ge']}",
    "less_than_equal": lambda context, given: f"{_cut(given)} is more than {context['le']}",
}
"""Messages to a manifest's writer, by pydantic's kinds of errors."""


def _where(data: object, place: KeyPath) -> str:
    """Return what people call a place in a manifest: a work by its id, an item by its number."""
    if not place:
        return "the manifest"
    names: list[str] = []
    if place[0] == "works" and len(place) > 1:
        name = at(data, (*place[:2], "id"))
        names.append(name if isinstance(name, str) and NAME.fullmatch(name) else f"work {int(place[1]) + 1}")
        place = place[2:]
    for each in place:
        if isinstance(each, int):
            names[-1] += f" {each + 1}"
        else:
            names.append(each)
    return ": ".join(names)


def _cut(value: object) -> str:
    return repr(value[:100] if isinstance(value, str) else value)[:102]
