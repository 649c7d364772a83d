"""The provenance of what is exported: the query, all that was asked that is not as by default, and the generation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from web.presenting.urls import AnyRequest, arguments


def provenance(request: AnyRequest, generation: int, **counts: object) -> dict[str, object]:
    """Return what an export is of; ``counts`` are those of the whole."""
    asked = grouped(arguments(request))
    asked.pop("q", None)
    query = request.q if isinstance(request.q, str) else list(request.q)
    return {"query": query, "asked": asked, **counts, "generation": generation}


def grouped(given: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Return parameters by their names.

    >>> grouped([("work", "甲"), ("work", "乙")])
    {'work': ['甲', '乙']}
    """
    asked: dict[str, list[str]] = {}
    for name, value in given:
        asked.setdefault(name, []).append(value)
    return asked


def provenance_row(told: Mapping[str, object]) -> list[str]:
    """Return it as the first row of a table.

    >>> provenance_row({"query": "水", "asked": {"work": ["甲", "乙"]}, "total": 3})
    ['query: 水', 'total: 3', 'work: 甲 | 乙']
    """
    asked = told["asked"]
    assert isinstance(asked, Mapping)
    flat = {**{name: value for name, value in told.items() if name != "asked"}, **asked}
    return [f"{name}: {' | '.join(value) if isinstance(value, list) else value}" for name, value in flat.items()]
