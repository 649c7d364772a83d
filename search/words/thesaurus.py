"""The classical words that stand where a modern one does, as far as the collection has them: 害怕 for 懼, 畏, 憚."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from itertools import chain, islice
from pathlib import Path

import numpy as np

from indexer.store.layout import MAIN
from indexer.store.pack import Pack
from indexer.text.folding import fold
from indexer.text.streams import text_of
from search import deadline
from search.exact.matching import Mask, standing
from search.model import Suggestion
from search.words.lexicon import cut, runs

TABLE = Path(__file__).with_name("thesaurus.tsv")
"""Modern words, folded, each with its classical ones, best first; learnt by ``eval/learning/thesaurus.py``."""
LONGEST_WORD = 3
"""Characters of the longest words in the table; a longer query that stands somewhere as it is needs none of them."""
MOST_WORDS, MOST_CLASSICAL = 6, 5
"""Words of a query that get suggestions at most, and classical words that each gets."""
SAMPLE = 50
"""Places that show a word's commonest spelling."""

Spelling = Callable[[str], str]
"""How the collection spells a word; empty where the word stands nowhere."""


@cache
def thesaurus() -> Thesaurus:
    """Return the thesaurus that comes with the package."""
    return Thesaurus.load()


class Thesaurus:
    """Modern words, folded, with their classical ones, best first.

    These are folded too, but for those of which one spelling alone is meant: 髮 for 头发, where 发 might be 發.
    """

    def __init__(self, table: Mapping[str, tuple[str, ...]]) -> None:
        self._table = table

    @classmethod
    def load(cls, table: Path = TABLE) -> Thesaurus:
        """Read a table: a word, a tab, its classical words with blanks between; lines that begin with # are remarks."""
        rows = (line.split("\t") for line in table.read_text("utf-8").splitlines() if not line.startswith("#"))
        return cls({word: tuple(classical.split(" ")) for word, classical in rows})

    def classical(self, word: str) -> tuple[str, ...]:
        """The classical words for a folded one; none where it is unknown."""
        return self._table.get(word, ())

    def within(self, text: str) -> Iterator[tuple[int, int, tuple[str, ...]]]:
        """The modern words of a folded text: half-open ranges, each with its classical words."""
        start = 0
        for word in cut(text):
            if known := self.classical(word):
                yield start, start + len(word), known
            start += len(word)

    def suggest(self, text: str, spelling: Spelling) -> tuple[Suggestion, ...]:
        """For the modern words of a text, in order, the classical ones that have a spelling."""
        found: dict[str, Suggestion] = {}
        for typed, word in chain.from_iterable(runs(text)):
            if word not in found and (known := self.classical(word)):
                spelt = (each for each in map(spelling, known) if each)
                found[word] = Suggestion(typed, tuple(islice(spelt, MOST_CLASSICAL)))
        return tuple(islice((each for each in found.values() if each.classical), MOST_WORDS))


class Spellings:
    """How works spell words of one or two characters; ``allowed`` are masks over a pack's passages, None for all."""

    def __init__(self, packs: Mapping[int, Pack], allowed: Mapping[int, Mask | None]) -> None:
        self._packs = packs
        self._allowed = allowed
        self._known: dict[str, str] = {}

    def __call__(self, word: str) -> str:
        """The word itself where it stands so, else its commonest spelling; empty where it stands in no work's text."""
        if word not in self._known:
            met = Counter(islice(self._met(fold(word)), SAMPLE))
            commonest = max(met, key=lambda spelt: (met[spelt], spelt), default="")
            self._known[word] = word if fold(word) != word and word in met else commonest
        return self._known[word]

    def _met(self, word: str) -> Iterator[str]:
        """The spellings at places that are drawn evenly from each pack that may be seen whole, else at all places."""
        for number, pack in self._packs.items():
            deadline.check()
            characters, allowed = list(map(ord, word)), self._allowed[number]
            ids = pack.ids(characters)
            if ids is None:
                continue
            stream = pack.streams[MAIN]
            starts = stream.pairs.drawn(ids, SAMPLE) if allowed is None else standing(pack, MAIN, characters, allowed)
            yield from map(text_of, pack.text[stream.offsets[starts[:, None] + np.arange(len(word))]])
