"""Vectors on disk: FAISS, its index type chosen by size, read through a memory map."""

from __future__ import annotations

from math import isqrt
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

FLAT_UP_TO = 60_000
"""Vectors that are searched one by one; above it an inverted file with 8-bit codes is quicker at equal recall."""
_TRAINING = 40
_SEED = 7

Vectors = NDArray[np.float32]


def write(vectors: Vectors, path: Path) -> None:
    """Write an inner-product index of unit vectors, 8 bits a dimension."""
    dimensions = vectors.shape[1]
    kind = faiss.ScalarQuantizer.QT_8bit
    if len(vectors) <= FLAT_UP_TO:
        index = faiss.IndexScalarQuantizer(dimensions, kind, faiss.METRIC_INNER_PRODUCT)
        sample = vectors
    else:
        lists = 2 * isqrt(len(vectors))
        index = faiss.IndexIVFScalarQuantizer(
            faiss.IndexFlatIP(dimensions), dimensions, lists, kind, faiss.METRIC_INNER_PRODUCT
        )
        index.cp.niter, index.cp.seed = 8, _SEED
        index.nprobe = max(8, lists // 4)
        chosen = np.random.default_rng(_SEED).permutation(len(vectors))[: lists * _TRAINING]
        sample = vectors[np.sort(chosen)]
    if len(vectors):
        index.train(sample)
        index.add(vectors)
    faiss.write_index(index, str(path))


def open_index(path: Path) -> faiss.Index:
    """Open an index without reading it into memory."""
    return faiss.read_index(str(path), faiss.IO_FLAG_MMAP | faiss.IO_FLAG_READ_ONLY)


def nearest(
    index: faiss.Index, query: Vectors, limit: int, allowed: NDArray[np.bool_] | None = None
) -> tuple[NDArray[np.int64], Vectors]:
    """Row numbers and cosines of the rows nearest to one unit vector, best first; only ``allowed`` rows if given."""
    if not index.ntotal or not limit:
        return np.empty(0, np.int64), np.empty(0, np.float32)
    settings: Any = None
    if allowed is not None:
        bits = np.packbits(allowed, bitorder="little")
        selector = faiss.IDSelectorBitmap(bits)
        if isinstance(index, faiss.IndexIVF):
            settings = faiss.SearchParametersIVF(sel=selector, nprobe=index.nprobe)
        else:
            settings = faiss.SearchParameters(sel=selector)
    # One query at a time gains nothing from more threads, and requests are served side by side.
    faiss.omp_set_num_threads(1)
    scores, rows = index.search(query[None, :], min(limit, index.ntotal), params=settings)
    found = rows[0] >= 0
    return rows[0][found], scores[0][found]


def exhaustive(index: faiss.Index) -> Vectors:
    """Every vector as stored, for measuring recall."""
    if isinstance(index, faiss.IndexIVF):
        index.make_direct_map()
    rows: Vectors = index.reconstruct_n(0, index.ntotal)
    return rows
