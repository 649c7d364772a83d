"""Where keys stand in a list of them, many at a time: an open-addressed hash table in plain arrays.

Binary search takes a dozen steps through memory for each key, this takes one or two. Keys are hashed by multiplication
(Knuth, The Art of Computer Programming, volume 3, 6.4); a slot that is taken sends a key on to the next one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_FACTOR = np.uint64(0x9E3779B97F4A7C15)
_EMPTY = np.uint64(0xFFFFFFFFFFFFFFFF)

Keys = NDArray[np.uint64]
Rows = NDArray[np.int64]


class Lookup:
    """The rows of distinct keys, none of which is 2^64 - 1."""

    def __init__(self, keys: Keys) -> None:
        self.missing = len(keys)
        bits = max(len(keys) * 4, 2).bit_length()
        self._shift = np.uint64(64 - bits)
        self._mask = (1 << bits) - 1
        self._keys = np.full(1 << bits, _EMPTY, np.uint64)
        self._rows = np.full(1 << bits, self.missing, np.int64)
        rows, slots = np.arange(len(keys)), self._slots(keys)
        while len(rows):
            # Of the keys that want one free slot the first gets it; the others go on.
            free = self._keys[slots] == _EMPTY
            taken, first = np.unique(slots[free], return_index=True)
            chosen = np.flatnonzero(free)[first]
            self._keys[taken], self._rows[taken] = keys[rows[chosen]], rows[chosen]
            left = np.ones(len(rows), dtype=bool)
            left[chosen] = False
            rows, slots = rows[left], (slots[left] + 1) & self._mask

    def find(self, keys: Keys) -> Rows:
        """The row of each key; ``missing`` where it has none."""
        slots = self._slots(keys)
        found = self._keys[slots]
        rows = self._rows[slots]
        on = np.flatnonzero((found != keys) & (found != _EMPTY))
        while len(on):
            slots[on] = (slots[on] + 1) & self._mask
            found = self._keys[slots[on]]
            rows[on] = self._rows[slots[on]]
            on = on[(found != keys[on]) & (found != _EMPTY)]
        rows[self._keys[slots] != keys] = self.missing
        return rows

    def _slots(self, keys: Keys) -> Rows:
        return ((keys * _FACTOR) >> self._shift).astype(np.int64)
