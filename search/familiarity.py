"""Whether a collection can know what a query speaks of, so that nothing close is called close.

Likeness always finds something nearest. But a thing that neither the collection names nor the model has ever met, in
any of the sentence pairs it was trained on, can't be what the nearest passage is about: 高速铁路 in a book of the Qing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from jieba import posseg

from indexer.embedding import StaticEmbedder
from indexer.folding import fold
from indexer.passages import code_points
from search.aliases import names_in

THINGS = ("n", "j", "t", "vn", "an", "l", "i", "s")
"""Tags, or beginnings of tags, of words that name what a query is about: nouns, names, times, places, set phrases."""
STRANGE = 0.72
"""The share of its things, by characters, that makes a query a stranger; chosen on eval.northeast, where 8 of 11
queries that nothing answers are above it, and 1 of 59 that something does; none of 300 modern sentences of the 金史."""
RUN = 4
"""Characters of the query that need only stand somewhere in a row to show that it is near after all: a quotation with
a slip in it."""
MOST_LOOKED_FOR = 12
"""Words, and runs, that are looked for at most."""

_RUN = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Familiarity:
    """Words of a query that are met nowhere, and whether what is nearest can be close all the same."""

    strange: tuple[str, ...] = ()
    close: bool = True


def familiarity(text: str, model: StaticEmbedder, stands: Callable[[str], bool]) -> Familiarity:
    """Look at the things that a query names; ``stands`` says whether a word stands anywhere in the collection."""
    chosen = list(dict.fromkeys(_things(text)))[:MOST_LOOKED_FOR]
    strange = tuple(word for word in chosen if not _known(word, model) and not stands(word))
    if sum(map(len, strange)) < STRANGE * sum(map(len, chosen)) or not strange:
        return Familiarity(strange)
    folded = fold(text)
    runs = [folded[at : at + RUN] for at in range(len(folded) - RUN + 1)]
    return Familiarity(strange, close=any(map(stands, runs[:MOST_LOOKED_FOR])))


def _things(text: str) -> Iterator[str]:
    """The words of a text, as typed, that name what it is about; those of names that have other spellings are known."""
    for run in _RUN.findall(text):
        folded = fold(run)
        names = names_in(folded) if len(folded) == len(run) else []
        at = 0
        for pair in posseg.cut(run):
            start, at = at, at + len(pair.word)
            named = any(start < name.end and name.start < at for name in names)
            if len(pair.word) > 1 and str(pair.flag).startswith(THINGS) and not named:
                yield pair.word


def _known(word: str, model: StaticEmbedder) -> bool:
    """Whether the model has met every pair of neighbouring characters in the word."""
    _, pairs = model.rows(code_points(fold(word)))
    return bool((pairs != model.unknown).all())
