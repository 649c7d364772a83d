"""How much each passage counts in a ranking: the text itself most, what only leads to it or repeats it less.

A table of contents names everything and says nothing, a running head repeats the book's title in every volume, and a
preface speaks of the book. Their sections' roles tell them; where there is no role, the lines of a passage do.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from corpora.model import Role, Section, SpanKind

BODY = 1.0
LIST = 0.7
"""Lists are text, but a name among names says less than a name in a sentence."""
MATTER = 0.6
"""Prefaces and abstracts. What weighs no more than this is found and counted, and ranked below all text."""
SIGNPOST = 0.5
"""Tables of contents, and passages that are mostly running head."""

_OF_ROLE = {Role.BODY: BODY, Role.PREFACE: MATTER, Role.ABSTRACT: MATTER, Role.CONTENTS: SIGNPOST}
_SPACES = " \t　"
_NUMBERED = re.compile(
    r"(?:[-*+•○◎] ?)?[^\s，。；：]{0,4}?(?:[卷巻][之第]?|第)[一二三四五六七八九十百千〇零廿卅0-9０-９]{1,6}"
    r"[卷巻回章節节篇集部折編编冊册]?[上中下]?(?:[\s:：.、·].{0,60})?"
)
_PAGED = re.compile(r"(?:.*[^0-9０-９])?(?:[.…·‥]{2}|\s)\s*[0-9０-９]{1,4}")
"""Lines of a table of contents: one begins with the number of a volume or chapter, one ends with that of a page."""
_SENTENCE = re.compile("[。！？；，;!?]")
MOSTLY = 0.5
"""The share of running head from which a passage is one."""
_FEWEST_ENTRIES, _FEWEST_ITEMS = 3, 4
"""Lines that make a table of contents, and a list."""
_LONGEST_ITEM = 12
"""Characters of an item of a list, where the edition's lines are not known."""
_RAGGED = 0.75
"""The share of the edition's line that a line of a list leaves unfilled."""
_VERSE = (4, 5, 6, 7, 10, 12, 14)
"""Characters of a line of verse, or of the two that stand on one line."""


def passage_weights(section: Section, starts: NDArray[np.uint32]) -> NDArray[np.float32]:
    """Return how much each passage of a section counts in a ranking; ``starts`` are where they start."""
    bounds = [*starts.tolist(), len(section.text)]
    weights = np.full(len(starts), _OF_ROLE[section.role], np.float32)
    head = _covered(section, SpanKind.HEAD)
    if head[-1]:
        share = np.diff(head[bounds]) / np.maximum(np.diff(bounds), 1)
        weights = np.where(share > MOSTLY, SIGNPOST, weights)
    ranges = list(pairwise(bounds))
    # A sentence is neither list nor contents: of most punctuated texts nothing is looked at line by line.
    rest = [row for row, each in enumerate(ranges) if not _SENTENCE.search(section.text, *each)]
    if section.role is Role.BODY and rest:
        lines = _lines(section.text, head, _covered(section, SpanKind.NOTE))
        width = _width(lines) if section.pages else 0
        firsts = np.searchsorted([line.start for line in lines], bounds).tolist()
        for row in rest:
            weights[row] = min(weights[row], _by_shape(lines[firsts[row] : firsts[row + 1]], width))
    return weights


class _Line(NamedTuple):
    """A line that holds something: where it starts, its words, its length, and the characters it takes up in print."""

    start: int
    words: str
    length: int
    printed: int


def _covered(section: Section, kind: SpanKind) -> NDArray[Any]:
    """Return for each place of a section how many characters before it are in spans of a kind."""
    inside = np.zeros(len(section.text) + 1, np.int32)
    for span in section.spans:
        if span.kind is kind:
            inside[span.start + 1 : span.end + 1] = 1
    return np.cumsum(inside)


def _lines(text: str, head: NDArray[Any], note: NDArray[Any]) -> list[_Line]:
    """Return the lines of a section without blank ones and running heads; two columns of a note make one of text."""
    lines = text.split("\n")
    lengths = np.array(list(map(len, lines)))
    ends = np.cumsum(lengths + 1) - 1
    starts = ends - lengths
    shown = np.flatnonzero((head[starts] == head[ends]) & (lengths > 0)).tolist()
    printed = lengths - (note[ends] - note[starts]) // 2
    rows = zip(starts[shown].tolist(), shown, lengths[shown].tolist(), printed[shown].tolist(), strict=True)
    found = (_Line(start, lines[row].strip(_SPACES), length, width) for start, row, length, width in rows)
    return [line for line in found if line.words]


def _width(lines: Sequence[_Line]) -> int:
    """Return how many characters the edition prints on a line: what nine lines of ten don't exceed."""
    lengths = sorted(line.printed for line in lines)
    return lengths[(len(lengths) - 1) * 9 // 10] if lengths else 0


def _by_shape(lines: Sequence[_Line], width: int) -> float:
    """Return what lines without a sentence weigh; ``width`` is that of the edition's lines, 0 where it is not known."""
    if len(lines) < _FEWEST_ENTRIES:
        return BODY
    entries = sum(_is_entry(line.words) for line in lines)
    longest = _RAGGED * width if width else _LONGEST_ITEM
    items = [line.words for line in lines if line.length <= longest]
    listed, short = 2 * entries >= len(lines), 3 * len(items) >= 2 * len(lines)
    if not (listed or short):
        return BODY
    if listed and entries >= _FEWEST_ENTRIES:
        return SIGNPOST
    length, times = Counter(map(len, items)).most_common(1)[0]
    regular = length in _VERSE and 4 * times >= 3 * len(items)
    return LIST if short and len(items) >= _FEWEST_ITEMS and not regular else BODY


def _is_entry(words: str) -> bool:
    """Return whether a line may be one of a table of contents."""
    start = words[:7]
    if ("第" in start or "卷" in start or "巻" in start) and _NUMBERED.fullmatch(words):
        return True
    return words[-1].isdecimal() and _PAGED.fullmatch(words) is not None
