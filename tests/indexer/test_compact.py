"""What a pack stores in few bytes reads as the plain arrays."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.store.encoding import Letters, Offsets, alphabet_of, ranks
from indexer.store.positions import Pairs, key

CODES = st.lists(st.integers(0, 0x10FFFF), max_size=80)


@given(CODES)
def test_letters_are_the_characters(codes: list[int]) -> None:
    text = np.array(codes, np.uint32)
    alphabet = alphabet_of(text)
    letters = Letters(*ranks(alphabet, text), alphabet)
    assert letters[:].tolist() == codes
    assert letters.ids.dtype == np.uint16
    assert alphabet[0] == 0


def test_a_pack_of_more_characters_than_16_bits_count_takes_32() -> None:
    text = np.arange(70_000, dtype=np.uint32)
    alphabet = alphabet_of(text)
    letters = Letters(*ranks(alphabet, text), alphabet)
    assert (letters[:] == text).all()
    assert letters.ids.dtype == np.uint32


@given(st.lists(st.integers(1, 70_000), max_size=100))
def test_offsets_are_the_numbers(steps: list[int]) -> None:
    numbers = np.cumsum(steps, dtype=np.uint32)
    offsets = Offsets.of(numbers)
    assert offsets[:].tolist() == numbers.tolist()
    assert offsets[np.arange(len(numbers))].tolist() == numbers.tolist()
    assert [int(offsets[at]) for at in range(len(numbers))] == numbers.tolist()


@given(st.lists(st.integers(1, 50), max_size=100))
def test_offsets_of_a_text_that_drops_little_take_a_byte(steps: list[int]) -> None:
    assert Offsets.of(np.cumsum([step % 7 for step in steps], dtype=np.uint32)).distances.dtype == np.uint8


@pytest.mark.parametrize("dtype", [np.uint16, np.uint32])
@given(text=st.lists(st.integers(0, 4), max_size=60))
def test_pairs_are_where_a_scan_finds_them(text: list[int], dtype: type) -> None:
    ids = np.array([*text, 0], dtype)
    pairs = Pairs.of(ids)
    for first in range(1, 5):
        alone = [at for at, each in enumerate(text) if each == first]
        assert pairs.of_character(first).tolist() == alone
        for second in range(5):
            rows, counts = pairs.counts(ids.dtype.type([first]), ids.dtype.type([second]))
            expected = [at for at in range(len(text)) if (ids[at], ids[at + 1]) == (first, second)]
            assert counts.tolist() == [len(expected)]
            assert not expected or pairs.of_pair(int(rows[0])).tolist() == expected


def test_a_key_holds_both_characters() -> None:
    assert key(np.array([65_535], np.uint16), np.array([65_534], np.uint16)).tolist() == [(65_535 << 16) | 65_534]
    assert key(np.array([70_000], np.uint32), np.array([69_999], np.uint32)).tolist() == [(70_000 << 32) | 69_999]
