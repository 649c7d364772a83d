"""jieba's words of modern text: where they begin and end, so that an occurrence that is a word outranks one by chance.

Classical text gets none: there a character is a word, and jieba's dictionary is of the modern language.
"""

from __future__ import annotations

import logging
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.text.folding import fold_array
from indexer.text.streams import BOUNDARY, Codes, Stream, text_of

MODERN = "zh"
"""The language of works that are cut into words."""


@cache
def _jieba() -> Any:
    import jieba  # every program that searches loads this module, and jieba takes a while, which only a build needs

    jieba.setLogLevel(logging.WARNING)
    return jieba


def bounds(text: str) -> list[int]:
    """Return the offsets where a word begins or ends, the two words that a longer word falls into counted too.

    >>> bounds("东北大学")
    [0, 2, 4]
    """
    found: set[int] = set()
    for word, start, end in _jieba().tokenize(text):
        inner = (at for at in range(2, len(word) - 1) if _is_word(word[:at]) and _is_word(word[at:]))
        found |= {start, end, *(start + at for at in inner)}
    return sorted(found)


def _is_word(word: str) -> bool:
    return bool(_jieba().get_FREQ(word))


def inside(codes: Codes, stream: Stream) -> NDArray[np.uint32]:
    """Return the places of a section's main stream inside a word, neither first nor just after one."""
    folded, offsets = fold_array(codes)
    simplified = codes.copy()
    # What folding drops, punctuation above all, is left in: jieba sees sentences.
    simplified[offsets] = folded
    free = np.zeros(len(codes) + 1, dtype=bool)
    free[bounds(text_of(simplified))] = True
    places: NDArray[np.uint32] = np.flatnonzero(~free[stream.offsets] & (stream.codes != BOUNDARY)).astype(np.uint32)
    return places
