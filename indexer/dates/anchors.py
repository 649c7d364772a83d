"""Anchors: the few places of a folded text near which a date can stand, found by a quick look at all of it.

What :mod:`indexer.dates.annotating` reads holds a unit of time, a pair of the cycle, a word for a part of an era behind
the end of an era's name, or a word for its beginning. All other text is passed over at the speed of arrays.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
from numpy.typing import NDArray

from indexer.dates import cycle
from indexer.dates.eras import by_name
from indexer.text.streams import Codes

UNITS = "年岁月"
PARTS = "间中初末季"
"""What stands behind an era's name where some of its years are meant."""
BEGINNINGS = ("改元", "改年", "建元", "建号")
_BEFORE, _BEHIND = 16, 16
"""Characters before and behind an anchor within which what holds it begins and ends."""
_CODE_POINTS = 0x110000


def name_ends() -> str:
    """Return the characters in which names of eras end, folded."""
    return "".join(sorted({name[-1] for name in by_name()}))


def stretches(codes: Codes) -> Iterator[tuple[int, int]]:
    """Yield half-open ranges of a text, apart from each other, outside of which nothing is part of a date."""
    places = _anchors(codes)
    if not len(places):
        return
    first = np.append(True, np.diff(places) > _BEFORE + _BEHIND)
    lows = np.maximum(places[first] - _BEFORE, 0)
    highs = np.minimum(places[np.append(first[1:], True)] + _BEHIND, len(codes))
    yield from zip(lows.tolist(), highs.tolist(), strict=True)


def _anchors(codes: Codes) -> NDArray[np.intp]:
    alone, second, firsts = _tables()
    found = alone[codes]
    behind = second[codes]
    rows = np.flatnonzero(behind[1:]) + 1
    found[rows[behind[rows] & firsts[codes[rows - 1]] != 0]] = True
    return np.flatnonzero(found)


@cache
def _tables() -> tuple[NDArray[np.bool_], NDArray[np.uint8], NDArray[np.uint8]]:
    """Return which characters are anchors alone, and of which kinds of pairs each may be the second and the first."""
    alone = np.zeros(_CODE_POINTS, np.bool_)
    second, first = np.zeros(_CODE_POINTS, np.uint8), np.zeros(_CODE_POINTS, np.uint8)
    alone[list(map(ord, UNITS))] = True
    pairs = (
        (cycle.STEM_PATTERN[1:-1], cycle.BRANCH_PATTERN[1:-1]),
        (name_ends(), PARTS),
        ("".join(word[0] for word in BEGINNINGS), "".join(word[1] for word in BEGINNINGS)),
    )
    for kind, (ones, others) in enumerate(pairs):
        first[list(map(ord, ones))] |= 1 << kind
        second[list(map(ord, others))] |= 1 << kind
    return alone, second, first
