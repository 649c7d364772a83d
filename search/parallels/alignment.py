"""Alignment of two texts, character by character: what is shared, changed, missing and added.

Between shared runs it is global (Needleman and Wunsch, Journal of Molecular Biology 48, 1970); beyond the first and the
last of them it goes on as far as it pays (Smith and Waterman, Journal of Molecular Biology 147, 1981). Only what lies
between runs is compared, so that the tables are small.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from itertools import groupby
from typing import NamedTuple

import numpy as np

from indexer.text.streams import Codes
from search.parallels.runs import Runs
from search.ranking.pieces import Numbers

SAME, EDIT = 2, 1
"""The worth of a shared character, and the price of one that is changed, missing or added."""
BEYOND = 24
"""Characters beyond a chain's ends that are compared."""


class Agreement(StrEnum):
    """How a place of the text that was asked for and a place elsewhere agree."""

    SAME = "same"
    CHANGED = "changed"  # another character stands there
    MISSING = "missing"  # what was asked for does not stand there
    ADDED = "added"  # what stands there was not asked for


class AlignedStretch(NamedTuple):
    """A stretch of two texts, half-open in both, that agrees in one way."""

    agreement: Agreement
    start: int
    end: int
    here_start: int
    here_end: int

    def moved(self, at: int, here: int) -> AlignedStretch:
        """Return it counted from elsewhere in both texts."""
        return AlignedStretch(
            self.agreement, self.start + at, self.end + at, self.here_start + here, self.here_end + here
        )


def aligned(text: Codes, other: Codes, chain: Runs) -> tuple[AlignedStretch, ...]:
    """Return the alignment of two texts along a chain of runs that they share, and beyond its ends.

    Neither text has a boundary in it.
    """
    first, last = chain.take(slice(0, 1)), chain.take(slice(-1, None))
    start, here = int(first.at[0]), int(first.places[0])
    end, there = int((last.at + last.lengths)[0]), int((last.places + last.lengths)[0])
    low, here_low = max(start - BEYOND, 0), max(here - BEYOND, 0)
    head = _outward(text[low:start][::-1], other[here_low:here][::-1])
    steps = [_turned(each, start, here) for each in reversed(head)]
    rows = list(zip(*(column.tolist() for column in chain), strict=True))
    for row, (at, place, length) in enumerate(rows):
        if row:
            before_at, before_place, before_length = rows[row - 1]
            since, here_since = before_at + before_length, before_place + before_length
            between = _between(text[since:at], other[here_since:place])
            steps += [each.moved(since, here_since) for each in between]
        steps.append(AlignedStretch(Agreement.SAME, at, at + length, place, place + length))
    tail = _outward(text[end : end + BEYOND], other[there : there + BEYOND])
    steps += [each.moved(end, there) for each in tail]
    return tuple(_merged(steps))


def compared(text: Codes, other: Codes) -> tuple[AlignedStretch, ...]:
    """Return the best alignment of all of two texts, neither of which is empty."""
    return tuple(_merged(_between(text, other)))


def _between(text: Codes, other: Codes) -> list[AlignedStretch]:
    """Return the best alignment of all of two texts."""
    if not len(text) or not len(other):
        return _lone(len(text), len(other))
    return _traced(_scores(text, other), text, other, len(text), len(other))


def _lone(length: int, here: int) -> list[AlignedStretch]:
    if length:
        return [AlignedStretch(Agreement.MISSING, 0, length, 0, 0)]
    return [AlignedStretch(Agreement.ADDED, 0, 0, 0, here)] if here else []


def _outward(text: Codes, other: Codes) -> list[AlignedStretch]:
    """Return the best alignment of a beginning of one text with a beginning of the other; none where none pays."""
    if not len(text) or not len(other):
        return []
    scores = _scores(text, other)
    best = int(scores.argmax())
    row, column = divmod(best, scores.shape[1])
    return _traced(scores, text, other, row, column)


def _scores(text: Codes, other: Codes) -> Numbers:
    """Return the scores of the best alignments of all beginnings of two texts.

    A row follows from the one before it; within it, what is added is the greatest of what stands to the left, less a
    price for each step, which a running maximum gives at once.
    """
    steps = np.arange(len(other) + 1) * EDIT
    scores = np.empty((len(text) + 1, len(other) + 1), np.int64)
    scores[0] = -steps
    worth = np.where(text[:, None] == other[None, :], SAME, -EDIT)
    for row in range(1, len(text) + 1):
        above = scores[row - 1]
        here = above - EDIT
        np.maximum(here[1:], above[:-1] + worth[row - 1], out=here[1:])
        np.maximum.accumulate(here + steps, out=scores[row])
        scores[row] -= steps
    return scores


def _traced(scores: Numbers, text: Codes, other: Codes, row: int, column: int) -> list[AlignedStretch]:
    """Return the alignment that leads to a cell."""
    steps: list[AlignedStretch] = []
    while row or column:
        score = int(scores[row, column])
        if row and column:
            same = bool(text[row - 1] == other[column - 1])
            if score == int(scores[row - 1, column - 1]) + (SAME if same else -EDIT):
                kind = Agreement.SAME if same else Agreement.CHANGED
                steps.append(AlignedStretch(kind, row - 1, row, column - 1, column))
                row, column = row - 1, column - 1
                continue
        if row and score == int(scores[row - 1, column]) - EDIT:
            steps.append(AlignedStretch(Agreement.MISSING, row - 1, row, column, column))
            row -= 1
        else:
            steps.append(AlignedStretch(Agreement.ADDED, row, row, column - 1, column))
            column -= 1
    return steps[::-1]


def _turned(step: AlignedStretch, at: int, here: int) -> AlignedStretch:
    """Return what was counted backward from a place counted forward."""
    return AlignedStretch(step.agreement, at - step.end, at - step.start, here - step.here_end, here - step.here_start)


def _merged(steps: Iterable[AlignedStretch]) -> Iterator[AlignedStretch]:
    """Yield steps with those joined that agree in the same way one after another."""
    for kind, group in groupby(steps, key=lambda step: step.agreement):
        some = list(group)
        yield AlignedStretch(kind, some[0].start, some[-1].end, some[0].here_start, some[-1].here_end)
