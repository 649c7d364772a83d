"""The index over vectors: what it finds is near what is nearest, within what is allowed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from indexer import vectors
from indexer.vectors import EXACT_UP_TO, VectorIndex

DIMENSIONS = 32


def made(total: int, compact: bool, path: Path) -> tuple[np.ndarray, VectorIndex]:
    random = np.random.default_rng(3)
    rows = random.standard_normal((total, DIMENSIONS)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    index = vectors.new(rows[: vectors.sample_size(total, compact)], total, compact)
    for half in np.array_split(rows, 2):
        index.add(half)
    vectors.write(index, path)
    return rows, VectorIndex(path)


@pytest.mark.parametrize(("total", "compact"), [(50, True), (EXACT_UP_TO + 2000, True), (EXACT_UP_TO + 2000, False)])
@pytest.mark.parametrize("share", [None, 0.9, 0.3, 0.01])
def test_the_nearest_are_found_among_those_allowed(
    total: int, compact: bool, share: float | None, tmp_path: Path
) -> None:
    rows, index = made(total, compact, tmp_path / "vectors.faiss")
    query = rows[7]
    allowed = None if share is None else np.random.default_rng(5).random(total) < share
    found, cosines = index.nearest(query, 200, allowed)
    assert len(found) == len(set(found.tolist())) == min(200, total if allowed is None else int(allowed.sum()))
    assert list(cosines) == sorted(cosines, reverse=True)
    exact = rows @ query
    if allowed is not None:
        assert allowed[found].all()
        exact[~allowed] = -1
    assert len(set(np.argsort(-exact)[:10].tolist()) & set(found.tolist())) >= min(7, len(found))


def test_nothing_allowed_is_nothing_found(tmp_path: Path) -> None:
    rows, index = made(50, True, tmp_path / "vectors.faiss")
    assert not len(index.nearest(rows[0], 5, np.zeros(50, dtype=bool))[0])


def test_no_vector_at_all(tmp_path: Path) -> None:
    vectors.write(vectors.new(np.zeros((0, DIMENSIONS), np.float32), 0, True), tmp_path / "vectors.faiss")
    assert not len(VectorIndex(tmp_path / "vectors.faiss").nearest(np.ones(DIMENSIONS, np.float32), 5)[0])
