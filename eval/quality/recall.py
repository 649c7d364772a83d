"""Recall of vector search against exhaustive search."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from eval.quality.pools import packs
from indexer.cluster.address import IndexAddress
from indexer.embedding import load_embedder
from indexer.progress import Progress
from search.stores.embedded.nearest import Meaning

_BATCH = 8192


def recall(index: IndexAddress, queries: Sequence[str], depth: int, on_progress: Progress) -> float:
    """Return the share of each query's ``depth`` nearest windows that a search finds among as many, on average.

    Exhaustive search embeds every window again and compares full vectors. The index is one built with the model that
    ships with the package.
    """
    searched = dict(enumerate(packs(index)))
    embedder = load_embedder()
    wanted = embedder.embed(queries)
    best = np.full((len(queries), depth), -2, np.float32)
    true = np.full((len(queries), depth), -1, np.int64)
    total = sum(len(pack.windows) for pack in searched.values())
    done = 0
    for number, pack in searched.items():
        for first in range(0, len(pack.windows), _BATCH):
            rows = pack.windows[first : first + _BATCH]
            cosines = wanted @ embedder.embed([pack.window_text(row) for row in rows]).T
            names = np.broadcast_to((number << 32) + first + np.arange(len(rows)), cosines.shape)
            cosines, names = np.hstack([best, cosines]), np.hstack([true, names])
            order = np.argpartition(-cosines, depth - 1, axis=1)[:, :depth]
            best, true = np.take_along_axis(cosines, order, 1), np.take_along_axis(names, order, 1)
            done += len(rows)
            on_progress("exhaustive search", done, total)
    meaning = Meaning(searched, embedder)
    found = 0
    for query, names in zip(wanted, true, strict=True):
        near = meaning.nearest(query, dict.fromkeys(searched), depth)
        found += len({*names.tolist()} & {*((near.packs << 32) + near.rows)[:depth].tolist()})
    return found / (min(depth, total) * len(queries))
