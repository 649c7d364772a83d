"""A query tree becomes, for each pack, the passages that satisfy it and the occurrences that show why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from indexer.engines import STREAMS, Engine
from indexer.folding import fold_array
from indexer.pack import Pack
from indexer.passages import code_points
from search.matching import Occurrences, find, near, passages_of
from search.query import And, Field, Near, Not, Nothing, Or, Phrase, Tree

SCAN_ABOVE = 20_000
"""Passages; where a phrase may stand in more of them than this, reading the whole stream is quicker."""
_NO_WILDCARDS = str.maketrans("", "", "?*？＊")

Mask = NDArray[np.bool_]
FieldMask = Callable[[Field], Mask]


@dataclass(frozen=True, slots=True)
class Found:
    """What satisfies a node in one pack: a mask over its passages, and for each phrase its occurrences."""

    passages: Mask
    occurrences: tuple[Occurrences, ...] = ()


class Candidates:
    """Where the phrases of one search may stand; each is asked of the engine once, for all packs."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known: dict[tuple[str, str], NDArray[np.uint64] | None] = {}

    def within(self, number: int, stream: str, phrase: str) -> NDArray[np.int64] | None:
        """Passages of pack ``number``, sorted; None where the whole pack is better read."""
        key = (stream, phrase)
        if key not in self._known:
            self._known[key] = self._engine.candidates(stream, phrase, SCAN_ABOVE)
        named = self._known[key]
        if named is None:
            return None
        low, high = np.searchsorted(named, np.array([number << 32, (number + 1) << 32], dtype=np.uint64))
        return (named[low:high] & np.uint64(0xFFFFFFFF)).astype(np.int64)


class Evaluator:
    """Evaluates trees on one pack of one generation."""

    def __init__(
        self,
        pack: Pack,
        number: int,
        candidates: Candidates,
        streams: Sequence[int],
        strict: bool,
        fields: FieldMask,
    ) -> None:
        self._pack = pack
        self._number = number
        self._candidates = candidates
        self._streams = streams
        self._strict = strict
        self._fields = fields

    def evaluate(self, node: Tree) -> Found:
        """The passages that satisfy ``node``, with the occurrences of its phrases that are not denied."""
        size = len(self._pack.passages)
        match node:
            case Phrase():
                return self._found([self._find(node, stream) for stream in self._streams])
            case And(children):
                parts = [self.evaluate(child) for child in children]
                mask = reduce(np.logical_and, (part.passages for part in parts), np.ones(size, dtype=bool))
                return Found(mask, tuple(each for part in parts for each in part.occurrences))
            case Or(children):
                parts = [self.evaluate(child) for child in children]
                mask = reduce(np.logical_or, (part.passages for part in parts), np.zeros(size, dtype=bool))
                return Found(mask, tuple(each for part in parts for each in part.occurrences))
            case Not(child):
                return Found(~self.evaluate(child).passages)
            case Near(left, right, distance):
                return self._near(left, right, distance)
            case Field():
                return Found(self._fields(node))
            case Nothing():
                return Found(np.zeros(size, dtype=bool))
        raise TypeError(f"no such node: {node!r}")

    def _found(self, occurrences: Sequence[Occurrences]) -> Found:
        mask = np.zeros(len(self._pack.passages), dtype=bool)
        for each in occurrences:
            mask[passages_of(self._pack, each)] = True
        return Found(mask, tuple(occurrences))

    def _find(self, phrase: Phrase, stream: int) -> Occurrences:
        passages = None
        if phrase.literal:
            passages = self._candidates.within(self._number, STREAMS[stream], phrase.folded)
        found = find(self._pack, stream, phrase.pattern, typed_characters(phrase), passages)
        if phrase.alias:
            found = Occurrences(stream, found.starts, found.ends, np.zeros_like(found.typed))
        return found.where(found.typed) if self._strict else found

    def _near(self, left: Tree, right: Tree, distance: int) -> Found:
        ones, others = self.evaluate(left).occurrences, self.evaluate(right).occurrences
        kept: list[Occurrences] = []
        for one in ones:
            for other in others:
                if one.stream == other.stream:
                    kept += [near(self._pack, one, other, distance), near(self._pack, other, one, distance)]
        return self._found(kept)


def typed_characters(phrase: Phrase) -> tuple[int, ...]:
    """The characters that a phrase's pattern was folded from, as the reader typed them."""
    codes = code_points(phrase.text if phrase.literal else phrase.text.translate(_NO_WILDCARDS))
    return tuple(codes[fold_array(codes)[1]].tolist())


def distinct(pack: Pack, occurrences: Sequence[Occurrences], within: Mask) -> list[Occurrences]:
    """The occurrences inside the passages of a mask, those of one stream together and none twice."""
    result: list[Occurrences] = []
    for stream in sorted({each.stream for each in occurrences}):
        mine = [each for each in occurrences if each.stream == stream]
        starts = np.concatenate([each.starts for each in mine])
        ends = np.concatenate([each.ends for each in mine])
        typed = np.concatenate([each.typed for each in mine])
        order = np.lexsort((~typed, ends, starts))
        starts, ends, typed = starts[order], ends[order], typed[order]
        fresh = np.ones(len(starts), dtype=bool)
        fresh[1:] = (starts[1:] != starts[:-1]) | (ends[1:] != ends[:-1])
        one = Occurrences(stream, starts[fresh], ends[fresh], typed[fresh])
        result.append(one.where(within[passages_of(pack, one)]))
    return result
