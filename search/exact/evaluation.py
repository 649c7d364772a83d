"""A query tree becomes, for each pack, the passages that satisfy it and the occurrences that show why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from indexer.store.layout import MAIN, NOTES, PRINTED
from indexer.store.pack import PackView
from indexer.store.positions import Places
from search import deadline
from search.exact.matching import (
    Mask,
    StreamRanges,
    each_once,
    find,
    in_own_streams,
    in_print,
    near,
    near_pairs,
)
from search.model import Scope
from search.query import And, Field, Near, Not, Nothing, Or, Phrase, Tree, sought_in
from search.ranges import among

SEARCHED = {Scope.TEXT: (MAIN,), Scope.NOTES: (NOTES,), Scope.BOTH: (MAIN, NOTES, PRINTED)}
"""The streams of a pack in which each scope finds phrases."""

FieldMask = Callable[[Field], Mask]


@dataclass(frozen=True, slots=True)
class Found:
    """What satisfies a node in one pack: the numbers of passages, sorted, and for each phrase its occurrences."""

    passages: Places
    occurrences: tuple[StreamRanges, ...] = ()


class Evaluator:
    """Evaluates trees on one pack.

    The occurrences of NEAR are those of its phrases that have one of the other nearby; with ``near_spans`` they are the
    stretches that each pair of them takes up. How far two are from each other is counted in their stream, or else as
    printed where that is searched too: a word of the text is near one in a note beside it.
    """

    def __init__(
        self, pack: PackView, streams: Sequence[int], strict: bool, fields: FieldMask, *, near_spans: bool = False
    ) -> None:
        self._pack = pack
        self._near_spans = near_spans
        self._known: dict[Phrase, list[StreamRanges]] = {}  # the tree with other names repeats phrases
        self._streams = [stream for stream in streams if len(pack.streams[stream].codes)]
        self._strict = strict
        self._fields = fields

    def evaluate(self, node: Tree) -> Found:
        """Return the passages that satisfy ``node``, with the occurrences of its phrases that are not denied."""
        deadline.check()
        match node:
            case Phrase():
                return _found(self._phrase(node))
            case And(children):
                return self._all(children)
            case Or(children):
                parts = [self._satisfied(child) for child in children]
                passages = each_once([part.passages for part in parts])
                return Found(passages, tuple(each for part in parts for each in part.occurrences))
            case Near(left, right, distance):
                return self._near(left, right, distance)
            case Field():
                return Found(np.flatnonzero(self._fields(node)))
            case Nothing():
                return _nothing()
        raise TypeError(f"no such node here: {node!r}")

    def _all(self, children: Sequence[Tree]) -> Found:
        denied = [child.child for child in children if isinstance(child, Not)]
        wanted = [child for child in children if not isinstance(child, Not)]
        # A field takes most or all of a pack, or nothing at all: what it takes is not counted out before the words are.
        wanted.sort(key=lambda child: isinstance(child, Field))
        passages: Places | None = None
        occurrences: list[StreamRanges] = []
        for child in wanted:
            if isinstance(child, Field) and passages is not None:
                passages = passages[self._fields(child)[passages]]
            else:
                part = self.evaluate(child)
                occurrences += part.occurrences
                passages = part.passages if passages is None else passages[among(passages, part.passages)]
            if not len(passages):
                return _nothing()
        assert passages is not None
        for each in denied:
            passages = passages[~among(passages, self.evaluate(each).passages)]
        return Found(passages, tuple(occurrences))

    def _satisfied(self, child: Tree) -> Found:
        """Evaluate one of several choices; what several words of it find counts where all of them stand."""
        found = self.evaluate(child)
        if not isinstance(child, And):
            return found
        kept = (each.where(among(each.passages, found.passages)) for each in found.occurrences)
        return Found(found.passages, tuple(kept))

    def _phrase(self, phrase: Phrase) -> list[StreamRanges]:
        """Find each place where a phrase stands, once: the printed order may read what another stream has, too."""
        if phrase not in self._known:
            self._known[phrase] = self._standing(phrase)
        return self._known[phrase]

    def _standing(self, phrase: Phrase) -> list[StreamRanges]:
        found = [self._find(phrase, stream) for stream in self._streams if stream != PRINTED or self._may_cross(phrase)]
        if not found or found[-1].stream != PRINTED or not len(found[-1].starts):
            return found
        return joined([*found[:-1], *in_own_streams(self._pack, found[-1])])

    def _may_cross(self, phrase: Phrase) -> bool:
        """Return whether the printed order may have the phrase where no other stream does; most often it can't."""
        if not phrase.literal:
            return True
        ids = self._pack.ids(list(map(ord, phrase.folded)))
        return len(phrase.pattern) == 1 or (ids is not None and self._pack.printed.may_hold(ids.tolist()))

    def _find(self, phrase: Phrase, stream: int) -> StreamRanges:
        found = find(self._pack, stream, *sought_in(phrase))
        if phrase.alias:
            found = found.untyped()
        return found.where(found.typed) if self._strict else found

    def _near(self, left: Tree, right: Tree, distance: int) -> Found:
        ones, others = self.evaluate(left).occurrences, self.evaluate(right).occurrences
        kept: list[StreamRanges] = []
        spans: list[StreamRanges] = []
        for pair in product(ones, others):
            for one, other in (pair, pair[::-1]):
                deadline.check()
                if one.stream == other.stream:
                    kept.append(one.where(near(self._pack, one, other, distance)))
                    if self._near_spans:
                        spans.append(near_pairs(self._pack, one, other, distance))
                if self._are_near_in_print(one, other):
                    (printed, rows), (beside, _) = in_print(self._pack, one), in_print(self._pack, other)
                    kept.append(one.where(rows[near(self._pack, printed, beside, distance)]))
                    if self._near_spans:
                        found = near_pairs(self._pack, printed, beside, distance)
                        spans.append(found.where(self._pack.printed.crossing(found.starts, found.ends)))
        near_each_other = _found(kept)
        return Found(near_each_other.passages, tuple(spans)) if self._near_spans else near_each_other

    def _are_near_in_print(self, one: StreamRanges, other: StreamRanges) -> bool:
        """Return whether some may be nearer in print than in their streams; two of the text never are."""
        return PRINTED in self._streams and {one.stream, other.stream} not in ({MAIN}, {PRINTED})


def _nothing() -> Found:
    return Found(np.empty(0, np.int64))


def _found(occurrences: Sequence[StreamRanges]) -> Found:
    some = [each for each in occurrences if len(each.starts)]
    if not some:
        return _nothing()
    return Found(each_once([each.passages for each in some]), tuple(some))


def distinct(occurrences: Sequence[StreamRanges], within: Places) -> list[StreamRanges]:
    """Return the occurrences inside some passages, sorted, those of one stream together and none twice."""
    return [each.where(among(each.passages, within)) for each in joined(occurrences)]


def joined(occurrences: Sequence[StreamRanges]) -> list[StreamRanges]:
    """Return the occurrences of each stream together, sorted, none twice."""
    result: list[StreamRanges] = []
    for stream in sorted({each.stream for each in occurrences}):
        deadline.check()
        mine = [each for each in occurrences if each.stream == stream]
        result.append(mine[0] if len(mine) == 1 else _joined(mine))
    return result


def _joined(parts: Sequence[StreamRanges]) -> StreamRanges:
    """Join the ranges of one stream, each once; spelled as typed where one of its like is."""
    starts = np.concatenate([each.starts for each in parts])
    ends = np.concatenate([each.ends for each in parts])
    typed = np.concatenate([each.typed for each in parts])
    passages = np.concatenate([each.passages for each in parts])
    order = np.lexsort((~typed, ends, starts))
    fresh = np.ones(len(order), dtype=bool)
    fresh[1:] = (np.diff(starts[order]) != 0) | (np.diff(ends[order]) != 0)
    chosen = order[fresh]
    return StreamRanges(parts[0].stream, starts[chosen], ends[chosen], typed[chosen], passages[chosen])
