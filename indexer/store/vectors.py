"""Vectors on disk, and nearest-neighbour search over them.

Vectors of a static model can be computed again at little cost, so that those of a large pack are stored in 4 bits for
each 4 dimensions (product quantization: Jégou, Douze and Schmid, PAMI 2011), which is good enough for a shortlist;
callers that need exact cosines embed it again. They stand in inverted lists, each around a centre, and of a large
collection a query reads the quarter of the lists whose centres are nearest. Modern questions are so unlike old
sentences that fewer would not do.

Centres and codes are the model's (:class:`~indexer.embedding.Codebook`), not a pack's: a build learns nothing, and of
all packs that are open the same lists stand one after another in memory. Fast scan needs long lists: over the short
ones of a dozen packs, each on its own, it takes twice as long.

All other vectors are in an index of FAISS, of a type chosen by size and read through a memory map.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil, isqrt
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

import faiss
import numpy as np
from numpy.typing import NDArray

from indexer.embedding import Codebook, Vectors

EXACT_UP_TO = 10_000
"""Vectors that get 8 bits a dimension in any case: few enough to be compared one by one."""
FLAT_UP_TO = 60_000
"""Vectors of 8 bits a dimension that are compared one by one; above it an inverted file is quicker at equal recall."""
LISTS = 1024
"""Lists that coded vectors stand in."""
READ = 0.25
"""The share of the lists that a query reads; more, where only some rows are allowed, to see as many of these."""
READ_AT_LEAST = 500_000
"""Rows that a query reads in any case, which takes a millisecond: all of a smaller collection."""
_FEW = 1 / 32
"""The share of allowed rows up to which their codes alone are put together and all compared."""
_TRAINING = 40
_SEED = 7
_GROUP = 4
_CODES, _ENDS, _INDEX = "codes.npy", "ends.npy", "vectors.faiss"

# One query at a time gains nothing from more threads, and packs are written side by side. Learning codes is thousands
# of short steps, at each of which threads would wait for one another: on a busy machine for minutes.
faiss.omp_set_num_threads(1)

Rows = NDArray[np.int64]
Mask = NDArray[np.bool_]


def size_on_disk(folder: Path) -> int:
    """Return the bytes of the vectors in a pack's folder."""
    return sum(path.stat().st_size for name in (_CODES, _ENDS, _INDEX) if (path := folder / name).exists())


def learn(sample: Vectors, lists: int = LISTS) -> Codebook:
    """Train centres and codes on a sample of unit vectors, whose dimensions are a multiple of 4."""
    dimensions = sample.shape[1]
    clusters = faiss.Kmeans(
        dimensions, lists, niter=20, spherical=True, seed=_SEED, max_points_per_centroid=len(sample) // lists
    )
    clusters.train(sample)
    product = faiss.IndexPQ(dimensions, dimensions // _GROUP, 4, faiss.METRIC_INNER_PRODUCT)
    # Else 4,096 vectors would be drawn from the sample, which is too few: the codes are for all indexes.
    product.pq.cp.seed, product.pq.cp.max_points_per_centroid = _SEED, len(sample)
    product.train(sample)
    parts = faiss.vector_to_array(product.pq.centroids).reshape(dimensions // _GROUP, -1, _GROUP)
    return Codebook(clusters.centroids.astype(np.float16), parts)


class Coded(NamedTuple):
    """Codes of a pack's vectors in the order of its rows, list after list, and where each list ends."""

    codes: NDArray[np.uint8]
    ends: NDArray[np.uint32]

    def save(self, folder: Path) -> None:
        """Write them."""
        np.save(folder / _CODES, self.codes)
        np.save(folder / _ENDS, self.ends)


class Coder:
    """A coder that sorts vectors into lists and codes them."""

    def __init__(self, codebook: Codebook) -> None:
        self.centres = _centres(codebook)
        self.product = _product(codebook)
        self._lists: list[NDArray[np.int64]] = []
        self._codes: list[NDArray[np.uint8]] = []

    def add(self, vectors: Vectors) -> None:
        """Add unit vectors."""
        self._lists.append(self.centres.search(vectors, 1)[1][:, 0])
        self._codes.append(self.product.sa_encode(vectors))

    def sorted(self) -> tuple[Rows, Coded]:
        """Return the order that brings all rows list after list, and their codes in it."""
        lists = np.concatenate(self._lists)
        order = np.argsort(lists, kind="stable")
        ends = np.cumsum(np.bincount(lists, minlength=self.centres.ntotal)).astype(np.uint32)
        return order, Coded(np.concatenate(self._codes)[order], ends)


def _centres(codebook: Codebook) -> Any:
    centres = faiss.IndexFlatIP(codebook.centres.shape[1])
    centres.add(codebook.centres.astype(np.float32))
    return centres


def _product(codebook: Codebook) -> Any:
    groups, _, dimensions = codebook.parts.shape
    product = faiss.IndexPQ(groups * dimensions, groups, 4, faiss.METRIC_INNER_PRODUCT)
    faiss.copy_array_to_vector(codebook.parts.ravel(), product.pq.centroids)
    product.is_trained = True
    return product


class Lists:
    """The lists of all coded packs as one. A list gets into memory when it is first read. Safe between threads."""

    def __init__(self, codebook: Codebook, packs: Mapping[int, Coded]) -> None:
        self._codebook = codebook
        self._numbers = np.array([*packs], np.int64)
        self._packs = tuple(packs.values())
        self._sizes = {number: len(pack.codes) for number, pack in packs.items()}
        self._firsts = np.cumsum([0, *self._sizes.values()])
        self._bounds = [np.concatenate([[0], pack.ends]).tolist() for pack in self._packs]
        count, dimensions = codebook.centres.shape
        self._index: Any = faiss.IndexIVFPQFastScan(
            _centres(codebook), dimensions, count, dimensions // _GROUP, 4, faiss.METRIC_INNER_PRODUCT
        )
        self._index.by_residual = False
        self._index.is_trained = True
        faiss.copy_array_to_vector(codebook.parts.ravel(), self._index.pq.centroids)
        self._present = np.zeros(count, dtype=bool)
        self._lock = Lock()

    def nearest(self, query: Vectors, limit: int, allowed: Mapping[int, Mask | None]) -> tuple[Rows, Rows, Vectors]:
        """Return the nearest to a unit vector by their codes, best first: packs' numbers, rows there, and cosines.

        ``allowed`` are masks over the rows of a pack, None for all; packs that it doesn't name are left out.
        """
        asked = sum(size for number, size in self._sizes.items() if number in allowed)
        count, selector = asked, None
        if asked < self._firsts[-1] or any(allowed[number] is not None for number in self._sizes):
            among = np.concatenate(
                [
                    np.full(size, number in allowed) if (mask := allowed.get(number)) is None else mask
                    for number, size in self._sizes.items()
                ]
            )
            count = int(np.count_nonzero(among))
            if count <= _FEW * len(among):
                return self._placed(*self._compared(query, limit, np.flatnonzero(among)))
            selector = faiss.IDSelectorBitmap(np.packbits(among, bitorder="little"))
        limit = min(limit, count)
        total = len(self._present)
        wanted = max(READ * asked, READ_AT_LEAST)
        for read in (min(total, ceil(total * wanted / count)), total):
            self._fetch(self._index.quantizer.search(query[None, :], read)[1][0])
            settings = faiss.SearchParametersIVF(sel=selector, nprobe=read)
            rows, cosines = _search(self._index, query, limit, settings)
            if len(rows) == limit:
                break
        return self._placed(rows, cosines)

    def warm_up(self) -> None:
        """Load all lists, for processes that will share them."""
        self._fetch(np.arange(len(self._present)))

    def _placed(self, rows: Rows, cosines: Vectors) -> tuple[Rows, Rows, Vectors]:
        packs = np.searchsorted(self._firsts, rows, side="right") - 1
        return self._numbers[packs], rows - self._firsts[packs], cosines

    def _fetch(self, lists: Rows) -> None:
        """Load these lists, in the order of bits that fast scan wants."""
        if self._present[lists].all():
            return
        with self._lock:
            for number in lists[~self._present[lists]].tolist():
                bounds = [(pack[number], pack[number + 1]) for pack in self._bounds]
                parts = zip(self._packs, bounds, strict=True)
                codes = np.concatenate([pack.codes[start:end] for pack, (start, end) in parts])
                if len(codes):
                    places = zip(self._firsts[:-1].tolist(), bounds, strict=True)
                    rows = np.concatenate([np.arange(first + start, first + end) for first, (start, end) in places])
                    scanned = self._scanned(codes)  # owns the bytes that are copied
                    self._index.invlists.add_entries(number, len(codes), faiss.swig_ptr(rows), scanned.codes.get())
                self._present[number] = True

    def _compared(self, query: Vectors, limit: int, rows: Rows) -> tuple[Rows, Vectors]:
        """Return the nearest of a few rows, all of whose codes are compared."""
        if not len(rows):
            return rows, np.empty(0, np.float32)
        parts = np.split(rows, np.searchsorted(rows, self._firsts[1:-1]))
        each = zip(self._packs, parts, self._firsts[:-1], strict=True)
        codes = np.concatenate([pack.codes[part - first] for pack, part, first in each])
        found, cosines = _search(self._scanned(codes), query, min(limit, len(rows)))
        return rows[found], cosines

    def _scanned(self, codes: NDArray[np.uint8]) -> Any:
        """Return an index of just these codes, for fast scan."""
        product = _product(self._codebook)
        product.add_sa_codes(codes)
        return faiss.IndexPQFastScan(product)


def sample_size(total: int) -> int:
    """Return how many of ``total`` vectors :func:`new` learns from."""
    return total if total <= FLAT_UP_TO else min(total, _TRAINING * _lists(total))


def new(sample: Vectors, total: int) -> faiss.Index:
    """Return an inner-product index for ``total`` unit vectors, learnt from a sample of them; none is in it yet."""
    dimensions = sample.shape[1]
    kind, metric = faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT
    if total <= FLAT_UP_TO:
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


def write(index: faiss.Index, folder: Path) -> None:
    """Write an index into a pack's folder."""
    faiss.write_index(index, str(folder / _INDEX))


class VectorIndex:
    """An index of FAISS that was opened, without reading it into memory."""

    def __init__(self, path: Path) -> None:
        index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
        self._index: Any = index
        self.ntotal = int(index.ntotal)

    def nearest(self, query: Vectors, limit: int, allowed: Mask | None = None) -> tuple[Rows, Vectors]:
        """Return the allowed rows nearest to a unit vector by their codes, and their cosines, best first."""
        limit = min(limit, self.ntotal if allowed is None else int(np.count_nonzero(allowed)))
        if not limit:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        if allowed is None:
            return _search(self._index, query, limit)
        selector = faiss.IDSelectorBitmap(np.packbits(allowed, bitorder="little"))
        if isinstance(self._index, faiss.IndexIVF):
            return _search(
                self._index, query, limit, faiss.SearchParametersIVF(sel=selector, nprobe=self._index.nprobe)
            )
        return _search(self._index, query, limit, faiss.SearchParameters(sel=selector))


def opened(folder: Path) -> VectorIndex | Coded:
    """Open the vectors in a pack's folder."""
    if (folder / _INDEX).exists():
        return VectorIndex(folder / _INDEX)
    # A plain view of the map: numpy's own memmap class costs microseconds a slice.
    return Coded(np.asarray(np.load(folder / _CODES, mmap_mode="r")), np.load(folder / _ENDS))


def _search(index: Any, query: Vectors, limit: int, settings: Any = None) -> tuple[Rows, Vectors]:
    scores, rows = index.search(query[None, :], limit, params=settings)
    found = rows[0] >= 0
    return rows[0][found], scores[0][found]
