"""The part of a passage that is shown first: what answers the query with some text around it, cut at a pause."""

from __future__ import annotations

import re
from collections.abc import Sequence

WHOLE = 150
"""Characters up to which a passage is shown whole."""
LENGTH = 100
"""Characters that an excerpt should have; it has more where what answers the query is longer."""
SLACK = 20
"""Characters by which an excerpt's ends may move to a place where the text pauses."""

_PAUSE = re.compile("[。！？；，、：,.;:!?\n　]+[」』”’）〕】)]*[\n　]*")

Range = tuple[int, int]


def excerpt(text: str, highlights: Sequence[Range], nearest: Range | None = None) -> Range:
    """Return the part of a passage to show, as a half-open range of its code points.

    It holds as much of the highlights as fits, the first such part of the text; where ``nearest``, the stretch nearest
    in meaning, is given, it holds that. No highlight is cut at either end.
    """
    if len(text) <= WHOLE:
        return 0, len(text)
    first, last = nearest or _densest(highlights) or (0, 0)
    missing = max(0, LENGTH - (last - first))
    start = max(0, first - missing // 2)
    end = min(len(text), max(last, start + LENGTH))
    start = max(0, min(start, end - LENGTH))
    pauses = [0, *(found.end() for found in _PAUSE.finditer(text)), len(text)]
    start = min((at for at in pauses if start - SLACK <= at <= first), key=lambda at: abs(at - start), default=start)
    end = min((at for at in pauses if last <= at <= end + SLACK), key=lambda at: abs(at - end), default=end)
    for begin, stop in highlights:
        start = begin if begin < start < stop else start
        end = stop if begin < end < stop else end
    shown = text[start:end]
    return start + len(shown) - len(shown.lstrip("\n　")), end - len(shown) + len(shown.rstrip("\n　"))


def _densest(highlights: Sequence[Range]) -> Range | None:
    """Return the first row of highlights that fit into an excerpt, of those that hold the most characters."""
    best, most = None, 0
    for number, (first, _) in enumerate(highlights):
        row = [each for each in highlights[number:] if each[1] <= first + LENGTH] or [highlights[number]]
        held = sum(stop - start for start, stop in row)
        if held > most:
            best, most = (first, row[-1][1]), held
    return best
