"""The systems that are compared, a line each: ours by its modes, BM25 over words, and general models."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from eval.quality import peers
from eval.quality.bm25 import Bm25, Tokenize, characters, words
from eval.quality.measuring import DEPTH, Query
from eval.quality.pools import Pool
from eval.quality.rankings import RankingKind, ranking
from indexer.embedding import StaticEmbedder, load_embedder
from indexer.errors import need
from indexer.progress import Progress
from indexer.text.folding import fold
from indexer.text.streams import code_points
from search.library import Library
from search.model import Mode, SearchError, SearchRequest
from search.ranking.fusion import Scores, Signals, likely, likeness, ranked
from search.ranking.late_interaction import Closest, interact
from search.ranking.pieces import Pieces
from search.stores.base import Ref

RERANKED = "hybrid + rerank"
"""The default search: the system that every other is compared with."""
_NEAREST = 200
"""Stretches that are looked at for their texts: as many of them may belong to one text."""
_QUERIES_AT_ONCE = 512
MOST_TEXTS = 10_000
"""Queries and stretches that a slow model is given at most."""

RankedNames = list[list[str]]
PagePlaces = list[tuple[str, str]]
"""Works and pages."""
AskFunction = Callable[[Library, str, int], tuple[PagePlaces, bool]]
"""From an index, a query and a number to so many places at most, and whether any is close."""


@dataclass(frozen=True)
class Task:
    """Queries to a pool. ``choices`` are, for each query, the rows of the pool to choose from; None is all of them.

    A page may be cut into several passages: ``depth``, what is asked for, is more than is measured. Where nothing
    in the pool answers the queries, a system that says that nothing is close has found nothing, whatever it shows.
    """

    name: str
    queries: tuple[Query, ...]
    pool: Pool
    choices: tuple[tuple[int, ...], ...] | None = None
    depth: int = 2 * DEPTH
    answerable: bool = True


class System(Protocol):
    """Something that answers queries."""

    @property
    def name(self) -> str:
        """The head of its column."""

    def answers(self, task: Task, on_progress: Progress) -> RankedNames | None:
        """Return, for each query, the names of what is found, best first; None where a system does not fit the task."""


@dataclass(frozen=True)
class Indexed:
    """A system that asks the index of the pool; without one, or with sentences alone, another system may stand in."""

    name: str
    ask: AskFunction
    without_index: System | None = None
    for_sentences: System | None = None

    def answers(self, task: Task, on_progress: Progress) -> RankedNames | None:
        """See :class:`System`."""
        library = task.pool.library
        other = self.without_index if library is None else self.for_sentences if task.pool.whole else None
        if other:
            return other.answers(task, on_progress)
        if library is None:
            return None
        found = []
        for done, query in enumerate(task.queries, start=1):
            try:
                places, close = self.ask(library, query.text, task.depth)
                found.append([task.pool.named(*place) for place in places if close or task.answerable])
            except SearchError:  # too long for it: no answer
                found.append([])
            on_progress(f"{task.name}: {self.name}", done, len(task.queries))
        return found


@dataclass(frozen=True)
class Lexical:
    """BM25 over the whole texts."""

    name: str
    tokenize: Tokenize

    def answers(self, task: Task, on_progress: Progress) -> RankedNames | None:
        """See :class:`System`."""
        scores = _ranking_of(task.pool.texts, self.tokenize).scores([query.text for query in task.queries])
        return _best(self.name, task, task.pool.names, scores, on_progress)


@dataclass(frozen=True)
class ExhaustiveCosine:
    """Cosines of a query with every stretch, without an index."""

    name: str
    embed: Callable[[list[str], peers.Side, Progress], NDArray[np.float32]]
    most: int | None = None

    def answers(self, task: Task, on_progress: Progress) -> RankedNames | None:
        """See :class:`System`."""
        names, texts = task.pool.stretches
        queries = [query.text for query in task.queries]
        if self.most is not None and len(texts) + len(queries) > self.most:
            return None
        stretches, asked = self.embed(texts, "text", on_progress), self.embed(queries, "query", on_progress)
        scores = (
            row
            for first in range(0, len(asked), _QUERIES_AT_ONCE)
            for row in asked[first : first + _QUERIES_AT_ONCE] @ stretches.T
        )
        return _best(self.name, task, names, scores, on_progress)


@dataclass(frozen=True)
class Compared:
    """The few choices of each query, compared with it token by token and weighed as in the default search."""

    name: str

    def answers(self, task: Task, on_progress: Progress) -> RankedNames | None:
        """See :class:`System`."""
        model = load_embedder()
        if task.choices is None or not isinstance(model, StaticEmbedder):
            return None
        vectors = model.embed(task.pool.texts)
        asked = model.embed([query.text for query in task.queries])
        found = []
        for done, (query, vector, rows) in enumerate(zip(task.queries, asked, task.choices, strict=True), start=1):
            pieces = Pieces.of_texts(range(len(rows)), [code_points(fold(task.pool.texts[row])) for row in rows])
            cosines: Scores = {row: float(vector @ vectors[row]) for row in rows}
            compared: dict[Ref, Closest] = {
                rows[position]: each for position, each in interact(model, query.text, pieces).items()
            }
            in_order = dict.fromkeys(ranked(cosines, len(cosines)), 0.0)
            scores = likeness(Signals({}, cosines, likely({}, in_order), compared))
            found.append([task.pool.names[row] for row in sorted(rows, key=lambda row: (-scores[row], row))])
            on_progress(f"{task.name}: {self.name}", done, len(task.queries))
        return found


@lru_cache(1)
def _ranking_of(texts: tuple[str, ...], tokenize: Tokenize) -> Bm25:
    """Build the ranking of a pool, kept from one query set to the next: jieba takes a minute for a large one."""
    return Bm25(texts, tokenize)


def _best(
    name: str, task: Task, names: Sequence[str], scores: Iterable[NDArray[np.float32]], on_progress: Progress
) -> RankedNames:
    found = []
    for done, row in enumerate(scores, start=1):
        if task.choices is not None:
            near = np.array(task.choices[done - 1])
        else:
            near = np.argpartition(-row, _NEAREST)[:_NEAREST] if len(row) > _NEAREST else np.arange(len(row))
        ranked = near[np.lexsort((near, -row[near]))]
        found.append(list(dict.fromkeys(names[at] for at in ranked if row[at] > 0))[: task.depth])
        on_progress(f"{task.name}: {name}", done, len(task.queries))
    return found


def _mode(mode: Mode) -> AskFunction:
    """Search as a reader does in this mode."""

    def ask(library: Library, text: str, limit: int) -> tuple[PagePlaces, bool]:
        response = library.search(SearchRequest(text, mode=mode, limit=limit))
        return [(hit.work.id, hit.page) for hit in response.hits], response.has_close_match

    return ask


def _ranking(kind: RankingKind) -> AskFunction:
    """Search by a ranking that the search builds on."""

    def ask(library: Library, text: str, limit: int) -> tuple[PagePlaces, bool]:
        return [(work, page) for work, page, _ in ranking(library, text, kind, limit)], True

    return ask


def _own(texts: list[str], _side: peers.Side, _on_progress: Progress) -> NDArray[np.float32]:
    return load_embedder().embed(texts)


_COSINE = ExhaustiveCosine("semantic", _own)
OURS: tuple[Indexed, ...] = (
    Indexed("exact words", _mode(Mode.EXACT)),
    Indexed("BM25, characters", _ranking("characters"), without_index=Lexical("BM25, characters", characters)),
    Indexed("semantic", _ranking("semantic"), without_index=_COSINE, for_sentences=_COSINE),
    Indexed("hybrid", _ranking("fused")),
    Indexed(RERANKED, _mode(Mode.HYBRID), without_index=Compared(RERANKED)),
)
OTHERS: tuple[System, ...] = (Lexical("BM25, jieba words", words),)


def general(folder: Path) -> list[System]:
    """Return the general models; their vectors are kept in ``folder``.

    Raises:
        IndexFailure: one is not installed.
    """
    for peer in peers.PEERS:
        need(peer.module, "peers")

    def system(peer: peers.PeerModel) -> System:
        def embed(texts: list[str], side: peers.Side, on_progress: Progress) -> NDArray[np.float32]:
            return peers.vectors(peer, texts, side, folder, on_progress)

        return ExhaustiveCosine(peer.name, embed, MOST_TEXTS)

    return [system(peer) for peer in peers.PEERS]
