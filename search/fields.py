"""What the catalogue says of works, as filters, facets and fields in a query use it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from corpora.catalogue import FACETS, FIELDS, CatalogueField
from search.model import FacetValue, SearchError, WorkCard

FACET_VALUES = 50


def field(name: str) -> CatalogueField:
    """Return the declaration of a field.

    Raises:
        SearchError: there is no such field.
    """
    if name not in FIELDS:
        raise SearchError("unknown-field", name)
    return FIELDS[name]


def accepts(card: WorkCard, filters: Mapping[str, Sequence[str]]) -> bool:
    """Return whether a work passes every filter: one of its values is accepted, or lies below one that is.

    Raises:
        SearchError: a filter is no field.
    """
    return all(_accepts(field(name), card, accepted) for name, accepted in filters.items() if accepted)


def _accepts(field: CatalogueField, card: WorkCard, accepted: Sequence[str]) -> bool:
    own = field.values(card)
    if any(value in accepted for value in own):
        return True
    return field.path and any(value.startswith(f"{above}/") for value in own for above in accepted)


def facets(passages: Sequence[tuple[WorkCard, int]]) -> dict[str, tuple[FacetValue, ...]]:
    """Return the values of each facet with the number of passages that have them, the commonest first."""
    counted: dict[str, tuple[FacetValue, ...]] = {}
    for field in map(FIELDS.__getitem__, FACETS):
        totals: Counter[tuple[str, str]] = Counter()
        for card, count in passages:
            for value in field.values(card):
                totals[value, field.title(card, value)] += count
        ranked = sorted(totals.items(), key=lambda pair: (-pair[1], pair[0]))[:FACET_VALUES]
        counted[field.name] = tuple(FacetValue(value, label, count) for (value, label), count in ranked)
    return counted
