"""Look-alikes: pairs of characters, such as 己 and 已, that who copies or types and machines that read print mix up.

They are data, in ``lookalikes.tsv``: two characters and how they differ.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexer.text.folding import fold
from indexer.text.streams import Codes
from search.ranges import among

TABLE = Path(__file__).with_name("lookalikes.tsv")
_CODE_POINT_BITS = 21


def pairs() -> list[tuple[str, str]]:
    """Return the pairs of the table as they stand there."""
    rows = [line.split("\t") for line in TABLE.read_text("utf-8").splitlines() if not line.startswith("#")]
    return [(one, other) for one, other, _ in rows[1:]]


@cache
def _like() -> dict[str, tuple[str, ...]]:
    found: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for one, other in pairs():
        first, second = fold(one), fold(other)
        found[first][second] = found[second][first] = None
    return {char: tuple(others) for char, others in found.items()}


def like(char: str) -> tuple[str, ...]:
    """Return the look-alikes of a folded character, folded."""
    return _like().get(char, ())


def are_lookalikes(ones: Codes, others: Codes) -> NDArray[np.bool_]:
    """Return which characters are look-alikes of the others beside them; all are folded."""
    return among(_keys(ones, others), _known())


@cache
def _known() -> NDArray[np.uint64]:
    folded = [(ord(fold(one)), ord(fold(other))) for one, other in pairs()]
    ones, others = np.array([*folded, *(pair[::-1] for pair in folded)], np.uint32).T
    return np.sort(_keys(ones, others))


def _keys(ones: Codes, others: Codes) -> NDArray[np.uint64]:
    keys: NDArray[np.uint64] = ones.astype(np.uint64) << np.uint64(_CODE_POINT_BITS) | others.astype(np.uint64)
    return keys
