"""How often characters and pairs stand in a pack: looked up in its directories, so that no text is read."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from indexer.store.layout import PRINTED
from indexer.store.pack import Pack
from search.ranking.pieces import Numbers


def frequencies(pack: Pack, words: Sequence[str], streams: Sequence[int]) -> Numbers:
    """Return how often each of some words of one or two characters, folded, stands in streams of a pack."""
    counts = np.zeros(len(words), np.int64)
    for size in (1, 2):
        known = [
            (at, ids)
            for at, word in enumerate(words)
            if len(word) == size and (ids := pack.ids([ord(char) for char in word])) is not None
        ]
        if known:
            rows, ids = np.array([at for at, _ in known]), np.stack([each for _, each in known])
            for stream in streams:
                if size == 2:
                    counts[rows] += pack.streams[stream].pairs.counts(ids[:, 0], ids[:, 1])[1]
                else:
                    # The printed order alone has a character where it is another than in its own stream.
                    counts[rows] += pack.repeats[ids[:, 0]] if stream == PRINTED else pack.letters[stream][ids[:, 0]]
    return counts
