"""The index over vectors: what it finds is near what is nearest, within what is allowed."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.embedding import Codebook
from indexer.store import vectors
from indexer.store.vectors import Coded, Coder, Lists, VectorIndex, opened

DIMENSIONS = 32
LIMIT = 200


@pytest.fixture(scope="module", autouse=True)
def _few_are_many() -> Iterator[None]:
    """Have as few vectors as there are here treated as those of a large collection are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(vectors, "READ_AT_LEAST", 0)
        yield


def unit_rows(total: int, seed: int) -> np.ndarray:
    """Vectors around a hundred middles, as texts are around their subjects."""
    random = np.random.default_rng(seed)
    middles = np.random.default_rng(3).standard_normal((100, DIMENSIONS))
    rows = middles[random.integers(0, 100, total)] + random.standard_normal((total, DIMENSIONS))
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def made(total: int, folder: Path) -> tuple[np.ndarray, VectorIndex]:
    rows = unit_rows(total, 5)
    index = vectors.new(rows[: vectors.sample_size(total)], total)
    for half in np.array_split(rows, 2):
        index.add(half)
    vectors.write(index, folder)
    found = opened(folder)
    assert isinstance(found, VectorIndex)
    return rows, found


@pytest.mark.parametrize("total", [50, 12_000])
@pytest.mark.parametrize("share", [None, 0.9, 0.3, 0.01])
def test_the_nearest_are_found_among_those_allowed(total: int, share: float | None, tmp_path: Path) -> None:
    rows, index = made(total, tmp_path)
    query = rows[7]
    allowed = None if share is None else np.random.default_rng(5).random(total) < share
    found, cosines = index.nearest(query, LIMIT, allowed)
    assert len(found) == len(set(found.tolist())) == min(LIMIT, total if allowed is None else int(allowed.sum()))
    assert list(cosines) == sorted(cosines, reverse=True)
    exact = rows @ query
    if allowed is not None:
        assert allowed[found].all()
        exact[~allowed] = -1
    assert len(set(np.argsort(-exact)[:10].tolist()) & set(found.tolist())) >= min(7, len(found))


def test_nothing_allowed_is_nothing_found(tmp_path: Path) -> None:
    rows, index = made(50, tmp_path)
    assert not len(index.nearest(rows[0], 5, np.zeros(50, dtype=bool))[0])


def test_no_vector_at_all(tmp_path: Path) -> None:
    vectors.write(vectors.new(np.zeros((0, DIMENSIONS), np.float32), 0), tmp_path)
    assert not len(VectorIndex(tmp_path / "vectors.faiss").nearest(np.ones(DIMENSIONS, np.float32), 5)[0])


@cache
def codebook() -> Codebook:
    return vectors.learn(unit_rows(3000, 1), lists=32)


def coded(rows: np.ndarray) -> tuple[np.ndarray, Coded]:
    """The rows in the order of their codes, and the codes."""
    coder = Coder(codebook())
    for half in np.array_split(rows, 2):
        coder.add(half)
    order, codes = coder.sorted()
    return rows[order], codes


@cache
def two_packs() -> tuple[tuple[np.ndarray, Coded], ...]:
    return tuple(coded(unit_rows(total, total)) for total in (3000, 1700))


def lists() -> Lists:
    return Lists(codebook(), {number: codes for number, (_, codes) in enumerate(two_packs())})


def approximate(query: np.ndarray) -> np.ndarray:
    """The cosine of every row of both packs as its code tells it, in float."""
    product = Coder(codebook()).product
    return np.concatenate([product.sa_decode(codes.codes) for _, codes in two_packs()]) @ query


def test_rows_stand_list_after_list(tmp_path: Path) -> None:
    rows, codes = two_packs()[0]
    codes.save(tmp_path)
    again = opened(tmp_path)
    assert isinstance(again, Coded)
    nearest = (rows @ codebook().centres.astype(np.float32).T).argmax(axis=1)
    assert np.array_equal(nearest, np.repeat(np.arange(32), np.diff([0, *again.ends])))
    assert np.array_equal(again.codes, codes.codes)
    assert vectors.size_on_disk(tmp_path) == sum(path.stat().st_size for path in tmp_path.iterdir())


def test_the_lists_that_are_read_hold_nearly_all_of_the_nearest() -> None:
    index = lists()
    rows = np.concatenate([rows for rows, _ in two_packs()])
    found = 0
    for query in unit_rows(30, 9):
        packs, places, _ = index.nearest(query, LIMIT, {0: None, 1: None})
        true = np.argsort(-(rows @ query))[:10]
        found += len({*(places + 3000 * packs).tolist()} & {*true.tolist()})
    assert found >= 0.9 * 300


def test_of_a_small_collection_everything_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vectors, "READ_AT_LEAST", 5000)
    query = unit_rows(1, 9)[0]
    packs, places, _ = lists().nearest(query, 4700, {0: None, 1: None})
    assert len(set((places + 3000 * packs).tolist())) == 4700
    packs, places, _ = lists().nearest(query, LIMIT, {0: None, 1: None})
    best = np.argsort(-approximate(query))
    assert set(best[:100].tolist()) <= set((places + 3000 * packs).tolist())


def test_lists_that_were_fetched_before_answer_as_those_that_were_not() -> None:
    ready, lazy = lists(), lists()
    ready.warm_up()
    for query in unit_rows(5, 9):
        answers = (index.nearest(query, LIMIT, {0: None, 1: None}) for index in (ready, lazy))
        for one, other in zip(*answers, strict=True):
            assert np.array_equal(one, other)


def test_a_query_reads_its_own_lists_alone() -> None:
    index = lists()
    query = unit_rows(1, 9)[0]
    packs, places, _ = index.nearest(query, LIMIT, {0: None, 1: None})
    centres = codebook().centres.astype(np.float32)
    rows = np.concatenate([rows for rows, _ in two_packs()])[places + 3000 * packs]
    read = np.argsort(-(centres @ query))[:8]  # a quarter of the lists
    assert set((rows @ centres.T).argmax(axis=1).tolist()) <= set(read.tolist())


@given(
    share=st.sampled_from([0.0, 0.002, 0.02, 0.2, 0.7, 1.0]),
    whole=st.sampled_from([(), (0,), (1,), (0, 1)]),
    hidden=st.sampled_from([(), (0,), (1,)]),
    limit=st.sampled_from([1, 30, 700, 10_000]),
    seed=st.integers(0, 1000),
)
def test_allowed_rows_are_found_as_brute_force_finds_them(
    share: float, whole: tuple[int, ...], hidden: tuple[int, ...], limit: int, seed: int
) -> None:
    masks = [np.random.default_rng((seed, pack)).random(total) < share for pack, total in enumerate((3000, 1700))]
    allowed = {pack: None if pack in whole else mask for pack, mask in enumerate(masks) if pack not in hidden}
    among = np.concatenate([(mask | (pack in whole)) & (pack in allowed) for pack, mask in enumerate(masks)])
    asked = sum(len(mask) for pack, mask in enumerate(masks) if pack in allowed)
    query = unit_rows(1, seed)[0]
    packs, places, cosines = lists().nearest(query, limit, allowed)
    rows = places + 3000 * packs
    assert len(rows) == len(set(rows.tolist())) == min(limit, int(among.sum()))
    assert among[rows].all()
    assert (np.diff(cosines) <= 0).all()
    by_codes = approximate(query)
    assert np.allclose(cosines, by_codes[rows], atol=0.05)
    if among.sum() <= vectors.READ * asked or len(rows) == among.sum():  # then all lists are read
        best = np.sort(by_codes[among])[::-1][: len(rows)]
        assert np.allclose(np.sort(by_codes[rows])[::-1], best, atol=0.05)
