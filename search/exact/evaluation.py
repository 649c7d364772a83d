"""A query tree becomes, for each pack, the passages that satisfy it and the occurrences that show why."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from indexer.store.layout import MAIN, NOTES, PRINTED
from indexer.store.pack import PackView
from indexer.store.positions import Places
from search import deadline
from search.dates import When
from search.exact.approximate import apart, find_slips
from search.exact.dates import find_dates
from search.exact.expressions import find_expression
from search.exact.matching import (
    Mask,
    StreamRanges,
    each_once,
    find,
    in_own_streams,
    in_print,
)
from search.exact.nearness import SectionExtents, following, leading, near, near_pairs
from search.expressions import Expression
from search.model import Scope
from search.query import And, Approximate, Field, InYears, Near, Not, Nothing, Or, Phrase, Tree, Words, sought_in
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
    stretches that each pair of them takes up, but for what is near within a section. How far two are from each other is
    counted in their stream, or else as printed where that is searched too: a word of the text is near one in a note
    beside it.
    """

    def __init__(
        self, pack: PackView, streams: Sequence[int], strict: bool, fields: FieldMask, *, near_spans: bool = False
    ) -> None:
        self._pack = pack
        self._near_spans = near_spans
        self._known: dict[Words, list[StreamRanges]] = {}  # the tree with other names repeats phrases
        self._streams = [stream for stream in streams if len(pack.streams[stream].codes)]
        self._strict = strict
        self._fields = fields

    def evaluate(self, node: Tree) -> Found:
        """Return the passages that satisfy ``node``, with the occurrences of its phrases that are not denied."""
        deadline.check()
        match node:
            case Phrase() | Approximate() | Expression() | When():
                return _found(self._words(node))
            case And(children):
                return self._all(children)
            case Or(children):
                parts = [self._satisfied(child) for child in children]
                passages = each_once([part.passages for part in parts])
                return Found(passages, tuple(each for part in parts for each in part.occurrences))
            case Near():
                return self._near(node)
            case Field():
                return Found(np.flatnonzero(self._fields(node)))
            case InYears(when):
                return Found(_found(self._words(when)).passages)
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

    def _words(self, words: Words) -> list[StreamRanges]:
        """Find each place where words stand, once: the printed order may read what another stream has, too."""
        if words not in self._known:
            self._known[words] = self._standing(words)
        return self._known[words]

    def _standing(self, words: Words) -> list[StreamRanges]:
        if isinstance(words, Approximate):
            slips = find_slips(self._pack, self._streams, words, self._strict)
            return joined(apart(self._pack, [*self._words(words.phrase)], slips))
        found = [self._find(words, stream) for stream in self._streams if stream != PRINTED or self._may_cross(words)]
        if not found or found[-1].stream != PRINTED or not len(found[-1].starts):
            return found
        return joined([*found[:-1], *in_own_streams(self._pack, found[-1])])

    def _may_cross(self, words: Phrase | Expression | When) -> bool:
        """Return whether the printed order may have words where no other stream does; most often it can't."""
        if isinstance(words, When):
            return False
        if isinstance(words, Expression) or not words.literal:
            return True
        ids = self._pack.ids(list(map(ord, words.folded)))
        return len(words.pattern) == 1 or (ids is not None and self._pack.printed.may_hold(ids.tolist()))

    def _find(self, words: Phrase | Expression | When, stream: int) -> StreamRanges:
        if isinstance(words, Expression):
            return find_expression(self._pack, stream, words)
        if isinstance(words, When):
            found = find_dates(self._pack, stream, words)
        else:
            found = find(self._pack, stream, *sought_in(words))
            if words.alias:
                found = found.untyped()
        return found.where(found.typed) if self._strict else found

    def _near(self, node: Near) -> Found:
        ones, others = self.evaluate(node.left).occurrences, self.evaluate(node.right).occurrences
        if node.distance is None:
            return self._in_one_section(ones, others, node.ordered)
        kept: list[StreamRanges] = []
        spans: list[StreamRanges] = []
        for pair in product(ones, others):
            for one, other in (pair,) if node.ordered else (pair, pair[::-1]):
                deadline.check()
                if one.stream == other.stream:
                    kept += self._kept(node, (one, _rows(one)), (other, _rows(other)), one, other)
                    if self._near_spans:
                        spans.append(near_pairs(self._pack, one, other, node.distance))
                if self._are_near_in_print(one, other):
                    printed, beside = in_print(self._pack, one), in_print(self._pack, other)
                    kept += self._kept(node, printed, beside, one, other)
                    if self._near_spans:
                        found = near_pairs(self._pack, printed[0], beside[0], node.distance)
                        spans.append(found.where(self._pack.printed.crossing(found.starts, found.ends)))
        near_each_other = _found(kept)
        return Found(near_each_other.passages, tuple(spans)) if self._near_spans else near_each_other

    def _kept(
        self,
        node: Near,
        left: tuple[StreamRanges, Places],
        right: tuple[StreamRanges, Places],
        one: StreamRanges,
        other: StreamRanges,
    ) -> Iterator[StreamRanges]:
        """Yield which of two phrases are near each other, by what they are in one stream, with the rows of that."""
        assert node.distance is not None
        if node.ordered:
            yield one.where(left[1][leading(self._pack, left[0], right[0], node.distance)])
            yield other.where(right[1][following(self._pack, right[0], left[0], node.distance)])
        else:
            yield one.where(left[1][near(self._pack, left[0], right[0], node.distance)])

    def _in_one_section(self, ones: Sequence[StreamRanges], others: Sequence[StreamRanges], ordered: bool) -> Found:
        left, right = SectionExtents.of(self._pack, ones), SectionExtents.of(self._pack, others)
        kept = [each.where(right.after(each) if ordered else right.after(each) | right.before(each)) for each in ones]
        kept += [each.where(left.before(each) if ordered else left.before(each) | left.after(each)) for each in others]
        return _found(kept)

    def _are_near_in_print(self, one: StreamRanges, other: StreamRanges) -> bool:
        """Return whether some may be nearer in print than in their streams; two of the text never are."""
        return PRINTED in self._streams and {one.stream, other.stream} not in ({MAIN}, {PRINTED})


def _rows(found: StreamRanges) -> Places:
    return np.arange(len(found.starts))


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
    """Join the ranges of one stream, each once; with the least slip of its like, and spelled as typed if one is."""
    starts = np.concatenate([each.starts for each in parts])
    ends = np.concatenate([each.ends for each in parts])
    typed = np.concatenate([each.typed for each in parts])
    passages = np.concatenate([each.passages for each in parts])
    slips = np.concatenate([each.slips for each in parts])
    order = np.lexsort((~typed, slips, ends, starts))
    fresh = np.ones(len(order), dtype=bool)
    fresh[1:] = (np.diff(starts[order]) != 0) | (np.diff(ends[order]) != 0)
    chosen = order[fresh]
    return StreamRanges(parts[0].stream, starts, ends, typed, passages, slips).where(chosen)
