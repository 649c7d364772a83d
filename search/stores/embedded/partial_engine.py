"""An engine of which a reader may not see everything."""

from __future__ import annotations

from collections.abc import Sequence

from indexer.engines.base import Engine, GramQuery


class PartialEngine:
    """An engine restricted to some works: others are never found, though they count in document frequencies.

    BM25 weighs words by all that the engine has, hidden works included; so the scores of a ranking by words, and with
    them its order, may differ a little from those of an index without these works. What is found in the exact mode, and
    where a phrase stands, does not: the engine is not asked for it.

    ``works`` are the engine's keys of the works that may be seen.
    """

    def __init__(self, engine: Engine, works: Sequence[str]) -> None:
        self._engine = engine
        self._works = works

    def rank(self, query: GramQuery, works: Sequence[str] | None, limit: int) -> list[tuple[int, float]]:
        """See :meth:`indexer.engines.base.Engine.rank`."""
        return self._engine.rank(query, self._works if works is None else works, limit)
