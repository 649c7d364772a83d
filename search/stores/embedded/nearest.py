"""Two-stage vector search: shortlist windows by their PQ codes, then re-rank the shortlist by exact cosine.

The static model's vectors are sums over tokens, so that a true cosine costs a look at each token of a window, and no
vector at all: the products of the tokens with the query's vector are added up and divided by the stored length.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from indexer.embedding import Embedder, StaticEmbedder, Vectors
from indexer.store.pack import Pack
from indexer.store.vectors import Coded, Lists, VectorIndex
from search import deadline
from search.exact.matching import Mask
from search.stores.views import texts

LIKELY = 500
"""Windows whose true cosines are taken; at most half of them are of one small pack, where there are several."""

_DIGITS = 5


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

    def warm_up(self) -> None:
        """Load all that is looked through."""
        if self._lists:
            self._lists.warm_up()

    def nearest(self, vector: Vectors, allowed: Mapping[int, Mask | None], limit: int) -> Windows:
        """Return the windows nearest to a unit vector, at least ``limit`` of them where there are so many.

        ``allowed`` are masks over the windows of a pack, None for all; packs that it doesn't name are left out.
        """
        most = max(LIKELY if len(allowed) == 1 else LIKELY // 2, limit)
        found = [self._lists.nearest(vector, max(LIKELY, limit), allowed)] if self._lists else []
        for number in allowed.keys() & self._indexes.keys():
            deadline.check()
            rows, cosines = self._indexes[number].nearest(vector, most, allowed[number])
            found.append((np.full(len(rows), number), rows, cosines))
        numbers, rows, cosines = (np.concatenate(parts) for parts in zip(*found, strict=True))
        if isinstance(self._model, StaticEmbedder):
            if len(rows) > (size := max(LIKELY, limit)):
                likeliest = np.lexsort((rows, numbers, -cosines))[:size]
                numbers, rows = numbers[likeliest], rows[likeliest]
            in_place = np.lexsort((rows, numbers))
            numbers, rows = numbers[in_place], rows[in_place]
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
    """Return the true cosines of windows, which are grouped by pack, with the digits that count.

    A sum of floats differs in its last digits by where its rows lie; that must not decide between equals.
    """
    parts = []
    for number in dict.fromkeys(numbers.tolist()):
        deadline.check()
        pack, chosen = packs[number], rows[numbers == number]
        windows = pack.windows[chosen]
        starts = windows["start"].astype(np.int64)
        lengths = windows["end"] - starts
        parts.append((texts(pack, windows["stream"], starts, lengths), lengths, pack.lengths[chosen]))
    if not parts:
        return np.empty(0, np.float32)
    codes, lengths, divisors = map(np.concatenate, zip(*parts, strict=True))
    characters, pairs = model.rows(codes)
    ends = np.cumsum(lengths)
    pairs[ends[:-1] - 1] = model.unknown
    present = np.zeros(model.unknown + 1, dtype=bool)
    present[characters] = present[pairs] = True
    present[model.unknown] = False
    used = np.flatnonzero(present)
    products = np.zeros(model.unknown + 1, np.float32)
    products[used] = model.products(used, vector)
    each = products.take(characters)
    each[:-1] += products.take(pairs)
    sums = np.add.reduceat(each, ends - lengths)
    cosines: Vectors = np.divide(sums, divisors, out=np.zeros_like(sums), where=divisors > 0)
    return cosines.round(_DIGITS)
