"""Late interaction: each token of a query seeks its like in a passage, and likes that stand close together count most.

The measure is the MaxSim of ColBERT (Khattab and Zaharia, SIGIR 2020): for each token of the query the greatest cosine
with a token of the text, summed with the tokens' importance as weights. Here the vectors are those of the static
model, so that nothing is stored for it, and it is taken over several lengths of text: one sentence of an old book says
what a question asks, seldom a whole page; and what the sentence is about may stand on the page before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from indexer.embedding import StaticEmbedder, token_keys
from indexer.text.readings import fold_phrase
from indexer.text.streams import BOUNDARY, Codes, code_points
from search import deadline
from search.ranking.pieces import Pieces, Stretch

BLOCK = 20
"""Folded characters; a stretch is a row of blocks."""
SHORT, LONG = 2, 3
"""Blocks of a short and of a long stretch."""
MOST_TOKENS = 64
"""Distinct tokens of a query that are looked for, the most important ones."""
SAME = 255
"""The degree of likeness of a token with itself. Degrees are cosines in 255ths: bytes are quick to compare."""

_ROWS = 50 * BLOCK
"""Tokens that are compared at once: as many as stay in a processor's cache."""

Numbers = NDArray[np.int64]
Floats = NDArray[np.float32]
Degrees = NDArray[np.uint8]


class Substitute(NamedTuple):
    """A half-open range of the query as it is compared (:func:`spaced`), and what may stand in its place, folded.

    ``degree`` is how alike they count: 1 for another name of the same person, less for a word of like meaning.
    """

    start: int
    end: int
    others: tuple[str, ...]
    degree: float


class Closest(NamedTuple):
    """What a passage comes to: its :data:`SHARES`, and its closest short stretch."""

    shares: tuple[float, ...]
    stretch: Stretch


SHARES = ("around", "whole", "long", "short")
"""The share of the query, 0 to 1, that finds its like in the passage and its surroundings, in the passage, in its best
long stretch and in its best short one."""


def interact(
    model: StaticEmbedder, query: str, pieces: Pieces, substitutes: Iterable[Substitute] = ()
) -> dict[int, Closest]:
    """Compare the passages of ``pieces`` with a query; they are named as ``pieces`` does."""
    asked = _Asked.of(model, query)
    if not len(asked.rows) or not len(pieces.passages):
        return {}
    blocks = _Blocks.of(pieces)
    degrees = _greatest(model, asked, blocks.codes)
    _raise(degrees, blocks.codes.reshape(-1), list(_verbatim(asked, substitutes)))
    passages = pieces.passages[blocks.piece]
    starts = np.flatnonzero(np.diff(passages, prepend=-1))
    around: Floats = _share(np.maximum.reduceat(degrees, starts, axis=0), asked)
    degrees[pieces.around[blocks.piece]] = 0
    whole = _share(np.maximum.reduceat(degrees, starts, axis=0), asked)
    long, short = (_share(_stretches(degrees, blocks.piece, span), asked) for span in (LONG, SHORT))
    best_long, best_short = (np.maximum.reduceat(each, starts) for each in (long, short))
    values = np.stack([around, whole, best_long, best_short], axis=1)
    # The first block of each passage where its best short stretch begins.
    best = np.flatnonzero(short == np.repeat(best_short, np.diff(starts, append=len(short))))
    best = best[np.searchsorted(best, starts)]
    piece, offsets = blocks.piece[best], blocks.offset[best]
    begins = pieces.starts[piece] + offsets
    ends = pieces.starts[piece] + np.minimum(offsets + SHORT * BLOCK, pieces.lengths[piece])
    stretches = np.column_stack([pieces.streams[piece], begins, ends])
    closest = map(Closest, map(tuple, values.tolist()), map(Stretch, *stretches.T.tolist()))
    return dict(zip(passages[starts].tolist(), closest, strict=True))


def spaced(query: str) -> str:
    """Return a query as it is compared: folded, its blanks kept."""
    return " ".join(fold_phrase(run) for run in query.split())


class _Asked(NamedTuple):
    """A query's most important tokens, those that the model knows first, and their weights, which sum to 1.

    ``keys`` are all tokens, ``rows`` those of the known ones in the model.
    """

    codes: Codes
    keys: NDArray[np.uint64]
    rows: Numbers
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
        unknown = rows[chosen] == model.unknown
        order = chosen[np.argsort(unknown, kind="stable")]
        known = rows[order[: len(order) - int(unknown.sum())]]
        return cls(codes, keys[order], known, weights[order] / (weights[order].sum() or 1))


class _Blocks(NamedTuple):
    """The pieces cut into blocks, at least one boundary after each: codes, a row a block; its piece and place there."""

    codes: Codes
    piece: Numbers
    offset: Numbers

    @classmethod
    def of(cls, pieces: Pieces) -> _Blocks:
        counts = pieces.lengths // BLOCK + 1
        before, firsts = np.cumsum(pieces.lengths) - pieces.lengths, np.cumsum(counts) - counts
        codes = np.full((int(counts.sum()), BLOCK), BOUNDARY, np.uint32)
        codes.reshape(-1)[np.arange(len(pieces.codes)) + np.repeat(firsts * BLOCK - before, pieces.lengths)] = (
            pieces.codes
        )
        piece = np.repeat(np.arange(len(counts)), counts)
        return cls(codes, piece, (np.arange(len(piece)) - firsts[piece]) * BLOCK)


def _greatest(model: StaticEmbedder, asked: _Asked, codes: Codes) -> Degrees:
    """Return, for each block and query token, the greatest likeness with a token that begins there."""
    text = codes.reshape(-1)
    characters, pairs = model.rows(text)
    present = np.zeros(model.unknown + 1, dtype=bool)
    present[characters] = present[pairs] = present[model.unknown] = True
    used = np.flatnonzero(present)
    degrees = np.zeros((len(used), len(asked.keys)), np.uint8)
    for first in range(0, len(used) - 1, _ROWS):
        deadline.check()
        likes = model.cosines(used[:-1][first : first + _ROWS], asked.rows)
        likes *= SAME
        degrees[first : first + len(likes), : len(asked.rows)] = np.clip(likes + 0.5, 0, SAME, out=likes)
    places = np.empty(len(present), np.int64)
    places[used] = np.arange(len(used))
    # The first tokens of all blocks, then the second ones, and so on: long rows are compared quicker than short ones.
    of_characters = places.take(characters).reshape(-1, BLOCK).T
    of_pairs = places.take(np.append(pairs, model.unknown)).reshape(-1, BLOCK).T
    greatest = np.empty((len(codes), len(asked.keys)), np.uint8)
    # `take` gathers rows several times as fast as an index does.
    for first in range(0, len(codes), _ROWS // BLOCK):
        deadline.check()
        some = slice(first, first + _ROWS // BLOCK)
        each = np.maximum(degrees.take(of_characters[:, some], axis=0), degrees.take(of_pairs[:, some], axis=0))
        each.max(axis=0, out=greatest[some])
    return greatest


def _share(degrees: Degrees, asked: _Asked) -> Floats:
    """Return the share of the query, 0 to 1, that each row of likenesses covers."""
    shares: Floats = degrees.astype(np.float32) @ (asked.weights / np.float32(SAME))
    return shares


class _Verbatim(NamedTuple):
    """Characters in a row that count as some of the tokens asked for, and the degree of likeness."""

    characters: tuple[int, ...]
    tokens: Numbers
    degree: int


def _verbatim(asked: _Asked, substitutes: Iterable[Substitute]) -> Iterator[_Verbatim]:
    """Yield tokens unknown to the model, which are like themselves alone, and substitutes for others."""
    for token, key in enumerate(asked.keys[len(asked.rows) :].tolist(), start=len(asked.rows)):
        characters = (key >> 32, key & 0xFFFFFFFF) if key >> 32 else (key,)
        yield _Verbatim(characters, np.array([token]), SAME)
    places = {key: token for token, key in enumerate(asked.keys.tolist())}
    for start, end, others, degree in substitutes:
        part = np.concatenate(token_keys(asked.codes[start:end])).tolist()
        tokens = np.array([places[key] for key in part if key in places], np.int64)
        for other in filter(None, others):
            yield _Verbatim(tuple(map(ord, other)), tokens, round(degree * SAME))


def _raise(degrees: Degrees, text: Codes, wanted: Sequence[_Verbatim]) -> None:
    """Raise the likeness of query tokens wherever a literal match or a substitute occurs."""
    if not wanted:
        return
    firsts = np.array([each.characters[0] for each in wanted])
    begins = np.zeros(int(firsts.max()) + 2, dtype=bool)
    begins[firsts] = True
    places = np.flatnonzero(begins.take(np.minimum(text, len(begins) - 1)))
    letters = text[places]
    for characters, tokens, degree in wanted:
        deadline.check()
        starts = places[letters == characters[0]]
        for step, character in enumerate(characters[1:], start=1):
            starts = starts[text.take(starts + step, mode="clip") == character]
        if len(starts):
            found = (starts // BLOCK)[:, None], tokens
            degrees[found] = np.maximum(degrees[found], np.uint8(degree))


def _stretches(degrees: Degrees, piece: Numbers, span: int) -> Degrees:
    """Return the greatest likenesses of each block and the ``span - 1`` that follow it in its piece."""
    result = degrees.copy()
    for step in range(1, span):
        following = degrees[step:].copy()
        following[piece[step:] != piece[:-step]] = 0
        np.maximum(result[:-step], following, out=result[:-step])
    return result
