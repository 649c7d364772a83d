"""The words of a query, by jieba's dictionary, of which no more is read than the query asks for.

jieba itself takes most of a second to load before it cuts its first word, and reads its dictionary whole; here the
lines that begin with a character are read when a query first has it. The cut is jieba's own without new words: the
likeliest row of words that are in the dictionary.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import cache, lru_cache
from importlib.util import find_spec
from itertools import accumulate, pairwise
from math import log
from pathlib import Path
from typing import NamedTuple

import numpy as np

from indexer.text.folding import fold_array
from indexer.text.streams import code_points, text_of

TOTAL = 60_101_967
"""The sum of the frequencies in jieba's dictionary."""
_RARE = -log(TOTAL)
"""The weight of a character that is no word."""

_RUN = re.compile(r"\w+")


class Word(NamedTuple):
    """A word of a query, as typed and folded."""

    typed: str
    folded: str


class _Beginning(NamedTuple):
    """The words that begin with one character: the length of the longest, and of each its weight and tag."""

    longest: int
    weights: dict[str, float]
    tags: dict[str, str]


class Lexicon:
    """The dictionary; ``lines`` are its words, sorted, each with its frequency and its tag."""

    def __init__(self, lines: bytes) -> None:
        self._lines = lines
        self._read: dict[str, _Beginning] = {}

    def cut(self, text: str) -> tuple[str, ...]:
        """Segment a text into its likeliest words."""
        # From the end: of each place the weight of the best words from there on, and where the first of them ends.
        weights, ends = [0.0] * (len(text) + 1), [0] * len(text)
        for start in range(len(text) - 1, -1, -1):
            longest, known, _ = self._beginning(text[start])
            weight, end = 0.0, 0
            for stop in range(start + 1, min(start + longest, len(text)) + 1):
                own = known.get(text[start:stop])
                if own is not None and (not end or own + weights[stop] >= weight):
                    weight, end = own + weights[stop], stop
            weights[start], ends[start] = (weight, end) if end else (_RARE + weights[start + 1], start + 1)
        words, at = [], 0
        while at < len(text):
            words.append(text[at : ends[at]])
            at = ends[at]
        return tuple(words)

    def tag(self, word: str) -> str:
        """Return the part of speech of a word, as jieba tags it; empty where it is no word."""
        return self._beginning(word[0]).tags.get(word, "")

    def _beginning(self, character: str) -> _Beginning:
        if character not in self._read:
            self._read[character] = self._beginning_with(character.encode("utf-8", "replace"))
        return self._read[character]

    def _beginning_with(self, character: bytes) -> _Beginning:
        def beginning(at: int) -> bytes:
            start = self._lines.rfind(b"\n", 0, at) + 1
            return self._lines[start : start + len(character)]

        places = range(len(self._lines))
        first, last = (bisect(places, character, key=beginning) for bisect in (bisect_left, bisect_right))
        rows = [line.split(" ") for line in self._lines[first:last].decode().splitlines()]
        weights = {word: log(int(frequency) or 1) + _RARE for word, frequency, _ in rows}
        return _Beginning(max(map(len, weights), default=0), weights, {word: tag for word, _, tag in rows})


@cache
def lexicon() -> Lexicon:
    """Load jieba's dictionary."""
    jieba = find_spec("jieba")  # found, not imported
    folders = jieba and jieba.submodule_search_locations
    assert folders
    return Lexicon(Path(folders[0], "dict.txt").read_bytes())


@lru_cache(64)
def cut(text: str) -> tuple[str, ...]:
    """Segment a folded text into words, cached because several ask for one query."""
    return lexicon().cut(text)


def runs(text: str) -> Iterator[tuple[Word, ...]]:
    """Segment each run of letters and digits of a text."""
    for run in _RUN.findall(text):
        folded, offsets = fold_array(code_points(run))
        bounds = np.append(offsets, len(run)).tolist()
        words = cut(text_of(folded))
        stretches = pairwise(accumulate(map(len, words), initial=0))
        yield tuple(
            Word(run[bounds[start] : bounds[end]], word) for word, (start, end) in zip(words, stretches, strict=True)
        )
