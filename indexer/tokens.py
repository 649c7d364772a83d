"""What an engine is given of a passage and of a query: characters and bigrams."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from indexer.engines import TAIL, Bag, PassageTokens
from indexer.folding import fold
from indexer.generation import work_key
from indexer.pack import Pack
from indexer.passages import BOUNDARY, text_of

STOP = "\x01"
"""Stands for a boundary among the characters, so that no phrase runs across it."""
LONGEST_BAG = 120
"""Distinct tokens of a query that are looked up; the rest of a longer query adds nothing but time."""


def grams(folded: str) -> list[str]:
    """Characters and adjacent pairs.

    >>> grams("會寧府")
    ['會', '寧', '府', '會寧', '寧府']
    """
    return [*folded, *(folded[at : at + 2] for at in range(len(folded) - 1))]


def bag(text: str, scope: str) -> Bag:
    """A query as a bag of distinct tokens, in the order in which they stand."""
    tokens = dict.fromkeys(gram for run in text.split() for gram in grams(fold(run)))
    return Bag(tuple(tokens)[:LONGEST_BAG], scope)


def pack_tokens(pack: Pack, number: int) -> Iterator[PassageTokens]:
    """What the engine indexes of each passage of a pack."""
    works = pack.passage_works
    for local, row in enumerate(pack.passages):
        chars: dict[str, Sequence[str]] = {}
        bags: dict[str, Sequence[str]] = {}
        for name, stream, start, end in (
            ("text", pack.streams[0], row["main_start"], row["main_end"]),
            ("notes", pack.streams[1], row["notes_start"], row["notes_end"]),
        ):
            chars[name] = _chars(stream.codes[start : min(end + TAIL, len(stream.codes))] if end > start else None)
            own = chars[name][: end - start]
            bags[name] = [gram for run in "".join(own).split(STOP) for gram in grams(run)]
        bags["both"] = [*bags["text"], *bags["notes"]]
        yield PassageTokens(passage_id(number, local), work_key(number, int(works[local])), chars, bags)


def passage_id(pack: int, local: int) -> int:
    """One number for a passage of the whole index."""
    return pack << 32 | local


def _chars(codes: NDArray[np.uint32] | None) -> list[str]:
    if codes is None:
        return []
    return [STOP if char == chr(BOUNDARY) else char for char in text_of(codes)]
