"""What a work's catalogue record says, field by field: for filters, facets and fields in a query."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from search.model import FacetValue, SearchError, WorkCard

FACETS = ("collection", "work", "dynasty", "author", "category")
FACET_VALUES = 50


def values(card: WorkCard, name: str) -> tuple[str, ...]:
    """What a field holds: first the value that filters and facets use, then others that a query may name.

    Raises:
        SearchError: there is no such field.
    """
    record = card.record
    match name:
        case "collection":
            return (card.collection,)
        case "work":
            return (card.id, record.title)
        case "title":
            return (record.title,)
        case "author":
            return (record.author,)
        case "dynasty":
            return (record.dynasty,)
        case "category":
            return (record.category,)
        case "place":
            return (record.place,)
    raise SearchError("unknown-field", name)


def accepts(card: WorkCard, filters: Mapping[str, Sequence[str]]) -> bool:
    """Whether a work passes every filter; a category takes those below it too (史部 takes 史部/正史類)."""
    for name, accepted in filters.items():
        own = values(card, name)[0]
        if accepted and own not in accepted:
            if name == "category" and any(own.startswith(f"{value}/") for value in accepted):
                continue
            return False
    return True


def facets(
    matched: Sequence[tuple[WorkCard, int]], alike: Sequence[tuple[WorkCard, int]]
) -> dict[str, tuple[FacetValue, ...]]:
    """Return the values of each facet, the commonest first, from works and how many passages of each were found.

    ``matched`` counts passages in which the words stand, ``alike`` those that are only alike; the first number decides.
    """
    counted: dict[str, tuple[FacetValue, ...]] = {}
    for name in FACETS:
        both = _totals(matched, name), _totals(alike, name)
        found = [FacetValue(*key, *(totals[key] for totals in both)) for key in set().union(*both)]
        counted[name] = tuple(sorted(found, key=lambda each: (-each.count, -each.alike, each.value))[:FACET_VALUES])
    return counted


def _totals(passages: Sequence[tuple[WorkCard, int]], name: str) -> Counter[tuple[str, str]]:
    """Return how many passages have each value of a field, with the value's label."""
    totals: Counter[tuple[str, str]] = Counter()
    for card, count in passages:
        if value := values(card, name)[0]:
            totals[value, card.record.title if name == "work" else value] += count
    return totals
