"""Detection of out-of-domain queries: those about things that neither the collection nor the model has met.

Vector search always returns something. But a thing that neither the collection names nor the model has ever met, in
any of the sentence pairs it was trained on, can't be what the nearest passage is about: 高速铁路 in a book of the Qing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from indexer.embedding import StaticEmbedder
from indexer.text.folding import fold
from indexer.text.streams import code_points
from search.words.aliases import names_in
from search.words.lexicon import Word, lexicon, runs

THINGS = ("n", "j", "t", "vn", "an", "l", "i", "s")
"""Tags, or beginnings of tags, of words that name what a query is about: nouns, names, times, places, set phrases."""
UNNAMING = ("c", "d", "f", "m", "p", "q", "r", "u", "v", "y", "zg")
"""Tags, or beginnings of tags, of characters that are in no new name: verbs, adverbs, numbers, particles."""
_PARTING = ("c", "p", "u", "y", "x")
"""Tags, or beginnings of tags, of characters beside which a word ends: conjunctions, prepositions, particles."""
LONGEST_NAME = 4
"""Characters of a new name at most: longer rows are of old texts."""
UNKNOWN_SHARE = 0.72
"""The share of its things, by characters, that makes a query out-of-domain when they are unknown; chosen on
eval.datasets.northeast, where 8 of 11 queries that nothing answers are above it, and none of 59 that something does;
nor any of 300 modern sentences of the 金史."""
RUN = 4
"""Characters of the query that need only stand somewhere in a row to show that it is near after all: a quotation with
a slip in it."""
MOST_LOOKED_FOR = 12
"""Words, and runs, that are looked for at most."""


@dataclass(frozen=True, slots=True)
class DomainCheck:
    """The unknown words of a query, as typed, and whether what is nearest can be a close match all the same."""

    unknown_words: tuple[str, ...] = ()
    has_close_match: bool = True


def check_domain(text: str, model: StaticEmbedder, stands: Callable[[Sequence[str]], Collection[str]]) -> DomainCheck:
    """Check the things that a query names; ``stands`` says which words stand anywhere in the collection."""
    apart = dict(_things(text))
    things = list(apart)[:MOST_LOOKED_FOR]
    unknown = list(_unknown(things, model))
    standing = stands([word.folded for word in unknown])
    strange = [word for word in unknown if word.folded not in standing]
    told = tuple(word.typed for word in strange if apart[word])
    if _characters(strange) < UNKNOWN_SHARE * _characters(things) or not strange:
        return DomainCheck(told)
    folded = fold(text)
    quoted = [folded[at : at + RUN] for at in range(len(folded) - RUN + 1)]
    return DomainCheck(told, has_close_match=bool(stands(quoted[:MOST_LOOKED_FOR])))


def _characters(words: Sequence[Word]) -> int:
    return sum(len(word.folded) for word in words)


def _things(text: str) -> Iterator[tuple[Word, bool]]:
    """Yield the words of a text that name its subject; those of names that have other spellings are known.

    With each comes whether it stands apart: a new name beside a single character may be but a part of what was typed.
    """
    for run in runs(text):
        names = names_in("".join(word.folded for word in run))
        at = 0
        words = list(_with_new_names(run))
        for number, (word, names_a_thing) in enumerate(words):
            start, at = at, at + len(word.folded)
            if names_a_thing and not any(start < name.end and name.start < at for name in names):
                beside = [each.folded for each, _ in words[max(number - 1, 0) : number + 2] if each is not word]
                known = bool(lexicon().tag(word.folded))
                yield word, known or all(len(each) > 1 or lexicon().tag(each).startswith(_PARTING) for each in beside)


def _with_new_names(words: Sequence[Word]) -> Iterator[tuple[Word, bool]]:
    """Yield the words of a run, and whether each names a thing; characters in a row that are no words may be a name."""
    for single, together in groupby(words, _in_new_names):
        row = list(together)
        if single:
            word = Word("".join(each.typed for each in row), "".join(each.folded for each in row))
            yield word, 1 < len(row) <= LONGEST_NAME
        else:
            for word in row:
                yield word, len(word.folded) > 1 and lexicon().tag(word.folded).startswith(THINGS)


def _in_new_names(word: Word) -> bool:
    return len(word.folded) == 1 and not lexicon().tag(word.folded).startswith(UNNAMING)


def _unknown(words: Sequence[Word], model: StaticEmbedder) -> Iterator[Word]:
    """Yield the words with a pair of neighbouring characters that the model has never seen."""
    _, pairs = model.rows(code_points(" ".join(word.folded for word in words)))
    unknown = pairs == model.unknown
    at = 0
    for word in words:
        if unknown[at : at + len(word.folded) - 1].any():
            yield word
        at += len(word.folded) + 1
