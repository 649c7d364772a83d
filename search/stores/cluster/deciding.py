"""Deciding on texts: parts that hold passages are fetched with what is around them, and our own matching looks at them.

Passages are taken in batches, so that memory is bounded however many there are. Around a passage is fetched as much as
the words of a query may reach: what follows and, for words near each other, what goes before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import islice
from typing import ClassVar

import numpy as np

from indexer.cluster.assembling import Assembled
from indexer.cluster.parts import Part, PartKey
from indexer.dates.annotating import LONGEST
from indexer.store.positions import Places
from search import deadline
from search.dates import When
from search.exact.approximate import KINDS
from search.exact.evaluation import SEARCHED, Evaluator, distinct
from search.exact.matching import Mask, original_ranges
from search.exact.scoring import PackMatches, matched
from search.expressions import Expression
from search.query import ANY_RUN, MAX_RUN, And, Approximate, Field, InYears, Near, Not, Or, Phrase, Tree, sought_in
from search.ranges import merged
from search.stores.base import ExactQuery, Marks, SectionMarks
from search.stores.cluster.gathering import gather
from search.stores.cluster.view import ClusterRef, View, satisfies

WHOLE_SECTION = 1 << 40
"""Characters that no section has: what may be anywhere in it is looked for to its ends."""


def reach(tree: Tree) -> tuple[int, int]:
    """Return how many characters before and after what begins in a passage have to be known to decide on a tree."""
    match tree:
        case Phrase():
            return 0, _longest(sought_in(tree)[0])
        case Approximate(phrase):
            # Which places count is told by those that they overlap, kind by kind (search.exact.approximate).
            longest = len(phrase.pattern) + 1
            return len(KINDS) * longest, (len(KINDS) + 1) * longest
        case Expression(longest=longest):
            return 0, longest
        case When() | InYears():
            return 0, LONGEST
        case And(children) | Or(children):
            reaches = list(map(reach, children))
            return max(before for before, _ in reaches), max(after for _, after in reaches)
        case Not(child):
            return reach(child)
        case Near(distance=None):
            return WHOLE_SECTION, WHOLE_SECTION
        case Near(left, right, int(distance)):
            most = reach(left)[1] + distance + reach(right)[1]
            return most, most
    return 0, 0


def _longest(pattern: Sequence[object]) -> int:
    return sum(MAX_RUN if element is ANY_RUN else 1 for element in pattern)


@dataclass(frozen=True)
class Batch:
    """Texts that were looked at: what matches in them, ``refs`` by the row of each passage that was asked for."""

    texts: Assembled
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
        found = self.found
        return {ref: None if found is None else found.marks(self.texts, row) for row, ref in self.refs.items()}


@dataclass(frozen=True)
class Decider:
    """Decides which passages satisfy a query, by what their texts say."""

    MOST: ClassVar = 1000
    """Passages that are decided on together: with their parts, some megabytes of text and streams."""

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
        while wanted := sorted(set(islice(rest, self.MOST))):
            deadline.check()
            yield self._batch(wanted)

    def _batch(self, wanted: Sequence[ClusterRef]) -> Batch:
        texts = self.texts(wanted)
        refs = dict(zip(rows_of(texts, wanted), wanted, strict=True))
        mask: Mask = np.zeros(len(texts.passages), dtype=bool)
        mask[list(refs)] = True
        return Batch(texts, refs, matched(self.evaluator(texts), self.query, mask))

    def evaluator(self, texts: Assembled) -> Evaluator:
        """Return what evaluates trees on some texts."""
        streams = SEARCHED[self.query.scope]
        return Evaluator(texts, streams, self.query.strict, partial(self._satisfy, texts), near_spans=self.near_spans)

    def _satisfy(self, texts: Assembled, field: Field) -> Mask:
        """Return which passages are of works whose records satisfy a field."""
        works = self.view.works
        satisfied = np.array([satisfies(works[part.key.work].card, field) for part in texts.parts], bool)
        mask: Mask = satisfied[texts.part_of(np.arange(len(texts.passages)))]
        return mask

    def texts(self, wanted: Sequence[ClusterRef]) -> Assembled:
        """Return the texts of some passages, with as much around them as the query may reach."""

        def lacking(texts: Assembled) -> set[PartKey]:
            return texts.lacking(np.array(rows_of(texts, wanted), np.int64), *self._reach)

        return gather(self.view, {PartKey(ref.work, ref.section, ref.part) for ref in wanted}, lacking)

    @cached_property
    def _reach(self) -> tuple[int, int]:
        trees = [tree for tree in (self.query.tree, self.query.asked) if tree is not None]
        return max(reach(tree)[0] for tree in trees), max(reach(tree)[1] for tree in trees)


def section_marks(view: View, work: str, number: int, query: ExactQuery) -> SectionMarks:
    """Return where a query's words stand in a section.

    Raises:
        KeyError: there is no such section.
        SearchError: it costs too much.
    """
    if not 0 <= number < view.works[work].card.sections:
        raise KeyError(f"{work} has no section {number}")
    first = PartKey(work, number, 0)
    texts = gather(view, [first], lambda texts: _all_after(texts.parts))
    found = Decider(view, query).evaluator(texts).evaluate(query.tree)
    here = distinct(found.occurrences, np.arange(len(texts.passages)))
    ranges = merged([stretch for each in here for stretch in original_ranges(texts, each)])
    return SectionMarks(tuple(ranges), sum(len(each.starts) for each in here))


def _all_after(parts: Sequence[Part]) -> set[PartKey]:
    """Return the parts of a section that follow those that are here."""
    last = parts[-1]
    return {last.key._replace(part=number) for number in range(len(parts), last.parts)}


def rows_of(texts: Assembled, refs: Iterable[ClusterRef]) -> list[int]:
    """Return the rows of passages in texts that hold them."""
    firsts = {part.key: row - part.row for part, row in zip(texts.parts, texts.part_rows.tolist(), strict=True)}
    return [firsts[PartKey(ref.work, ref.section, ref.part)] + ref.row for ref in refs]


def refs_of(texts: Assembled, rows: Places) -> list[ClusterRef]:
    """Return the passages in some rows of texts."""
    parts = texts.part_of(rows).tolist()
    offsets = texts.offsets[rows].tolist()
    weights = texts.passage_weights[rows].tolist()
    return [
        ClusterRef(key.work, key.section, offset, key.part, part.row + row - int(texts.part_rows[at]), weight)
        for row, at, offset, weight in zip(rows.tolist(), parts, offsets, weights, strict=True)
        for part in [texts.parts[at]]
        for key in [part.key]
    ]
