"""The provenance of what is taken away: what was asked, of how much, when, in which state of the index, under which
licences.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date

from search.model import WorkCard

UNKNOWN = "unknown"
"""The licence of a work whose record names none."""


def provenance(
    query: object,
    given: Iterable[tuple[str, str]],
    works: Iterable[WorkCard],
    page: str,
    generation: int,
    **counts: object,
) -> dict[str, object]:
    """Return what a table is of.

    ``given`` are the parameters that were asked with, ``counts`` those of the whole with what they are out of,
    ``works`` those that were searched, ``page`` the whole address of the page that answers the same.
    """
    asked = grouped(given)
    asked.pop("q", None)
    return {
        "query": query,
        "asked": asked,
        **counts,
        "licences": licences(works),
        "page": page,
        "date": date.today().isoformat(),
        "generation": generation,
    }


def licence_of(card: WorkCard) -> str:
    """Return the licence of a work's text."""
    return card.record.licence.strip() or UNKNOWN


def licences(works: Iterable[WorkCard]) -> list[str]:
    """Return the licences of some works, each once."""
    return sorted({licence_of(card) for card in works})


def grouped(given: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """Return parameters by their names.

    >>> grouped([("work", "甲"), ("work", "乙")])
    {'work': ['甲', '乙']}
    """
    asked: dict[str, list[str]] = {}
    for name, value in given:
        asked.setdefault(name, []).append(value)
    return asked


def pairs(about: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """Yield the provenance as names and texts.

    >>> list(pairs({"query": "水", "asked": {"work": ["甲", "乙"]}, "total": 3}))
    [('query', '水'), ('total', '3'), ('work', '甲 | 乙')]
    """
    asked = about.get("asked", {})
    assert isinstance(asked, Mapping)
    for name, value in ({name: value for name, value in about.items() if name != "asked"} | dict(asked)).items():
        several = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
        yield name, " | ".join(map(str, several))
