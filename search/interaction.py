"""Late interaction: each token of a query seeks its like in a passage, and likes that stand close together count most.

The measure is the MaxSim of ColBERT (Khattab and Zaharia, SIGIR 2020): for each token of the query the greatest cosine
with a token of the text, summed with the tokens' importance as weights. Here the vectors are those of the static
model, so that nothing is stored for it, and it is taken over several lengths of text: one sentence of an old book says
what a question asks, seldom a whole page; and what the sentence is about may stand on the page before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from indexer.embedding import StaticEmbedder, token_keys
from indexer.folding import fold
from indexer.passages import BOUNDARY, Codes, code_points
from search.aliases import Name

BLOCK = 20
"""Folded characters; a stretch is a row of blocks."""
SHORT, LONG = 2, 3
"""Blocks of a short and of a long stretch."""
BEFORE, AFTER = 120, 60
"""Characters around a passage that belong to its surroundings."""
MOST_TOKENS = 64
"""Distinct tokens of a query that are looked for, the most important ones."""
SAME = 255
"""The degree of likeness of a token with itself. Degrees are cosines in 255ths: bytes are quick to compare."""

Ids = NDArray[np.int64]
Floats = NDArray[np.float32]
Degrees = NDArray[np.uint8]


class Piece(NamedTuple):
    """A stretch of a stream: ``codes`` begin at ``start`` of the stream.

    It is a part of the passage, or with ``around`` of what surrounds the passage.
    """

    passage: int
    stream: int
    start: int
    codes: Codes
    around: bool = False


class Closest(NamedTuple):
    """What a passage comes to: its :data:`SHARES`, and its closest short stretch: a stream and a half-open range."""

    shares: tuple[float, ...]
    stretch: tuple[int, int, int]


SHARES = ("around", "whole", "long", "short")
"""The share of the query, 0 to 1, that finds its like in the passage and its surroundings, in the passage, in its best
long stretch and in its best short one."""


def interact(
    model: StaticEmbedder, query: str, pieces: Sequence[Piece], names: Sequence[Name] = ()
) -> dict[int, Closest]:
    """Compare the passages of ``pieces``, which stand together where they are of one passage, with a query."""
    asked = _Asked.of(model, query)
    if not len(asked.keys) or not pieces:
        return {}
    blocks = _Blocks.of(pieces)
    degrees = _greatest(model, asked, blocks)
    for name in names:
        _exchange(degrees, blocks, asked, name)
    starts = np.flatnonzero(np.diff(blocks.passage, prepend=-1))
    around: Floats = _share(np.maximum.reduceat(degrees, starts, axis=0), asked)
    degrees[blocks.around] = 0
    whole = _share(np.maximum.reduceat(degrees, starts, axis=0), asked)
    long, short = (_share(_stretches(degrees, blocks.piece, span), asked) for span in (LONG, SHORT))
    best_long, best_short = (np.maximum.reduceat(each, starts) for each in (long, short))
    values = np.stack([around, whole, best_long, best_short], axis=1)
    ends = np.append(starts[1:], len(blocks.passage))
    found: dict[int, Closest] = {}
    for row, first, last in zip(values.tolist(), starts.tolist(), ends.tolist(), strict=True):
        at = first + int(np.argmax(short[first:last]))
        piece = pieces[int(blocks.piece[at])]
        start = piece.start + int(blocks.offset[at])
        end = min(start + SHORT * BLOCK, piece.start + len(piece.codes))
        found[piece.passage] = Closest(tuple(row), (piece.stream, start, end))
    return found


def spaced(query: str) -> str:
    """A query as it is compared: folded, its blanks kept."""
    return " ".join(fold(run) for run in query.split())


def surroundings(codes: Codes, start: int, end: int) -> tuple[Codes, Codes]:
    """What stands before and after ``[start, end)`` of a stream, near it and in the same section."""
    before, after = codes[max(start - BEFORE, 0) : start], codes[end : end + AFTER]
    closed = np.flatnonzero(before == BOUNDARY)
    if len(closed):
        before = before[closed[-1] + 1 :]
    if codes[end - 1] == BOUNDARY:
        after = after[:0]
    return before, after[: next(iter(np.flatnonzero(after == BOUNDARY)), AFTER)]


class _Asked(NamedTuple):
    """A query's most important tokens: their keys, their rows in the model, and their weights, which sum to 1."""

    codes: Codes
    keys: NDArray[np.uint64]
    rows: Ids
    weights: Floats

    @classmethod
    def of(cls, model: StaticEmbedder, query: str) -> _Asked:
        codes = code_points(spaced(query))
        blank = codes == ord(" ")
        characters, pairs = token_keys(codes)
        keys = np.unique(np.concatenate([characters[~blank], pairs[~(blank[1:] | blank[:-1])]]))
        rows = model.rows_of(keys)
        weights = model.importance(rows)
        chosen = np.sort(np.argsort(-weights, kind="stable")[:MOST_TOKENS])
        if not (rows[chosen] != model.unknown).any():
            chosen = chosen[:0]
        return cls(codes, keys[chosen], rows[chosen], weights[chosen] / (weights[chosen].sum() or 1))


class _Blocks(NamedTuple):
    """The pieces one after another, a boundary after each, cut into blocks."""

    codes: Codes
    starts: Ids
    lengths: Ids
    offset: Ids
    piece: Ids
    passage: Ids
    around: NDArray[np.bool_]

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
        around = np.array([each.around for each in pieces])
        return cls(codes, starts, np.diff(starts, append=len(codes)), offset, piece, numbers[piece], around[piece])


def _greatest(model: StaticEmbedder, asked: _Asked, blocks: _Blocks) -> Degrees:
    """For each block and each token asked for, the greatest degree of likeness with a token of the block.

    A token that the model does not know is like itself alone.
    """
    characters, pairs = model.rows(blocks.codes)
    present = np.zeros(model.unknown + 1, dtype=bool)
    present[characters] = present[pairs] = present[model.unknown] = True
    used = np.flatnonzero(present)
    known = asked.rows != model.unknown
    degrees = np.zeros((len(used), len(asked.rows)), np.uint8)
    cosines = model.cosines(used[:-1], asked.rows[known])
    degrees[:-1, known] = np.rint(np.clip(cosines, 0, 1, out=cosines) * SAME)
    places = np.cumsum(present) - 1
    greatest = np.zeros((len(blocks.starts), len(asked.rows)), np.uint8)
    for rows in (characters, np.append(pairs, model.unknown)):
        # Boundaries behind the last piece, which are like nothing.
        rows = np.append(places[rows], np.full(BLOCK, len(used) - 1))
        for step in range(BLOCK):
            inside = np.where(step < blocks.lengths, blocks.starts + step, len(rows) - 1)
            np.maximum(greatest, degrees[rows[inside]], out=greatest)
    if not known.all():
        of_characters, of_pairs = token_keys(blocks.codes)
        for at in np.flatnonzero(~known).tolist():
            keys = of_characters if asked.keys[at] <= np.uint64(0xFFFFFFFF) else of_pairs
            greatest[_block_of(blocks, np.flatnonzero(keys == asked.keys[at])), at] = SAME
    return greatest


def _share(degrees: Degrees, asked: _Asked) -> Floats:
    """The share of the query, 0 to 1, that each row of degrees stands for."""
    shares: Floats = degrees.astype(np.float32) @ (asked.weights / np.float32(SAME))
    return shares


def _exchange(degrees: Degrees, blocks: _Blocks, asked: _Asked, name: Name) -> None:
    """Where another spelling of a name stands, the tokens of the name are found."""
    characters, pairs = token_keys(asked.codes[name.start : name.end])
    tokens = np.flatnonzero(np.isin(asked.keys, np.concatenate([characters, pairs])))
    for other in (code_points(fold(spelled)) for spelled in name.others):
        starts = np.flatnonzero(blocks.codes[: len(blocks.codes) - len(other) + 1] == other[0])
        for step, code in enumerate(other[1:], start=1):
            starts = starts[blocks.codes[starts + step] == code]
        degrees[np.ix_(np.unique(_block_of(blocks, starts)), tokens)] = SAME


def _block_of(blocks: _Blocks, places: Ids) -> Ids:
    return np.searchsorted(blocks.starts, places, side="right") - 1


def _stretches(degrees: Degrees, piece: Ids, span: int) -> Degrees:
    """The greatest degrees of each block and the ``span - 1`` that follow it in its piece."""
    result = degrees.copy()
    for step in range(1, span):
        same = (piece[step:] == piece[:-step])[:, None]
        np.maximum(result[:-step], degrees[step:], out=result[:-step], where=same)
    return result
