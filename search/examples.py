"""Examples of queries that find something in the collection at hand: its own words, drawn from its own texts."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, pairwise
from math import ceil
from typing import NamedTuple

from corpora.model import Section
from indexer.dates.reading import read
from indexer.text.folding import fold
from search.composing import Composition
from search.model import WorkCard
from search.query import DEFAULT_DISTANCE
from search.words.aliases import names_in
from search.words.lexicon import lexicon

SAMPLED = 6
"""Works of which a section is looked at, spread over all of them."""
READ = 800
"""Characters of each that are."""
_STRETCH = 60
"""Characters within which two words are looked for."""
_LENGTHS = (2, 3, 4)
_NOUNS = ("nr", "ns", "nt", "nz")
"""Tags of names in jieba's dictionary."""
_RUN = re.compile("[\u3400-\u9fff]{4,}")
_DATE = re.compile("[\u4e00-\u9fff]{2}(?:元|[二三四五六七八九十]{1,3})年")

Examples = dict[str, str]
"""Queries by what they are examples of: words, phrase, either, without, near, one, few, some, others, slip, date,
field."""


class _Two(NamedTuple):
    """Two names in a stretch of text, as half-open ranges of it."""

    text: str
    first: tuple[int, int]
    second: tuple[int, int]

    def word(self, place: tuple[int, int]) -> str:
        return self.text[slice(*place)]


def examples(
    cards: Sequence[WorkCard], section: Callable[[str, int], Section], found: Callable[[str], int]
) -> Examples:
    """Return examples of what can be asked of some works; what finds nothing is none.

    ``section`` reads a section of a work, ``found`` counts the passages that a query finds.
    """
    texts = list(_sampled(cards, section))
    everything = " ".join(text for _, text in texts)

    def usual(two: _Two) -> tuple[int, int]:
        counts = sorted(everything.count(two.word(place)) for place in (two.first, two.second))
        return counts[0], counts[1]

    pairs = sorted((each for _, text in texts for each in _pairs(text)), key=usual, reverse=True)
    if not pairs:
        return {}
    two = pairs[0]
    names = {each.word(place) for each in pairs for place in (each.first, each.second)}
    longer = max(sorted(name for name in names if len(name) > 2), key=everything.count, default="")
    title = next(card.record.title for card, text in texts if two.text in text)
    dates = (date[0] for _, text in texts for date in _DATE.finditer(text) if read(date[0]))
    written = _written(two, title, longer or two.text[two.first[0] : two.first[0] + 3])
    if (date := next(dates, None)) is not None:
        written["date"] = f"when:{date}"
    return {kind: q for kind, q in written.items() if found(q)}


def _sampled(cards: Sequence[WorkCard], section: Callable[[str, int], Section]) -> Iterator[tuple[WorkCard, str]]:
    """Yield the beginnings of the middle sections of some works, without blanks and line ends."""
    for card in cards[:: max(1, ceil(len(cards) / SAMPLED))]:
        if card.sections:
            text = "".join(section(card.id, card.sections // 2).text[: 2 * READ].split())
            yield card, text[len(text) // 2 :][:READ] if len(text) > _STRETCH else text


def _pairs(text: str) -> Iterator[_Two]:
    """Yield names that stand beside each other, two by two, of each stretch of a text."""
    for run in _RUN.findall(text):
        for start in range(0, len(run), _STRETCH):
            stretch = run[start : start + _STRETCH]
            folded = fold(stretch)
            if len(folded) != len(stretch):
                continue
            for first, second in pairwise(sorted(_named(folded))):
                # A third character makes a phrase of a name of two.
                if first[0] + 3 <= len(stretch) and first[1] < second[0] and folded[first[0]] != folded[second[0]]:
                    yield _Two(stretch, first, second)


def _named(text: str) -> set[tuple[int, int]]:
    """Return the ranges of names in a folded text: those that have others, and those of jieba's dictionary."""
    words = lexicon().cut(text)
    places = pairwise(accumulate(map(len, words), initial=0))
    nouns = {place for place, word in zip(places, words, strict=True) if lexicon().tag(word).startswith(_NOUNS)}
    known = {(name.start, name.end) for name in names_in(text)}
    return {place for place in nouns | known if place[1] - place[0] in _LENGTHS}


def _written(two: _Two, title: str, phrase: str) -> Examples:
    first, second = two.word(two.first), two.word(two.second)
    gap = two.second[0] - two.first[1]
    distance = max(DEFAULT_DISTANCE, 10 * ceil(gap / 10))
    return {
        "words": f"{first} {second}",
        "phrase": f"“{phrase}”",
        "either": f"{first} OR {second}",
        "without": f"{first} NOT {second}",
        "near": Composition(one=first, other=second, distance=str(distance)).query(),
        "one": f"{phrase[0]}?{phrase[2:]}",
        "few": f"{phrase[0]}*{phrase[-1]}",
        "some": f"[{phrase[0]}{phrase[-1]}]{phrase[1:]}",
        "others": f"[^{phrase[-1]}]{phrase[1:]}",
        "slip": f"“{phrase}”~",
        "field": Composition(every=first, value=title).query(),
    }
