"""Vectors on disk: FAISS, its index type chosen by size, read through a memory map.

Vectors that can be made anew at little cost, as the static model's, are stored in 4 bits for each 4 dimensions
(product quantization: Jégou, Douze and Schmid, PAMI 2011) and all compared with a query by FAISS's fast scan. That
finds likely ones; who wants true cosines embeds these anew. Inverted lists gain nothing here: modern questions are so
unlike old sentences that more than a third of the lists must be read for as good a recall, and that takes as long as to
read everything.
"""

from __future__ import annotations

from functools import cached_property
from math import isqrt
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

EXACT_UP_TO = 10_000
"""Vectors that get 8 bits a dimension in any case: few enough to be compared one by one."""
FLAT_UP_TO = 60_000
"""Vectors of 8 bits a dimension that are compared one by one; above it an inverted file is quicker at equal recall."""
SAMPLE = 20_000
"""Vectors that codes are learnt from."""
_TRAINING = 40
_SEED = 7
_GROUP = 4
_OVERFETCHED = 16
"""Where only some rows are allowed: how many times as many rows are looked at before those allowed are set apart."""

# One query at a time gains nothing from more threads, and packs are written side by side. Learning codes is thousands
# of short steps, at each of which threads would wait for one another: on a busy machine for minutes.
faiss.omp_set_num_threads(1)

Vectors = NDArray[np.float32]
Rows = NDArray[np.int64]


def sample_size(total: int, compact: bool) -> int:
    """How many of ``total`` vectors :func:`new` wants to see."""
    if compact or total <= FLAT_UP_TO:
        return min(total, SAMPLE)
    return min(total, _TRAINING * _lists(total))


def new(sample: Vectors, total: int, compact: bool) -> faiss.Index:
    """An inner-product index for ``total`` unit vectors, learnt from some of them, to which they are then added.

    ``compact`` says that a vector can be made anew at little cost.
    """
    dimensions = sample.shape[1]
    kind, metric = faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT
    if compact and total > EXACT_UP_TO and dimensions % _GROUP == 0:
        index = faiss.IndexPQ(dimensions, dimensions // _GROUP, 4, metric)
        index.pq.cp.seed = _SEED
    elif total <= FLAT_UP_TO:
        index = faiss.IndexScalarQuantizer(dimensions, kind, metric)
    else:
        lists = _lists(total)
        index = faiss.IndexIVFScalarQuantizer(faiss.IndexFlatIP(dimensions), dimensions, lists, kind, metric)
        index.cp.niter, index.cp.seed = 8, _SEED
        index.nprobe = max(8, lists // 4)
    if total:
        index.train(sample)
    return index


def _lists(total: int) -> int:
    return 2 * isqrt(total)


def write(index: faiss.Index, path: Path) -> None:
    """Write an index."""
    faiss.write_index(index, str(path))


class VectorIndex:
    """An index that was opened, without reading it into memory. Fast scan keeps its own copy of the codes."""

    def __init__(self, path: Path) -> None:
        index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
        self._index: Any = index
        self.ntotal = int(index.ntotal)

    @cached_property
    def _fast(self) -> Any:
        return faiss.IndexPQFastScan(self._index) if isinstance(self._index, faiss.IndexPQ) else self._index

    def nearest(self, query: Vectors, limit: int, allowed: NDArray[np.bool_] | None = None) -> tuple[Rows, Vectors]:
        """Rows nearest to a unit vector and their cosines, best first, as far as codes tell; only allowed ones."""
        rows = np.empty(0, np.int64) if allowed is None else np.flatnonzero(allowed)
        limit = min(limit, self.ntotal if allowed is None else len(rows))
        if not limit:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        if allowed is None:
            return _search(self._fast, query, limit)
        if not isinstance(self._index, faiss.IndexPQ):
            selector = faiss.IDSelectorBitmap(np.packbits(allowed, bitorder="little"))
            if isinstance(self._index, faiss.IndexIVF):
                settings = faiss.SearchParametersIVF(sel=selector, nprobe=self._index.nprobe)
            else:
                settings = faiss.SearchParameters(sel=selector)
            return _search(self._index, query, limit, settings)
        return self._among(query, limit, rows, allowed)

    def _among(self, query: Vectors, limit: int, rows: Rows, allowed: NDArray[np.bool_]) -> tuple[Rows, Vectors]:
        """Fast scan knows no selection: look at more, or make an index of just the allowed rows."""
        more = 2 * limit * self.ntotal // len(rows)
        if more <= _OVERFETCHED * limit:
            found, scores = _search(self._fast, query, min(more, self.ntotal))
            keep = allowed[found]
            if int(keep.sum()) >= limit:
                return found[keep][:limit], scores[keep][:limit]
        size = self._index.sa_code_size()
        codes = faiss.rev_swig_ptr(self._index.codes.data(), self.ntotal * size).reshape(-1, size)
        some = faiss.IndexPQ(self._index.d, self._index.pq.M, self._index.pq.nbits, self._index.metric_type)
        some.pq, some.is_trained = self._index.pq, True
        some.add_sa_codes(np.ascontiguousarray(codes[rows]))
        found, scores = _search(faiss.IndexPQFastScan(some), query, limit)
        return rows[found], scores


def _search(index: Any, query: Vectors, limit: int, settings: Any = None) -> tuple[Rows, Vectors]:
    scores, rows = index.search(query[None, :], limit, params=settings)
    found = rows[0] >= 0
    return rows[0][found], scores[0][found]
