"""The rankings that a search is made of, each by itself, and the features that it weighs, for measuring."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from search.library import Library
from search.model import Scope, SearchRequest
from search.query import parse
from search.ranking import fusion
from search.ranking.fusion import Scores
from search.ranking.signals import by_meaning, by_words, exact_query, signals
from search.stores.base import Eligible, Ref, Wanted
from search.words.aliases import expand

RankingKind = Literal["characters", "semantic", "fused", "hybrid"]
"""The kinds of ranking: by characters, by vectors, by both, or the default search."""


def ranking(library: Library, text: str, kind: RankingKind, limit: int) -> list[tuple[str, str, float]]:
    """Return work, page and score of the passages nearest to a plain text, by one kind of ranking."""
    if kind == "hybrid":
        found = library.search(SearchRequest(q=text, limit=limit))
        return [(hit.work.id, hit.page, hit.score) for hit in found.hits]
    everything = Eligible()
    words: Scores = {} if kind == "semantic" else by_words(library.store, text, Scope.BOTH, everything)
    meaning: Scores = {}
    if kind != "characters":
        meaning = by_meaning(library.store, library.store.embedder.embed([text])[0], Scope.BOTH, everything)
    scores = fusion.likely(words, meaning) if kind == "fused" else words or meaning
    best = fusion.ranked(scores, limit)
    return [(*place, scores[passage]) for place, passage in zip(_places(library, best), best, strict=True)]


def features(library: Library, text: str) -> tuple[list[tuple[str, str]], NDArray[np.float64]]:
    """Return work and page of the passages that a plain text is compared with token by token, and their features."""
    parsed, request = parse(text), SearchRequest(q=text)
    matches = library.store.match(exact_query(request, parsed, expand(parsed)))
    found = signals(library.store, request, parsed, matches)
    passages = list(found.interaction)
    return _places(library, passages), fusion.features(found, passages)


def _places(library: Library, passages: Sequence[Ref]) -> list[tuple[str, str]]:
    return [(each.work.id, each.page) for each in library.store.passages([Wanted(ref) for ref in passages])]
