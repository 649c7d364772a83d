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


def facets(passages: Sequence[tuple[WorkCard, int]]) -> dict[str, tuple[FacetValue, ...]]:
    """The values of each facet with the number of passages that have them, the commonest first, by those of works."""
    counted: dict[str, tuple[FacetValue, ...]] = {}
    for name in FACETS:
        totals: Counter[tuple[str, str]] = Counter()
        for card, count in passages:
            value = values(card, name)[0]
            if value:
                totals[value, card.record.title if name == "work" else value] += count
        ranked = sorted(totals.items(), key=lambda pair: (-pair[1], pair[0]))[:FACET_VALUES]
        counted[name] = tuple(FacetValue(value, label, count) for (value, label), count in ranked)
    return counted
