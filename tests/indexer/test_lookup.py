"""Keys are found where they stand."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from indexer.lookup import Lookup

KEYS = st.integers(0, 2**64 - 2)


@given(st.lists(KEYS, unique=True, max_size=200), st.lists(KEYS, max_size=50))
def test_known_keys_have_their_rows_and_others_none(keys: list[int], others: list[int]) -> None:
    lookup = Lookup(np.array(keys, np.uint64))
    asked = keys + others
    expected = [keys.index(key) if key in keys else len(keys) for key in asked]
    assert lookup.find(np.array(asked, np.uint64)).tolist() == expected


def test_many_keys_that_want_one_slot_find_others() -> None:
    keys = np.arange(50_000, dtype=np.uint64) << np.uint64(40)
    assert (Lookup(keys).find(keys) == np.arange(50_000)).all()
