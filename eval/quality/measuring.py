"""Queries with judged answers, and how well a ranking answers them; the measures are those of ir-measures.

Where several answers are right (a sentence that runs over a page end), any one of them suffices, so that R@k is
the share of queries with a right answer among the first k: what ir-measures calls Success@k.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ir_measures import RR, Qrel, ScoredDoc, Success, iter_calc

DEPTH = 10
MEASURES = {"R@1": Success @ 1, "R@5": Success @ 5, "R@10": Success @ 10, "MRR@10": RR @ 10}

SearchFunction = Callable[[str], Sequence[str]]
"""From a query's text to the names of what is found, best first."""


@dataclass(frozen=True, slots=True)
class Query:
    """A query, and the names of everything that answers it."""

    id: str
    text: str
    relevant: frozenset[str]


@dataclass(frozen=True, slots=True)
class QueryScores:
    """Each measure's value for each query, in the order of the queries."""

    values: dict[str, tuple[float, ...]]

    def mean(self, measure: str) -> float:
        """Return the mean over all queries; 0 where there are none."""
        values = self.values[measure]
        return sum(values) / len(values) if values else 0.0

    def means(self) -> dict[str, float]:
        """Return the mean of every measure."""
        return {measure: self.mean(measure) for measure in self.values}


def score(queries: Iterable[Query], search: SearchFunction) -> QueryScores:
    """Run every query and measure its answers."""
    asked = list(queries)
    return measured(asked, [search(query.text) for query in asked])


def measured(queries: Sequence[Query], answers: Sequence[Sequence[str]]) -> QueryScores:
    """Measure the first ten answers of each query; a name that is repeated counts where it stands first."""
    judged = [Qrel(query.id, name, 1) for query in queries for name in sorted(query.relevant)]
    found = [
        ScoredDoc(query.id, name, float(-rank))
        for query, names in zip(queries, answers, strict=True)
        for rank, name in enumerate(list(dict.fromkeys(names))[:DEPTH])
    ]
    per_query = {(value.measure, value.query_id): value.value for value in iter_calc(MEASURES.values(), judged, found)}
    return QueryScores(
        {
            name: tuple(float(per_query.get((measure, query.id), 0.0)) for query in queries)
            for name, measure in MEASURES.items()
        }
    )
