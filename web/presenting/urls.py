"""What an address asks for: query parameters become a :class:`SearchRequest`, and back.

The page and the endpoint read the same parameters by the same rules; only the page forgives names it does not know,
because people's addresses carry the marks of the places that they passed through.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import TypeVar
from urllib.parse import quote, urlencode

from search.model import Hit, SearchRequest, Why

FILTERS = ("collection", "work", "dynasty", "author", "category")
MAX_LIMIT = 100
MAX_CURSOR = 500
MAX_VALUE = 200
"""The longest value of a filter, in characters."""
MAX_VALUES = 50
"""The most values of one filter."""

_SINGLE = ("q", "mode", "scope", "strict", "aliases", "sort", "limit", "cursor", "facets")
_NUMBER = re.compile("[0-9]{1,9}")

Choice = TypeVar("Choice", bound=StrEnum)


class BadParameter(ValueError):
    """A parameter can't be used: ``name`` is which, ``reason`` says in English what it must be."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name
        self.reason = reason


def search_request(args: Mapping[str, Sequence[str]], *, exact_names: bool = False) -> SearchRequest:
    """Read a search from parameters, each with all its values.

    Raises:
        BadParameter: a value is malformed or repeated or, with ``exact_names``, a name is unknown.
    """
    if exact_names:
        for name in args:
            if name not in _SINGLE and name not in FILTERS:
                raise BadParameter(name[:MAX_VALUE], "no such parameter")
    one = {name: _one(name, args[name]) for name in _SINGLE if name in args}
    asked = SearchRequest(q="")
    cursor = one.get("cursor", "")
    if len(cursor) > MAX_CURSOR or ("cursor" in one and not cursor):
        raise BadParameter("cursor", f"1 to {MAX_CURSOR} characters")
    return SearchRequest(
        q=one.get("q", ""),
        mode=_choice("mode", one, asked.mode),
        scope=_choice("scope", one, asked.scope),
        strict=_switch("strict", one),
        aliases=_switch("aliases", one, asked.aliases),
        filters={name: _values(name, args[name]) for name in FILTERS if name in args},
        sort=_choice("sort", one, asked.sort),
        limit=_limit(one, asked.limit),
        cursor=cursor,
        facets=_switch("facets", one),
    )


def search_arguments(request: SearchRequest) -> list[tuple[str, str]]:
    """The parameters that ask for a search; those that say nothing new are left out."""
    plain = SearchRequest(q="")
    given: list[tuple[str, str]] = [("q", request.q)]
    for name in ("mode", "scope", "sort", "limit", "cursor"):
        if getattr(request, name) != getattr(plain, name):
            given.append((name, str(getattr(request, name))))
    given += [(name, "true") for name in ("strict", "facets") if getattr(request, name)]
    if not request.aliases:
        given.append(("aliases", "false"))
    given += [(name, value) for name in FILTERS for value in request.filters.get(name, ())]
    return given


def search_url(request: SearchRequest) -> str:
    """The address of a search's page, below the application's root."""
    return f"/search?{urlencode(search_arguments(request))}"


def carried(request: SearchRequest) -> str:
    """The search as the addresses of what it found carry it, for the way back; empty if there was none."""
    return urlencode(search_arguments(replace(request, facets=False))) if request.q else ""


def reading_url(hit: Hit, search: str = "") -> str:
    """The address where a hit is read in its section, below the application's root; ``search`` is what it carries."""
    place: dict[str, int] = {"at": hit.start}
    if stretch := nearest(hit):
        place = {"at": hit.start + stretch[0], "to": hit.start + stretch[1]}
    elif hit.highlights:
        place = {"at": hit.start + hit.highlights[0][0]}
    return f"{section_url(hit.work.id, hit.section_number, search, **place)}#hit"


def section_url(work: str, number: int, search: str = "", **more: int | str) -> str:
    """The address of a section, below the application's root; ``search`` is what it carries, see :func:`carried`."""
    asked = "&".join(part for part in (search, urlencode(more)) if part)
    return f"/read/{quote(work)}/{number}{'?' if asked else ''}{asked}"


def nearest(hit: Hit) -> tuple[int, int] | None:
    """The stretch of a hit that is nearest in meaning, where nothing more exact brought the hit here."""
    return None if {Why.EXACT, Why.FOLDED, Why.ALIAS} & set(hit.why) else hit.nearest_passage_range


def _one(name: str, values: Sequence[str]) -> str:
    if len(values) != 1:
        raise BadParameter(name, "given more than once")
    return values[0]


def _choice(name: str, one: Mapping[str, str], default: Choice) -> Choice:
    kind = type(default)
    if name not in one:
        return default
    try:
        return kind(one[name])
    except ValueError:
        raise BadParameter(name, f"must be one of {', '.join(kind)}") from None


def _switch(name: str, one: Mapping[str, str], default: bool = False) -> bool:
    value = one.get(name, "true" if default else "false")
    if value not in ("true", "false"):
        raise BadParameter(name, "must be true or false")
    return value == "true"


def _limit(one: Mapping[str, str], default: int) -> int:
    value = one.get("limit", str(default))
    if not _NUMBER.fullmatch(value) or not 1 <= int(value) <= MAX_LIMIT:
        raise BadParameter("limit", f"must be a whole number from 1 to {MAX_LIMIT}")
    return int(value)


def _values(name: str, values: Sequence[str]) -> tuple[str, ...]:
    if len(values) > MAX_VALUES:
        raise BadParameter(name, f"at most {MAX_VALUES} values, not {len(values)}")
    for value in values:
        if not 1 <= len(value) <= MAX_VALUE:
            raise BadParameter(name, f"each value must have 1 to {MAX_VALUE} characters")
    return tuple(dict.fromkeys(values))
