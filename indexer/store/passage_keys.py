"""Keys of passages: one integer names a passage of the whole index, by its pack's number and its row there.

Keys sort by pack, then by row, which is the order of the text in a pack.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.int64]
Rows = NDArray[np.int64]

_ROW_BITS = 32
_ROW = (1 << _ROW_BITS) - 1


def join(pack: int, row: int) -> int:
    """Return the key of a passage.

    >>> join(2, 7) == 2 * 2**32 + 7
    True
    """
    return pack << _ROW_BITS | row


def split(key: int) -> tuple[int, int]:
    """Return pack and row of a key; the inverse of :func:`join`."""
    return key >> _ROW_BITS, key & _ROW


def join_rows(pack: int, rows: Rows) -> Keys:
    """Return the keys of several rows of one pack."""
    return rows + (pack << _ROW_BITS)


def by_pack(keys: Keys) -> Iterator[tuple[int, NDArray[np.intp], Rows]]:
    """Yield, for each pack, its number, the positions of its keys among ``keys``, and their rows; packs ascend."""
    packs = keys >> _ROW_BITS
    for pack in np.flatnonzero(np.bincount(packs)).tolist():  # an eighth of the time of numpy.unique
        positions = np.flatnonzero(packs == pack)
        yield pack, positions, keys[positions] & _ROW
