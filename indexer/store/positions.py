"""Positions of each character and each pair of adjacent characters in a stream, which make exact phrases quick.

Places are sorted by the character there and the one that follows, then by themselves. So those of a pair are one
sorted stretch, those of a character several stretches in a row, and to count either is to subtract. A phrase is looked
for at the places of its rarest pair alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.store.encoding import Ids

Places = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Pairs:
    """A directory of pairs: ``order`` are the places, ``keys`` the different pairs, sorted, ``starts`` where each
    begins.
    """

    order: NDArray[np.uint32]
    keys: NDArray[Any]
    starts: NDArray[np.uint32]

    @classmethod
    def of(cls, ids: Ids) -> Pairs:
        """Sort the places of a stream, which ends with a boundary; boundaries themselves are left out."""
        places = np.flatnonzero(ids[:-1]).astype(np.uint32)
        return cls.at(places, ids[places], ids[places + 1])

    @classmethod
    def at(cls, places: NDArray[np.uint32], first: Ids, second: Ids) -> Pairs:
        """Sort rising places by the characters there, ``first``, and those that follow, ``second``."""
        # Two stable sorts, the last one by what counts most; numpy sorts 16 bits by radix.
        order = np.argsort(second, kind="stable")
        order = order[np.argsort(first[order], kind="stable")]
        places, found = places[order], key(first[order], second[order])
        fresh = np.ones(len(found), dtype=bool)
        fresh[1:] = found[1:] != found[:-1]
        starts = np.append(np.flatnonzero(fresh), len(found)).astype(np.uint32)
        return cls(places, found[fresh], starts)

    def counts(self, first: Ids, second: Ids) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Look up pairs of ids: return their rows in the directory, and how many places each has."""
        wanted = key(first, second)
        rows = self.keys.searchsorted(wanted)
        if not len(self.keys):
            return rows, np.zeros(len(rows), np.int64)
        rows = np.minimum(rows, len(self.keys) - 1)
        counts = (self.starts[rows + 1] - self.starts[rows]).astype(np.int64)
        counts[self.keys[rows] != wanted] = 0
        return rows, counts

    def of_pair(self, row: int) -> Places:
        """Return the places of the pair in a row of the directory, sorted."""
        return self.order[self.starts[row] : self.starts[row + 1]].astype(np.int64)

    def of_character(self, letter: int) -> Places:
        """Return the places of a character, sorted."""
        return np.sort(self._of_character(letter)).astype(np.int64)

    def drawn(self, letters: Ids, most: int) -> Places:
        """Draw at most so many places of a character or of a pair, evenly from all that there are."""
        if len(letters) == 1:
            places = self._of_character(int(letters[0]))
        else:
            rows, counts = self.counts(letters[:1], letters[1:2])
            first = self.starts[rows[0]]
            places = self.order[first : first + counts[0]]
        return places[:: -(-len(places) // most) or 1].astype(np.int64)

    def _of_character(self, letter: int) -> NDArray[np.uint32]:
        """Return the places of a character, by what follows it."""
        bits = 8 * self.keys.itemsize // 2
        # In the directory's own type: numpy would else convert all of it to find two numbers.
        first, last = np.array([letter << bits, (letter << bits) + (1 << bits) - 1], self.keys.dtype)
        low, high = self.keys.searchsorted(first), self.keys.searchsorted(last, side="right")
        return self.order[self.starts[low] : self.starts[high]]


def key(first: Ids, second: Ids) -> NDArray[Any]:
    """Encode a pair of ids as one number, in twice their bits."""
    bits = 8 * first.dtype.itemsize
    wide = np.dtype(f"u{2 * first.dtype.itemsize}").type
    pairs: NDArray[Any] = first.astype(wide) << wide(bits) | second
    return pairs
