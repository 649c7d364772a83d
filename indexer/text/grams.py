"""What engines rank by: characters and adjacent pairs."""

from __future__ import annotations

from indexer.engines.base import GramQuery
from indexer.text.readings import fold_phrase

MOST_GRAMS = 120
"""Distinct characters and pairs of a query that are looked up; the rest of a longer query adds nothing but time."""


def grams(folded: str) -> list[str]:
    """Return characters and adjacent pairs.

    >>> grams("會寧府")
    ['會', '寧', '府', '會寧', '寧府']
    """
    return [*folded, *(folded[at : at + 2] for at in range(len(folded) - 1))]


def gram_query(text: str, scope: str) -> GramQuery:
    """Return a query's distinct characters and pairs, in the order in which they stand."""
    distinct = dict.fromkeys(gram for run in text.split() for gram in grams(fold_phrase(run)))
    return GramQuery(tuple(distinct)[:MOST_GRAMS], scope)
