"""What an engine is given of a passage and of a query: characters, bigrams, and jieba's words for modern text."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence

import jieba
import numpy as np
from numpy.typing import NDArray

from indexer.engines import TAIL, Bag, PassageTokens
from indexer.folding import fold, fold_array
from indexer.generation import work_key
from indexer.pack import Pack
from indexer.passages import BOUNDARY, code_points, text_of

STOP = "\x01"
"""Stands for a boundary among the characters, so that no phrase runs across it."""
MODERN = "zh"
"""The language of works that jieba's words are made for: it knows modern Chinese."""
LONGEST_BAG = 120
"""Distinct tokens of a query that are looked up; the rest of a longer query adds nothing but time."""

jieba.setLogLevel(logging.WARNING)


def grams(folded: str) -> list[str]:
    """Characters and adjacent pairs.

    >>> grams("會寧府")
    ['會', '寧', '府', '會寧', '寧府']
    """
    return [*folded, *(folded[at : at + 2] for at in range(len(folded) - 1))]


def words(text: str) -> list[str]:
    """jieba's words of at least two characters, folded, with the shorter words that they contain."""
    found = (fold(word) for word in jieba.cut_for_search(text))
    return [word for word in found if len(word) > 1]


def bag(text: str, streams: Sequence[str], with_words: bool) -> Bag:
    """A query as a bag of distinct tokens, in the order in which they stand."""
    tokens = list(dict.fromkeys(gram for run in text.split() for gram in grams(fold(run))))
    return Bag(
        grams=tuple(tokens[:LONGEST_BAG]),
        words=tuple(dict.fromkeys(words(_simplified(text))))[:LONGEST_BAG] if with_words else (),
        streams=tuple(streams),
    )


def pack_tokens(pack: Pack, number: int) -> Iterator[PassageTokens]:
    """What the engine indexes of each passage of a pack."""
    works = pack.passage_works
    modern = [work.record.language == MODERN for work in pack.works]
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
        work = int(works[local])
        text = text_of(pack.text[row["start"] : row["end"]]) if modern[work] else ""
        yield PassageTokens(
            passage=passage_id(number, local),
            work=work_key(number, work),
            chars=chars,
            grams=bags,
            words=words(_simplified(text)) if text else (),
        )


def passage_id(pack: int, local: int) -> int:
    """One number for a passage of the whole index."""
    return pack << 32 | local


def _chars(codes: NDArray[np.uint32] | None) -> list[str]:
    if codes is None:
        return []
    return [STOP if char == chr(BOUNDARY) else char for char in text_of(codes)]


def _simplified(text: str) -> str:
    """Folded character by character with everything that folding drops left in, for jieba sees sentences."""
    codes = code_points(text)
    folded, offsets = fold_array(codes)
    codes[offsets] = folded
    return text_of(codes)
