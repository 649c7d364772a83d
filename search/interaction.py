"""Late interaction: each token of a query seeks its like in a passage, and likes that stand close together count most.

The measure is the MaxSim of ColBERT (Khattab and Zaharia, SIGIR 2020): for each token of the query the greatest cosine
with a token of the text, summed with the tokens' importance as weights. Here the vectors are those of the static
model, so that nothing is stored for it, and the text is taken in stretches of several lengths: one sentence of an old
book says what a question asks, seldom a whole page.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from indexer.embedding import StaticEmbedder
from indexer.folding import fold
from indexer.passages import BOUNDARY, Codes, code_points

BLOCK = 20
"""Folded characters; a stretch is a row of blocks."""
SPANS = (2, 3)
"""Blocks in a stretch. A passage's score is the mean over these and the whole passage."""
MOST_TOKENS = 64
"""Distinct tokens of a query that are looked for, the most important ones."""

Ids = NDArray[np.int64]
Floats = NDArray[np.float32]


class Piece(NamedTuple):
    """A stretch of a stream that belongs to one passage: ``codes`` begin at ``start`` of the stream."""

    passage: int
    stream: int
    start: int
    codes: Codes


class Closest(NamedTuple):
    """What a passage comes to: its score, 0 to 1, and its closest stretch: a stream and a half-open range of it."""

    score: float
    stretch: tuple[int, int, int]


def interact(model: StaticEmbedder, query: str, pieces: Sequence[Piece]) -> dict[int, Closest]:
    """Score the passages of ``pieces``, which stand together where they are of one passage."""
    asked, weights = _tokens(model, query)
    if not len(asked) or not pieces:
        return {}
    blocks = _Blocks.of(pieces)
    cosines = _greatest(model, asked, blocks)
    passage_starts = np.flatnonzero(np.diff(blocks.passage, prepend=-1))
    whole = np.maximum.reduceat(cosines, passage_starts, axis=0) @ weights
    spans = [_stretches(cosines, blocks.piece, span) @ weights for span in SPANS]
    best = [np.maximum.reduceat(scores, passage_starts) for scores in spans]
    scores = (sum(best) + whole) / (len(SPANS) + 1)
    ends = np.append(passage_starts[1:], len(blocks.passage))
    found: dict[int, Closest] = {}
    for score, first, last in zip(scores.tolist(), passage_starts.tolist(), ends.tolist(), strict=True):
        at = first + int(np.argmax(spans[0][first:last]))
        piece = pieces[int(blocks.piece[at])]
        start = piece.start + int(blocks.offset[at])
        end = min(start + SPANS[0] * BLOCK, piece.start + len(piece.codes))
        found[piece.passage] = Closest(score, (piece.stream, start, end))
    return found


class _Blocks(NamedTuple):
    """The pieces one after another, a boundary after each, cut into blocks."""

    codes: Codes
    starts: Ids
    offset: Ids
    piece: Ids
    passage: Ids

    @classmethod
    def of(cls, pieces: Sequence[Piece]) -> _Blocks:
        end = np.array([BOUNDARY], np.uint32)
        codes = np.concatenate([part for piece in pieces for part in (piece.codes, end)])
        lengths = np.array([len(piece.codes) + 1 for piece in pieces])
        counts = -(-lengths // BLOCK)
        piece = np.repeat(np.arange(len(pieces)), counts)
        offset = (np.arange(len(piece)) - np.repeat(np.cumsum(counts) - counts, counts)) * BLOCK
        starts = np.repeat(np.cumsum(lengths) - lengths, counts) + offset
        passages = [each.passage for each in pieces]
        numbers = np.cumsum([0, *(one != other for one, other in zip(passages[1:], passages, strict=False))])
        return cls(codes, starts, offset, piece, numbers[piece])


def _tokens(model: StaticEmbedder, query: str) -> tuple[Ids, Floats]:
    """The rows of a query's most important tokens, and their weights, which sum to 1."""
    codes = code_points(" ".join(fold(run) for run in query.split()))
    rows = np.unique(np.concatenate(model.rows(codes)))
    rows = rows[rows != model.unknown]
    weights = model.importance(rows)
    chosen = np.argsort(-weights, kind="stable")[:MOST_TOKENS]
    total = weights[chosen].sum()
    return rows[chosen], weights[chosen] / total if total else weights[chosen]


def _greatest(model: StaticEmbedder, asked: Ids, blocks: _Blocks) -> Floats:
    """For each block and each token asked for, the greatest cosine with a token of the block; 0 at least."""
    characters, pairs = model.rows(blocks.codes)
    present = np.zeros(model.unknown + 1, dtype=bool)
    present[characters] = present[pairs] = present[model.unknown] = True
    used = np.flatnonzero(present)
    cosines = np.zeros((len(used), len(asked)), np.float32)
    cosines[:-1] = np.maximum(model.directions(used[:-1]) @ model.directions(asked).T, 0)
    places = np.cumsum(present) - 1
    pairs = np.append(pairs, model.unknown)
    return np.maximum(
        np.maximum.reduceat(cosines[places[characters]], blocks.starts, axis=0),
        np.maximum.reduceat(cosines[places[pairs]], blocks.starts, axis=0),
    )


def _stretches(cosines: Floats, piece: Ids, span: int) -> Floats:
    """The greatest cosines of each block and the ``span - 1`` that follow it in its piece."""
    result = cosines.copy()
    for step in range(1, span):
        same = piece[step:] == piece[:-step]
        result[:-step][same] = np.maximum(result[:-step][same], cosines[step:][same])
    return result
