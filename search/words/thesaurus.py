"""Classical words for a modern one, as far as the collection has them: 懼, 畏, 憚 for 害怕."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from itertools import chain, islice
from pathlib import Path

from search.model import Suggestion
from search.words.lexicon import cut, runs

TABLE = Path(__file__).with_name("thesaurus.tsv")
"""Modern words, folded, each with its classical ones, best first; learnt by ``eval/learning/thesaurus.py``."""
LONGEST_WORD = 3
"""Characters of the longest words in the table; a longer query that stands somewhere as it is needs none of them."""
MOST_WORDS, MOST_CLASSICAL = 6, 5
"""Words of a query that get suggestions at most, and classical words that each gets."""
MOST_LOOKED_FOR = 2 * MOST_WORDS
"""Words whose classical words are looked for: some stand nowhere."""

Spellings = Callable[[Sequence[str]], Sequence[str]]
"""A function to the collection's spelling of each word; empty where the word does not occur."""


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
        """Return the classical words for a folded one; none where it is unknown."""
        return self._table.get(word, ())

    def within(self, text: str) -> Iterator[tuple[int, int, tuple[str, ...]]]:
        """Find the modern words of a folded text: half-open ranges, each with its classical words."""
        start = 0
        for word in cut(text):
            if known := self.classical(word):
                yield start, start + len(word), known
            start += len(word)

    def suggest(self, text: str, spellings: Spellings) -> tuple[Suggestion, ...]:
        """Suggest, for the modern words of a text in order, the classical ones that have a spelling."""
        typed: dict[str, str] = {}
        for word in chain.from_iterable(runs(text)):
            typed.setdefault(word.folded, word.typed)
        words = islice((word for word in typed if self.classical(word)), MOST_LOOKED_FOR)
        known = {word: self.classical(word) for word in words}
        asked = list(dict.fromkeys(chain.from_iterable(known.values())))
        spelt = dict(zip(asked, spellings(asked), strict=True))
        found = (
            Suggestion(typed[word], tuple(islice(filter(None, map(spelt.__getitem__, classical)), MOST_CLASSICAL)))
            for word, classical in known.items()
        )
        return tuple(islice((each for each in found if each.classical), MOST_WORDS))
