"""A passage as it is quoted: a part of what was found, never altered.

Of a passage that was kept, a quotation shows one range, the trim, with an ellipsis where something was left out.
Line ends at which the printed edition merely ran out of room are not shown, as on the pages.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from web.desk.document import Run
from web.presenting.rendering import is_hard

ELLIPSIS = "……"


class NotInPassage(ValueError):
    """The words that a trim was to begin or end with are not in the passage; the argument is these words."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A kept passage. ``notes`` and the trim from ``start`` to ``end`` are code points in ``text``."""

    text: str
    notes: tuple[tuple[int, int], ...]
    start: int
    end: int


def runs(passage: Passage) -> tuple[Run, ...]:
    """Return what a quotation of the passage shows: its trim, notes told apart, an ellipsis where it is cut.

    Blanks at either end, which are the page's and not the text's, are not shown.
    """
    part = passage.text[passage.start : passage.end]
    start = passage.start + len(part) - len(part.lstrip())
    end = start + len(part.strip())
    inside = [(max(a, start), min(b, end)) for a, b in passage.notes if a < end and b > start]
    cuts = sorted({start, end, *(bound for stretch in inside for bound in stretch)})
    shown = [
        Run(_flowing(passage.text, a, b), note=any(first <= a and b <= last for first, last in inside))
        for a, b in pairwise(cuts)
    ]
    if passage.text[:start].strip():
        shown.insert(0, Run(ELLIPSIS))
    if passage.text[end:].strip():
        shown.append(Run(ELLIPSIS))
    return tuple(run for run in shown if run.text)


def trim(text: str, first: str, last: str) -> tuple[int, int]:
    """Return the range of ``text`` from the words ``first`` to the words ``last``; empty words leave that end alone.

    Blanks and line ends are passed over, in the words as in the text.

    Raises:
        NotInPassage: the words do not stand there, or not in this order.
    """
    places = [at for at, character in enumerate(text) if not character.isspace()]
    dense = "".join(text[at] for at in places)
    first, last = "".join(first.split()), "".join(last.split())
    start = dense.find(first)
    if start < 0:
        raise NotInPassage(first)
    end = dense.find(last, max(start, start + len(first) - len(last))) if last else len(dense)
    if end < 0:
        raise NotInPassage(last)
    end += len(last)
    if not places or start >= end:
        raise NotInPassage(last or first)
    return places[start] if first else 0, places[end - 1] + 1 if last else len(text)


def _flowing(text: str, start: int, end: int) -> str:
    """Return ``text[start:end]`` without line ends that mean nothing."""
    kept = (at for at in range(start, end) if text[at] != "\n" or is_hard(text, at))
    return "".join(text[at] for at in kept)
