"""Spellings of a word in works, from the places where it occurs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import islice

import numpy as np

from indexer.store.layout import MAIN
from indexer.store.pack import Pack
from indexer.text.folding import fold
from indexer.text.streams import text_of
from search import deadline
from search.exact.matching import Mask, find, standing
from search.query import Phrase, sought_in

SAMPLE = 50
"""Places that show a word's commonest spelling."""


class Spellings:
    """Spellings of words of one or two characters; ``allowed`` are masks over a pack's passages, None for all."""

    def __init__(self, packs: Mapping[int, Pack], allowed: Mapping[int, Mask | None]) -> None:
        self._packs = packs
        self._allowed = allowed
        self._known: dict[str, str] = {}

    def __call__(self, word: str) -> str:
        """Return the word where it stands so, else its commonest spelling; empty where it stands in no work's text."""
        if word not in self._known:
            self._known[word] = self._spelling(word)
        return self._known[word]

    def _spelling(self, word: str) -> str:
        met = Counter(islice(self._met(fold(word)), SAMPLE))
        if fold(word) != word and (word in met or self._stands_so(word)):
            return word
        return max(met, key=lambda spelt: (met[spelt], spelt), default="")

    def _stands_so(self, word: str) -> bool:
        """Return whether a word stands anywhere as it is spelled."""
        sought = sought_in(Phrase(word, tuple(map(ord, fold(word)))))
        for number, pack in self._packs.items():
            found, allowed = find(pack, MAIN, *sought), self._allowed[number]
            if (found.typed if allowed is None else found.typed & allowed[found.passages]).any():
                return True
        return False

    def _met(self, word: str) -> Iterator[str]:
        """Yield the spellings at places that are drawn evenly from each pack that may be seen whole, else at all."""
        for number, pack in self._packs.items():
            deadline.check()
            characters, allowed = list(map(ord, word)), self._allowed[number]
            ids = pack.ids(characters)
            if ids is None:
                continue
            stream = pack.streams[MAIN]
            starts = stream.pairs.drawn(ids, SAMPLE) if allowed is None else standing(pack, MAIN, characters, allowed)
            places = starts[:, None] + np.arange(len(word))
            firsts = stream.original_starts(places)
            plain = (stream.original_ends(places) - firsts == 1).all(axis=1)  # no description spells a word
            yield from map(text_of, pack.text[firsts[plain]])
