"""An engine of which a reader may not see everything."""

from __future__ import annotations

from collections.abc import Sequence

from indexer.engines import Bag, Engine


class PartialEngine:
    """Answers as an engine that never had other works than these, but for how rare it holds a word to be.

    BM25 weighs words by all that the engine has, hidden works included; so the scores of a ranking by words, and with
    them its order, may differ a little from those of an index without these works. What is found in the exact mode, and
    where a phrase stands, does not: the engine is not asked for it.

    ``works`` are the engine's keys of the works that may be seen.
    """

    def __init__(self, engine: Engine, works: Sequence[str]) -> None:
        self._engine = engine
        self._works = works

    def rank(self, bag: Bag, works: Sequence[str] | None, limit: int) -> list[tuple[int, float]]:
        """See :meth:`indexer.engines.Engine.rank`."""
        return self._engine.rank(bag, self._works if works is None else works, limit)
