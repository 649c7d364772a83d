"""Running heads: what is printed at the head of each volume or page and is not the text."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence

from corpora.model import Span, SpanKind

SERIES = re.compile("欽定四庫全書|[^　 ]{1,6}叢書$")
_AUTHOR = re.compile(r"[撰修編輯著註注纂][　 ]*$")
HEAD_LIMIT = 24
"""Characters of a running head at most."""


def running_heads(text: str, title: str, starts: Sequence[int], notes: Sequence[tuple[int, int]]) -> list[Span]:
    """Return the series, the book with its volume, and its author, where they head a section or a page again.

    A volume also ends with the book and its number once more.

    Args:
        text: of the section.
        title: the work's.
        starts: where each printed line starts.
        notes: the ranges of the notes, sorted.
    """
    heads: list[Span] = []
    in_head = True
    first_notes = {starts[bisect_right(starts, start) - 1]: start for start, _ in reversed(notes)}
    last = next((start for start in reversed(starts) if text[start : start + 1].strip("\n")), -1)
    for start in starts:
        end = text.find("\n", start)
        if not in_head and start != last and not text.startswith("欽定", start) and text[start] not in "　 ":
            continue
        end = min(end, first_notes.get(start, end))
        line = text[start:end].strip()
        if not line:
            continue
        if SERIES.match(line) and len(line) <= HEAD_LIMIT:
            in_head = True
        elif not (in_head and (_names_book(line, title) or _names_author(line))) and not (
            start == last and _names_book(line, title)
        ):
            in_head = False
            continue
        heads.append(Span(SpanKind.HEAD, start, end))
    return heads


def _names_book(line: str, title: str) -> bool:
    wanted = set(title)
    return (
        len(line) <= HEAD_LIMIT
        and bool(wanted)
        and 2 * len(wanted & set(line)) >= len(wanted)
        and (line == title or any(mark in line for mark in ("卷", "巻", "目録", "目錄", "地理類", "雜史類")))
    )


def _names_author(line: str) -> bool:
    return len(line) <= HEAD_LIMIT and bool(_AUTHOR.search(line))
