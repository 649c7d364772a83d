"""Catalogue fields of works, as filters, facets and fields in a query use it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from corpora.catalogue import FIELDS, CatalogueField
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


def facet(
    name: str, matched: Sequence[tuple[WorkCard, int]], alike: Sequence[tuple[WorkCard, int]]
) -> tuple[FacetValue, ...]:
    """Return the values of a facet, the commonest first, from works and how many passages of each were found.

    ``matched`` counts passages in which the words stand, ``alike`` those that are only alike; the first number decides.
    """
    both = _totals(matched, FIELDS[name]), _totals(alike, FIELDS[name])
    found = [FacetValue(*key, *(totals[key] for totals in both)) for key in set().union(*both)]
    return tuple(sorted(found, key=lambda each: (-each.count, -each.alike, each.value))[:FACET_VALUES])


def _totals(passages: Sequence[tuple[WorkCard, int]], field: CatalogueField) -> Counter[tuple[str, str]]:
    """Return how many passages have each value of a field, with the value's label."""
    totals: Counter[tuple[str, str]] = Counter()
    for card, count in passages:
        for value in field.values(card):
            totals[value, field.title(card, value)] += count
    return totals
