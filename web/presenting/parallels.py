"""An alignment in words: piece by piece, and in one line."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator

from search.parallels.alignment import Agreement
from search.parallels.model import Parallel
from web.presenting.rendering import MarkedRange, one_line

Piece = tuple[Agreement | None, str]
"""Words of an alignment, and how they agree; None for what stands between: a note, or text between its parts."""


def pieces(text: str, found: Parallel) -> Iterator[Piece]:
    """Yield an alignment piece by piece: what is shared as it stands there, and in braces what differs.

    A changed character is ``{號→名}``, one that is missing there ``{-地}``, one that is added there ``{+之}``.
    """
    at = found.start
    for part in found.parts:
        for each in part.stretches:
            yield None, _there(found, at, each.here_start)
            at = max(at, each.here_end)
            mine, here = one_line(text[each.start : each.end]), _there(found, each.here_start, each.here_end)
            match each.agreement:
                case Agreement.SAME:
                    yield each.agreement, here
                case Agreement.CHANGED:
                    yield each.agreement, f"{{{mine}→{here}}}"
                case Agreement.MISSING:
                    yield each.agreement, f"{{-{mine}}}"
                case Agreement.ADDED:
                    yield each.agreement, f"{{+{here}}}"
    yield None, _there(found, at, found.end)


_LAYOUT = re.compile(r"[\n\r\t\u3000]")


def unbroken(text: str, ranges: Iterable[MarkedRange]) -> tuple[str, list[MarkedRange]]:
    """Return a text without the line ends and indents of its edition, and ranges of it as they are then.

    >>> unbroken("會寧\n　府", [MarkedRange(1, 5)])
    ('會寧府', [MarkedRange(start=1, end=3, title='')])
    """
    dropped = [found.start() for found in _LAYOUT.finditer(text)]
    moved = [
        MarkedRange(
            each.start - bisect_left(dropped, each.start), each.end - bisect_left(dropped, each.end), each.title
        )
        for each in ranges
    ]
    return _LAYOUT.sub("", text), moved


def _there(found: Parallel, start: int, end: int) -> str:
    return one_line(found.text[start - found.start : end - found.start])


def notation(text: str, found: Parallel) -> str:
    """Return an alignment in one line, as :func:`pieces` writes it."""
    return "".join(words for _, words in pieces(text, found))
