"""The stretches of text that are compared with a query token by token: passages and what surrounds them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from indexer.text.streams import Codes

BEFORE, AFTER = 120, 60
"""Characters around a passage that belong to its surroundings."""

Numbers = NDArray[np.int64]


class Stretch(NamedTuple):
    """A half-open range of a folded stream, counted from the first character of a passage; it may begin before it."""

    stream: int
    start: int
    end: int


class Pieces(NamedTuple):
    """Stretches of streams, a row each; those of one passage stand together.

    A stretch is a part of its passage, or ``around`` it: of the main text before and after it in its section.
    ``passages`` are the positions of passages among those asked for, ``starts`` count from the passage's first
    character in the stream, ``codes`` are the folded characters of all, one stretch after another.
    """

    passages: Numbers
    streams: Numbers
    starts: Numbers
    around: NDArray[np.bool_]
    lengths: Numbers
    codes: Codes

    @classmethod
    def of_texts(cls, passages: Sequence[int], texts: Sequence[Codes]) -> Pieces:
        """Return passages that are one stretch each."""
        nothing = np.zeros(len(texts), np.int64)
        lengths = np.array([len(text) for text in texts], np.int64)
        codes = np.concatenate([np.empty(0, np.uint32), *texts])
        return cls(np.array(passages, np.int64), nothing, nothing, nothing.astype(bool), lengths, codes)
