"""Grams: what analyses count, characters in a row or a word of modern text."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

LONGEST = 4
"""Characters of the longest gram, but for words."""


class Unit(StrEnum):
    """What is counted: so many characters in a row, or a word.

    A word is what jieba cuts out of the main text of a modern work, and what a longer word falls into
    (:mod:`indexer.text.words`); classical works and notes have none.
    """

    CHARACTER = "character"
    PAIR = "pair"
    TRIPLE = "triple"
    QUADRUPLE = "quadruple"
    WORD = "word"

    @property
    def size(self) -> int:
        """The characters of one; 0 for words, which have some."""
        return 0 if self is Unit.WORD else list(Unit).index(self) + 1


def commonest(counts: Iterable[tuple[str, int]], least: int, most: int) -> tuple[dict[str, int], int]:
    """Return the grams that are weighed, the ``most`` commonest with their counts, and how many rarer ones are not."""
    some = sorted((each for each in counts if each[1] >= least), key=lambda each: (-each[1], each[0]))
    return dict(some[:most]), max(len(some) - most, 0)
