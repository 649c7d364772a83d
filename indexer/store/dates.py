"""Dates that stand in texts, as rows of an array (:data:`indexer.store.layout.DATE`).

Of a date its years are kept, and what is uncertain about it: that it is one of several, each a row of its own, and
other doubts. A row without a range stands for a date that was read before what is here begins.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.dates.annotating import Doubt, Mention
from indexer.store.layout import DATE
from indexer.text.streams import Stream

_BITS = {doubt: 1 << number for number, doubt in enumerate(Doubt)}


def rows_of(
    mentions: Iterable[Mention], streams: tuple[Stream, Stream], text: int, bases: Sequence[int]
) -> NDArray[Any]:
    """Return the rows of a section's dates; it begins at ``text`` in the pack's text, at ``bases`` in its streams."""
    rows = [
        (
            *(text + int(streams[each.stream].offsets[each.start]), each.stream),
            *(bases[each.stream] + each.start, bases[each.stream] + each.end),
            *(date.first, date.last, sum(map(_BITS.__getitem__, each.doubts))),
        )
        for each in mentions
        for date in each.dates
    ]
    return np.array(rows, DATE)
