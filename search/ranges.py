"""Half-open ranges and sorted numbers: what everything that marks text needs."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def merged(ranges: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return sorted ranges without overlap; those that touch are joined.

    >>> merged([(4, 6), (0, 2), (1, 3)])
    [(0, 3), (4, 6)]
    """
    result: list[tuple[int, int]] = []
    for start, end in sorted(ranges):
        if result and start <= result[-1][1]:
            result[-1] = (result[-1][0], max(end, result[-1][1]))
        else:
            result.append((start, end))
    return result


def among(numbers: NDArray[Any] | int, known: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which numbers are among those known, which are sorted."""
    if not len(known):
        return np.zeros(np.shape(numbers), dtype=bool)
    at = np.minimum(np.searchsorted(known, numbers), len(known) - 1)
    found: NDArray[np.bool_] = known[at] == numbers
    return found
