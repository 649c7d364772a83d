"""Compact encodings of a pack: characters as ranks in an alphabet, offsets as distances from a base.

Both are read as the plain arrays that they stand for, by a number, a slice or an array of numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.store.segments import Interleaved
from indexer.text.streams import BOUNDARY, Codes

BLOCK_BITS = 5
"""Every 32 offsets share a base, so that a distance from it fits in a byte where nothing long was left out."""
_CODE_POINTS = 0x110000

Ids = NDArray[Any]
"""Ranks in an alphabet: 16 bits each, 32 in a pack of more than 65,536 different characters."""


@dataclass(frozen=True, slots=True)
class Letters:
    """Code points stored as ranks in ``alphabet``, which is sorted and begins with 0, the boundary."""

    ids: Ids | Interleaved
    alphabet: Codes

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, key: Any) -> Any:
        return self.alphabet[self.ids[key]]

    def take(self, places: NDArray[np.int64]) -> Codes:
        """Return the characters at some places, quicker than by an index."""
        return self.alphabet.take(self.ids.take(places))


@dataclass(frozen=True, slots=True)
class Offsets:
    """Rising numbers, each stored as its distance from the base of its block."""

    bases: Codes
    distances: NDArray[Any]

    @classmethod
    def of(cls, numbers: Codes) -> Offsets:
        """Store ``numbers``, in no more bits than the longest distance needs."""
        bases = np.ascontiguousarray(numbers[:: 1 << BLOCK_BITS])
        distances = numbers - np.repeat(bases, 1 << BLOCK_BITS)[: len(numbers)]
        return cls(bases, distances.astype(np.min_scalar_type(int(distances.max(initial=0)))))

    def __len__(self) -> int:
        return len(self.distances)

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, slice):
            key = np.arange(*key.indices(len(self.distances)))
        return self.bases[key >> BLOCK_BITS] + self.distances[key]


def bisected(ascending: Any, numbers: Codes) -> NDArray[np.int64]:
    """Return for each number how many of an ascending sequence of numbers are smaller, reading few of them."""
    low, high = np.zeros(len(numbers), np.int64), np.full(len(numbers), len(ascending))
    while (searching := low < high).any():
        middle = (low + high) // 2
        smaller = searching & (ascending[np.minimum(middle, len(ascending) - 1)] < numbers)
        low, high = np.where(smaller, middle + 1, low), np.where(searching & ~smaller, middle, high)
    return low


def alphabet_of(*texts: Codes) -> Codes:
    """Return the different characters of some texts and the boundary, sorted."""
    present = np.zeros(_CODE_POINTS, dtype=bool)
    present[BOUNDARY] = True
    for text in texts:
        present[text] = True
    return np.flatnonzero(present).astype(np.uint32)


def ranks(alphabet: Codes, *texts: Codes) -> list[Ids]:
    """Return the ranks of the characters of some texts in an alphabet that holds them all."""
    table = np.zeros(_CODE_POINTS, np.uint16 if len(alphabet) <= 1 << 16 else np.uint32)
    table[alphabet] = np.arange(len(alphabet), dtype=table.dtype)
    return [table[text] for text in texts]
