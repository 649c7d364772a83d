"""How many of the windows that are truly nearest the stored vectors find: recall against exact search."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from eval.pools import packs
from indexer.embedding import load_embedder
from indexer.pack import Pack, Progress
from indexer.vectors import nearest

_BATCH = 8192


def recall(index: Path, queries: Sequence[str], depth: int, on_progress: Progress) -> float:
    """The share of each query's ``depth`` nearest windows that the index finds among as many, on average.

    Exact search embeds every window anew and compares full vectors. The index is one built with the model that
    ships with the package.
    """
    searched = packs(index)
    embedder = load_embedder()
    wanted = embedder.embed(queries)
    total = sum(len(pack.windows) for pack in searched)
    exact: list[np.ndarray] = []
    for pack in searched:
        for first in range(0, len(pack.windows), _BATCH):
            rows = pack.windows[first : first + _BATCH]
            exact.append(wanted @ embedder.embed([pack.window_text(row) for row in rows]).T)
            on_progress("embed", sum(each.shape[1] for each in exact), total)
    cosines = np.concatenate(exact, axis=1)
    true = np.argpartition(-cosines, depth, axis=1)[:, :depth]
    found = 0
    for query, rows in zip(wanted, true, strict=True):
        found += len(set(rows.tolist()) & set(_stored(searched, query, depth)))
    return found / (depth * len(queries))


def _stored(searched: Sequence[Pack], query: np.ndarray, depth: int) -> list[int]:
    """Numbers of windows, counted over all packs, that the indexes of the packs name together."""
    named: list[tuple[float, int]] = []
    before = 0
    for pack in searched:
        rows, cosines = nearest(pack.vectors, query, depth)
        named += [(-float(cosine), before + int(row)) for row, cosine in zip(rows, cosines, strict=True)]
        before += len(pack.windows)
    return [row for _, row in sorted(named)[:depth]]
