"""A passage as it is quoted: a part of what was found, never altered.

Of a passage that was kept, a quotation shows one range, the trim, with an ellipsis where something was left out.
Line ends at which the printed edition merely ran out of room are not shown, as on the pages.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice, pairwise

from corpora.model import Section
from indexer.text.folding import fold
from web.desk.document import Run
from web.presenting.rendering import flowing

ELLIPSIS = "……"
MOST_LINES = 300
"""Lines of a text without pages that are offered one by one."""
_LABEL = 14
"""Characters of a line that it is called by."""
_LINE = re.compile(r"[^\n]*\S[^\n]*")


class NotInPassage(ValueError):
    """The words that a trim was to begin or end with are not in the passage; the argument is these words."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A kept passage. ``notes`` and the trim from ``start`` to ``end`` are code points in ``text``."""

    text: str
    notes: tuple[tuple[int, int], ...]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class QuotablePart:
    """A part of a section that can be quoted as it is: a page, or a line; ``label`` is the page's or its first words.

    ``pointed`` says whether it is the one that was asked for.
    """

    start: int
    end: int
    label: str
    pointed: bool


def quotable(section: Section, at: int | None, paragraph: tuple[int, int] | None) -> list[QuotablePart]:
    """Return the pages of a section, or its first lines if it has none; ``paragraph`` are those that were asked for."""
    text = section.text
    if section.pages:
        ends = [*(page.start for page in section.pages[1:]), len(text)]
        return [
            QuotablePart(page.start, end, page.label, at is not None and page.start <= at < end)
            for page, end in zip(section.pages, ends, strict=True)
        ]
    lines = [match.span() for match in islice(_LINE.finditer(text), MOST_LINES)]
    if paragraph and paragraph not in lines:
        lines.insert(0, paragraph)
    return [QuotablePart(a, b, text[a:b].strip()[:_LABEL], (a, b) == paragraph) for a, b in lines]


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
        Run(flowing(passage.text, a, b), note=any(first <= a and b <= last for first, last in inside))
        for a, b in pairwise(cuts)
    ]
    if passage.text[:start].strip():
        shown.insert(0, Run(ELLIPSIS))
    if passage.text[end:].strip():
        shown.append(Run(ELLIPSIS))
    return tuple(run for run in shown if run.text)


def trim(text: str, first: str, last: str) -> tuple[int, int]:
    """Return the range of ``text`` from the words ``first`` to the words ``last``; empty words leave that end alone.

    Spellings are equal as they are in searches: blanks, line ends and punctuation are passed over, and so is the form
    of a character, in the words as in the text.

    Raises:
        NotInPassage: the words do not stand there, or not in this order.
    """
    places = [at for at, character in enumerate(text) if fold(character)]
    dense = fold(text)
    begun, ended = fold(first), fold(last)
    for words, folded in ((first, begun), (last, ended)):
        if words and not folded:  # blanks and marks stand everywhere
            raise NotInPassage(words)
    start = dense.find(begun)
    if start < 0:
        raise NotInPassage(first)
    end = dense.find(ended, max(start, start + len(begun) - len(ended))) if ended else len(dense)
    if end < 0:
        raise NotInPassage(last)
    end += len(ended)
    if not places or start >= end:
        raise NotInPassage(last or first)
    return places[start] if begun else 0, places[end - 1] + 1 if ended else len(text)
