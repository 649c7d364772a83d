"""Where tokens stand in a static model's tables.

A token is a character or a pair of adjacent characters. Its key is the character's code point, or the two code points
of the pair, the first in the high half of 64 bits; a model's keys are sorted, so that its characters come first.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.uint32]
Keys = NDArray[np.uint64]
Rows = NDArray[np.int64]

_PAIRS = np.uint64(1 << 32)
"""Keys of pairs begin here."""
_LOW = np.uint64((1 << 32) - 1)
_HIGH = np.uint64(32)
_LAST = 0x10FFFF
_BLOCK_BITS = 5
"""A block holds the pairs of one first character with 32 second ones."""
_WITHIN = (1 << _BLOCK_BITS) - 1


def token_keys(codes: Codes) -> tuple[Keys, Keys]:
    """Return the keys of every character and of every adjacent pair of a folded text."""
    wide = codes.astype(np.uint64)
    return wide, wide[:-1] << _HIGH | wide[1:]


def are_keys(numbers: Keys) -> bool:
    """Return whether numbers are sorted keys, each once."""
    rising = bool((numbers[1:] > numbers[:-1]).all())
    return rising and int(max((numbers >> _HIGH).max(initial=0), (numbers & _LOW).max(initial=0))) <= _LAST


class TokenTable:
    """The row of each token among sorted keys, and ``unknown``, their number, for any other.

    Pairs stand in a two-stage table: where the block of a first character and some second ones is, and the rows in it.
    Such tables hold the properties of characters (The Unicode Standard, section 5.1). A row is found without a loop or
    a comparison. All blocks in which there is nothing are one, so that the table takes two megabytes. Common characters
    stand together: then few blocks are read, and those stay in a processor's cache.
    """

    def __init__(self, keys: Keys) -> None:
        self.unknown = len(keys)
        firsts, seconds = (keys >> _HIGH).astype(np.int64), (keys & _LOW).astype(np.int64)
        characters, counts = np.unique(np.concatenate([firsts, seconds]), return_counts=True)
        self._ranks = np.full(int(characters[-1]) + 2, len(characters), np.int64)
        self._ranks[characters[np.argsort(-counts, kind="stable")]] = np.arange(len(characters))
        firsts, seconds = self._ranks.take(firsts), self._ranks.take(seconds)
        count = int(np.searchsorted(keys, _PAIRS))
        self._characters = np.full(len(characters) + 1, self.unknown, np.int64)
        self._characters[seconds[:count]] = np.arange(count)
        self._stride = (len(characters) >> _BLOCK_BITS) + 1
        places = firsts[count:] * self._stride + (seconds[count:] >> _BLOCK_BITS)
        used, block = np.unique(places, return_inverse=True)
        self._blocks = np.zeros((len(characters) + 1) * self._stride, np.int32)
        self._blocks[used] = np.arange(1, len(used) + 1) << _BLOCK_BITS  # the first block is the one with nothing in it
        self._pairs = np.full(len(used) + 1 << _BLOCK_BITS, self.unknown, np.min_scalar_type(self.unknown))
        self._pairs[(block + 1 << _BLOCK_BITS) + (seconds[count:] & _WITHIN)] = np.arange(count, self.unknown)

    def rows(self, codes: Codes) -> tuple[Rows, Rows]:
        """Return the rows of every character and of every adjacent pair of a folded text."""
        ranks = self._ranks_of(codes)
        return self._characters.take(ranks), self._rows_of_pairs(ranks[:-1], ranks[1:])

    def rows_of(self, keys: Keys) -> Rows:
        """Return the row of every key."""
        firsts, seconds = self._ranks_of(keys >> _HIGH), self._ranks_of(keys & _LOW)
        return np.where(keys < _PAIRS, self._characters.take(seconds), self._rows_of_pairs(firsts, seconds))

    def _ranks_of(self, codes: Codes | Keys) -> Rows:
        """Return the ranks of characters among those of all tokens, the commonest first; the end for others."""
        return self._ranks.take(np.minimum(codes, len(self._ranks) - 1).astype(np.int64))

    def _rows_of_pairs(self, firsts: Rows, seconds: Rows) -> Rows:
        blocks = self._blocks.take(firsts * self._stride + (seconds >> _BLOCK_BITS))
        return self._pairs.take(blocks + (seconds & _WITHIN)).astype(np.int64)
