"""The windows nearest in meaning: likely ones by their codes, then the likeliest by their true cosines.

The static model's vectors are sums over tokens, so that a true cosine costs a look at each token of a window, and no
vector at all: the products of the tokens with the query's vector are added up and divided by the stored length.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from indexer.embedding import Embedder, StaticEmbedder, Vectors
from indexer.pack import Pack
from indexer.passages import BOUNDARY, Codes
from indexer.vectors import Coded, Lists, VectorIndex
from search.matching import Mask

LIKELY = 600
"""Windows whose true cosines are taken; at most half of them are of one small pack, where there are several."""


class Windows(NamedTuple):
    """Windows of several packs, best first: the numbers of their packs, their rows there, and their cosines."""

    packs: NDArray[np.int64]
    rows: NDArray[np.int64]
    cosines: Vectors


class Meaning:
    """The windows of some packs, to be found by their likeness to a vector."""

    def __init__(self, packs: Mapping[int, Pack], model: Embedder) -> None:
        self._packs, self._model = packs, model
        self._indexes = {
            number: pack.vectors for number, pack in packs.items() if isinstance(pack.vectors, VectorIndex)
        }
        coded = {number: pack.vectors for number, pack in packs.items() if isinstance(pack.vectors, Coded)}
        self._lists = (
            Lists(model.codebook, coded) if coded and isinstance(model, StaticEmbedder) and model.codebook else None
        )

    def nearest(self, vector: Vectors, allowed: Mapping[int, Mask | None], limit: int) -> Windows:
        """The windows nearest to a unit vector, at least ``limit`` of them where there are so many.

        ``allowed`` are masks over the windows of a pack, None for all; packs that it doesn't name are left out.
        """
        most = max(LIKELY if len(allowed) == 1 else LIKELY // 2, limit)
        found = [self._lists.nearest(vector, max(LIKELY, limit), allowed)] if self._lists else []
        for number in allowed.keys() & self._indexes.keys():
            rows, cosines = self._indexes[number].nearest(vector, most, allowed[number])
            found.append((np.full(len(rows), number), rows, cosines))
        numbers, rows, cosines = (np.concatenate(parts) for parts in zip(*found, strict=True))
        if isinstance(self._model, StaticEmbedder):
            likeliest = np.lexsort((rows, numbers, -cosines))[: max(LIKELY, limit)]
            likeliest = likeliest[np.lexsort((rows[likeliest], numbers[likeliest]))]
            numbers, rows = numbers[likeliest], rows[likeliest]
            cosines = _cosines(self._packs, self._model, vector, numbers, rows)
        order = np.lexsort((rows, numbers, -cosines))
        return Windows(numbers[order], rows[order], cosines[order])


def _cosines(
    packs: Mapping[int, Pack],
    model: StaticEmbedder,
    vector: Vectors,
    numbers: NDArray[np.int64],
    rows: NDArray[np.int64],
) -> Vectors:
    """The true cosines of windows, which stand together where they are of one pack."""
    codes: list[Codes] = []
    starts: list[NDArray[np.int64]] = []
    lengths: list[Vectors] = []
    size = 0
    for number in dict.fromkeys(numbers.tolist()):
        chosen = rows[numbers == number]
        text, at = _text(packs[number], chosen)
        codes.append(text)
        starts.append(at + size)
        lengths.append(packs[number].lengths[chosen])
        size += len(text)
    if not codes:
        return np.empty(0, np.float32)
    characters, pairs = model.rows(np.concatenate(codes))
    present = np.zeros(model.unknown + 1, dtype=bool)
    present[characters] = present[pairs] = True
    present[model.unknown] = False
    used = np.flatnonzero(present)
    products = np.zeros(model.unknown + 1, np.float32)
    products[used] = model.products(used, vector)
    each = products[characters]
    each[:-1] += products[pairs]
    sums = np.add.reduceat(each, np.concatenate(starts))
    divisors = np.concatenate(lengths)
    cosines: Vectors = np.divide(sums, divisors, out=np.zeros_like(sums), where=divisors > 0)
    return cosines


def _text(pack: Pack, rows: NDArray[np.int64]) -> tuple[Codes, NDArray[np.int64]]:
    """Windows one after another, a boundary after each, and where each starts."""
    windows = pack.windows[rows]
    sizes = (windows["end"] - windows["start"]).astype(np.int64) + 1
    starts = np.cumsum(sizes) - sizes
    places = np.arange(int(sizes.sum())) + np.repeat(windows["start"].astype(np.int64) - starts, sizes)
    streams = np.repeat(windows["stream"], sizes)
    codes = np.empty(len(places), np.uint32)
    for number, stream in enumerate(pack.streams):
        mine = streams == number
        # The place after a window's last one may be beyond the stream; it becomes a boundary anyway.
        codes[mine] = stream.codes[np.minimum(places[mine], len(stream.codes) - 1)]
    codes[starts + sizes - 1] = BOUNDARY
    return codes, starts
