"""An engine of which a reader may not see everything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from indexer.engines import Bag, Engine


class PartialEngine:
    """Answers as an engine that never had the other works, but for how rare it holds a word to be.

    BM25 weighs words by all that the engine has, hidden works included; so the scores of a ranking by words, and with
    them its order, may differ a little from those of an index without these works. What is found, and where a phrase
    stands, does not.

    ``visible`` are masks over the passages of each pack, ``works`` the engine's keys of the works that may be seen,
    and ``hidden`` is the number of the engine's other passages.
    """

    def __init__(
        self, engine: Engine, visible: Mapping[int, NDArray[np.bool_]], works: Sequence[str], hidden: int
    ) -> None:
        self._engine = engine
        self._visible = visible
        self._works = works
        self._hidden = hidden

    def candidates(self, stream: str, phrase: str, limit: int) -> NDArray[np.uint64] | None:
        """See :meth:`indexer.engines.Engine.candidates`: the limit, too, is one of what may be seen."""
        named = self._engine.candidates(stream, phrase, limit)
        if named is None:
            named = self._engine.candidates(stream, phrase, limit + self._hidden)
        if named is None:
            return None
        seen = named[self._may_be_seen(named)]
        return None if len(seen) > limit else seen

    def rank(self, bag: Bag, works: Sequence[str] | None, limit: int) -> list[tuple[int, float]]:
        """See :meth:`indexer.engines.Engine.rank`."""
        return self._engine.rank(bag, self._works if works is None else works, limit)

    def _may_be_seen(self, passages: NDArray[np.uint64]) -> NDArray[np.bool_]:
        seen = np.zeros(len(passages), dtype=bool)
        packs, rows = passages >> np.uint64(32), passages & np.uint64(0xFFFFFFFF)
        for number in np.unique(packs).tolist():
            if number in self._visible:
                here = packs == number
                seen[here] = self._visible[number][rows[here].astype(np.int64)]
        return seen
