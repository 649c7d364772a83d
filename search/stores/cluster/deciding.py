"""Deciding on texts: the parts that hold some passages are fetched with what is around them, and our own matching looks.

Passages are taken in batches, so that memory is bounded however many there are. Around a passage is fetched as much as
the words of a query may reach: what follows and, for words near each other, what goes before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, islice

import numpy as np

from indexer.cluster.parts import Part
from search import deadline
from search.exact.evaluation import Evaluator
from search.exact.matching import Mask
from search.exact.scoring import PackMatches, matched
from search.query import ANY_RUN, MAX_RUN, And, Near, Not, Or, Phrase, Tree, readings
from search.stores.base import ExactQuery, Marks
from search.stores.cluster.parts import PartRef
from search.stores.cluster.view import ClusterRef, View, satisfies

_PASSAGES = 1000
"""Passages that are decided on together: with their parts, some megabytes of text and streams."""
_FEW = 32
"""So few passages are fetched together with the part that follows each, which one of them will likely need."""


def reach(tree: Tree) -> tuple[int, int]:
    """Return how many characters before and after what begins in a passage have to be known to decide on a tree."""
    match tree:
        case Phrase():
            return 0, max((_longest(pattern) for pattern, _ in readings(tree)), default=0)
        case And(children) | Or(children):
            reaches = list(map(reach, children))
            return max(before for before, _ in reaches), max(after for _, after in reaches)
        case Not(child):
            return reach(child)
        case Near(left, right, distance):
            most = reach(left)[1] + distance + reach(right)[1]
            return most, most
    return 0, 0


def _longest(pattern: Sequence[object]) -> int:
    return sum(MAX_RUN if element is ANY_RUN else 1 for element in pattern)


@dataclass(frozen=True)
class _Run:
    """Consecutive parts of one section, from the one of ``first`` on."""

    first: PartRef
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Batch:
    """Texts that were looked at: what matches in them, ``refs`` by the row of each passage that was asked for."""

    texts: PackView
    refs: dict[int, ClusterRef]
    found: PackMatches | None

    @property
    def occurrences(self) -> int:
        """How many occurrences are in the passages."""
        return self.found.count if self.found else 0

    def scores(self) -> dict[ClusterRef, float]:
        """Return the scores of those that match."""
        if self.found is None:
            return {}
        rows, scores = self.found.found.passages.tolist(), self.found.scores(self.texts).tolist()
        return {self.refs[row]: score for row, score in zip(rows, scores, strict=True)}

    def marks(self) -> dict[ClusterRef, Marks | None]:
        """Return where the words stand in each."""
        return {ref: self.found and self.found.marks(self.texts, row) for row, ref in self.refs.items()}


@dataclass(frozen=True)
class Decider:
    """Decides which passages satisfy a query, by what their texts say."""

    view: View
    query: ExactQuery
    near_spans: bool = False

    def decide(self, passages: Iterable[ClusterRef]) -> Iterator[Batch]:
        """Yield passages with what matches in them, some at a time; quickest where they are in order of place.

        Raises:
            SearchError: the query costs too much.
            Unavailable: the cluster can't be asked now.
        """
        rest = iter(passages)
        while wanted := sorted(set(islice(rest, _PASSAGES))):
            deadline.check()
            yield self._batch(wanted)
