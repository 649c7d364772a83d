"""Queries that were likely meant, where what was typed is a slip: each with what it finds in the collection.

Operators and field names that are written almost as they should be are put right; where the words stand nowhere,
letters are read as pinyin, and a character is exchanged for one that sounds or looks like it. Only what is found is
proposed, and nothing is searched in the query's place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import accumulate, pairwise
from operator import eq

from corpora.catalogue import FIELDS, QUERIED
from indexer.text.folding import fold
from search import dates
from search.model import Meant, Proposal
from search.query import LENGTHS_WITH_A_SLIP, And, Parsed, Phrase, masked
from search.words import pinyin
from search.words.aliases import names, names_in
from search.words.lexicon import cut
from search.words.lookalikes import like

MOST_PROPOSED = 3
MOST_COUNTED = 8
"""Queries that are counted, to propose those that find something."""
MOST_PAIRS = 300
"""Pairs of characters of which it is asked whether they stand anywhere, for one way to read what was typed."""
_KEPT = 40
"""Beginnings of words that are followed further."""
_LONGEST = 12
"""Characters of a phrase in which a wrong one is looked for."""
_NEXT_TO_NOTHING = 20
_PAIRS_OF_A_CHARACTER = 2
_FEWEST, _MOST_SYLLABLES = 2, pinyin.MOST_SYLLABLES

Frequencies = Callable[[Sequence[str]], Sequence[int]]
"""A function to how often each of some pairs of characters stands in the collection."""
Nearly = Callable[[str], Sequence[str]]
"""A function to the words, folded, that stand where a phrase does but for one slip, the commonest first."""
Count = Callable[[str], int]
"""A function to the number of passages in which what a query asks for stands; 0 where it can't be answered."""

_HAN = re.compile("[\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_START, _END = r"(?<![^\s()”])", r"(?![^\s()”])"
_SLIPS = re.compile(
    rf"{_START}(?P<near>(?i:near|before))(?P<far>/?[0-9]{{1,3}}|/(?i:section)|/[篇卷章])?{_END}"
    rf"|{_START}(?P<operator>(?i:and|or|not)){_END}"
    r"|(?<=\S)\s*(?P<sign>\|{1,2}|&{1,2})\s*(?=\S)"
    r"|(?<![^\s(])(?P<without>[-−–])(?=[^\s\-−–])"
    r"|(?<![^\s(])(?P<with>\+)(?=[^\s+])"
    rf"|{_START}(?P<field>[A-Za-z]{{2,20}}|[㐀-鿿]{{2,4}})(?=:\s*\S)"
)
_FIELD_NAMES = (*QUERIED, *dates.NAMES)
_OTHER_NAMES = {
    word.lower(): dates.NAMES[0] if name in ("year", "date") else name
    for name, field in FIELDS.items()
    if field.names or name in ("year", "date")
    for word in (name, field.label.zh, field.label.en)
}
"""What a field is called on pages, too; a year or a date is one that stands in the text."""


@dataclass(frozen=True, slots=True)
class AskedQuery:
    """A query, and what of it can be asked of the collection."""

    q: str
    parsed: Parsed
    frequencies: Frequencies
    count: Count
    nearly: Nearly


def is_chinese(text: str) -> bool:
    """Return whether a text has a Chinese character."""
    return _HAN.search(text) is not None


def repaired(q: str) -> str:
    """Return a query with its operators and field names as they have to be written; empty where nothing is amiss.

    >>> repaired("遼 or 金 -宋"), repaired("上京 near10 會寧"), repaired("titel：金史 会宁|上京")
    ('遼 OR 金 NOT 宋', '上京 NEAR/10 會寧', 'title：金史 会宁 OR 上京')
    >>> repaired("遼 OR 金"), repaired('"遼 or 金"'), repaired("near the capital or not")
    ('', '', '')
    """
    text = masked(q)
    written, at = "", 0
    for slip in _SLIPS.finditer(text):
        if not (slip["field"] or is_chinese(q)):
            continue  # words of another language
        new = _put_right(slip, bool(text[: slip.start()].strip()), bool(text[slip.end() :].strip()))
        written += q[at : slip.start()] + (slip[0] if new is None else new)
        at = slip.end()
    written += q[at:]
    return written.strip() if written != q else ""


def _put_right(slip: re.Match[str], has_left: bool, has_right: bool) -> str | None:
    """Return what is to be written; None where it is right, or can't be an operator there."""
    match slip.lastgroup:
        case "near" | "far" if has_left and has_right:
            far = (slip["far"] or "").lstrip("/")
            return slip["near"].upper() + (f"/{far if far.isdecimal() else '篇'}" if far else "")
        case "operator" if has_right and (has_left or slip["operator"].lower() == "not"):
            return slip["operator"].upper()
        case "sign":
            return " OR " if "|" in slip["sign"] else " AND "
        case "without":
            return "NOT "
        case "with":
            return ""
        case "field":
            return _field_name(slip["field"])
    return None


def _field_name(typed: str) -> str | None:
    if typed.lower() in _FIELD_NAMES:
        return None
    if typed.lower() in _OTHER_NAMES:
        return _OTHER_NAMES[typed.lower()]
    closest = (
        [name for name in _FIELD_NAMES if len(name) == len(typed) and any(map(eq, name, typed))]
        if is_chinese(typed)
        else get_close_matches(typed.lower(), _FIELD_NAMES, 1, 0.7)
    )
    return next(iter(closest), None)


def by_writing(asked: AskedQuery) -> list[Proposal]:
    """Propose the query with its operators and field names put right, if that finds anything."""
    meant = repaired(asked.q)
    return list(_counted([meant] if meant else [], Meant.WRITING, asked.count))


def by_words(asked: AskedQuery) -> list[Proposal]:
    """Propose what may have been meant where the words stand nowhere: by sound, then by single characters."""
    if not is_chinese(asked.q):
        ways = pinyin.cuts(asked.q)
        words = dict.fromkeys(word for way in ways for word in _by_sound(way, asked.frequencies))
        return _best(_counted(words, Meant.PINYIN, asked.count))
    for phrase in _in_question(asked):
        if may_be_a_slip_away(phrase.folded, asked):
            has_length = len(phrase.pattern) in LENGTHS_WITH_A_SLIP
            near = list(asked.nearly(phrase.text)) if has_length else []
            same = [word for word in near if len(word) == len(phrase.pattern)][: MOST_COUNTED // 2]
            words = dict.fromkeys((*same, *_by_character(phrase, asked.frequencies)))
            meant = (asked.q.replace(phrase.text, word) for word in words)
            if found := _best(_counted(meant, Meant.CHARACTER, asked.count)):
                return found
            if near:
                forgiving = asked.q.replace(phrase.text, f'"{phrase.text}"~')
                return list(_counted([forgiving], Meant.SLIP, asked.count))
    return []


def _in_question(asked: AskedQuery) -> list[Phrase]:
    """Return the phrases that may hold a slip, where whatever must stand beside them does."""
    phrases = asked.parsed.phrases
    sought = [each for each in phrases if each.literal and each.text in asked.q and _may_hold_a_slip(each.folded)]
    tree = asked.parsed.tree
    if not sought or not isinstance(tree, And):
        return sought
    needed = [each for each in tree.children if isinstance(each, Phrase) and each.literal]
    absent = {each.text for each in needed if not _stands(each, asked)}
    return [each for each in sought if absent <= {each.text}]


def _stands(phrase: Phrase, asked: AskedQuery) -> bool:
    return all(asked.frequencies(_pairs(phrase.folded))) and asked.count(f'"{phrase.text}"') > 0


def _best(found: Iterable[Proposal]) -> list[Proposal]:
    """Return the proposals that find most, without those that find next to nothing beside the first."""
    ordered = sorted(found, key=lambda each: -each.passages)[:MOST_PROPOSED]
    return [each for each in ordered if each.passages * _NEXT_TO_NOTHING > ordered[0].passages]


def _counted(queries: Iterable[str], why: Meant, count: Count) -> Iterator[Proposal]:
    for q, _ in zip(queries, range(MOST_COUNTED), strict=False):
        if passages := count(q):
            yield Proposal(q, why, passages)


def _by_sound(syllables: Sequence[str], frequencies: Frequencies) -> list[str]:
    """Return words that are read so and stand somewhere, as far as their pairs of characters tell; names first."""
    if not _FEWEST <= len(syllables) <= _MOST_SYLLABLES:
        return []
    known = pinyin.names_read(syllables)
    each = int((MOST_PAIRS / (len(syllables) - 1)) ** 0.5)
    columns = [pinyin.characters(syllable)[:each] for syllable in syllables]
    pairs = {first + second for left, right in pairwise(columns) for first in left for second in right}
    often = _often(pairs, frequencies)
    words = dict.fromkeys(columns[0], 1 << 60)
    for column in columns[1:]:
        longer = {
            word + char: min(times, often[word[-1] + char])
            for word, times in words.items()
            for char in column
            if often[word[-1] + char]
        }
        words = dict(sorted(longer.items(), key=lambda item: -item[1])[:_KEPT])
    return [*known[: MOST_COUNTED // 2], *words]


def _may_hold_a_slip(text: str) -> bool:
    """Return whether a folded phrase may hold a wrong character: it is not made of names and longer words alone."""
    if not 2 <= len(text) <= _LONGEST:
        return False
    named = {at for name in names_in(text) for at in range(name.start, name.end)}
    ends = accumulate(map(len, cut(text)))
    return any(len(word) == 1 and end - 1 not in named for word, end in zip(cut(text), ends, strict=True))


def may_be_a_slip_away(text: str, asked: AskedQuery) -> bool:
    """Return whether a folded phrase may stand somewhere but for one slip.

    A wrong character is in two pairs, side by side: all others are of what was meant, and stand somewhere. A slip is in
    one half of a phrase: the other one stands somewhere as it is.
    """
    absent = [at for at, times in enumerate(asked.frequencies(_pairs(text))) if not times]
    if absent and absent[-1] - absent[0] >= _PAIRS_OF_A_CHARACTER:
        return False
    middle = len(text) // 2
    return middle <= _PAIRS_OF_A_CHARACTER or any(map(asked.count, (text[:middle], text[middle:])))


def _by_character(phrase: Phrase, frequencies: Frequencies) -> Iterator[str]:
    """Yield what a phrase is with one character exchanged, where its pairs of characters stand; names first."""
    text = phrase.folded
    yield from (name for name in names() if len(name) == len(text) > 2 and _differ_by_one(name, text))
    most = MOST_PAIRS // (2 * len(text))
    exchanged = [
        text[:at] + other + text[at + 1 :]
        for at, char in enumerate(text)
        for other in dict.fromkeys((*like(char), *_sounding_like(char)[:most]))
    ]
    often = _often({pair for word in exchanged for pair in _pairs(word)}, frequencies)
    least = {word: min(often[pair] for pair in _pairs(word)) for word in exchanged}
    yield from sorted(filter(least.__getitem__, least), key=lambda word: -least[word])


def _differ_by_one(one: str, other: str) -> bool:
    return sum(mine != yours for mine, yours in zip(one, other, strict=True)) == 1


def _sounding_like(char: str) -> list[str]:
    alike = [each for syllable in pinyin.readings(char)[:1] for each in pinyin.characters(syllable)]
    return [each for each in alike if each != char]


def _pairs(word: str) -> list[str]:
    return [first + second for first, second in pairwise(word)]


def _often(pairs: Iterable[str], frequencies: Frequencies) -> dict[str, int]:
    asked = sorted(pairs)
    return dict(zip(asked, frequencies(asked), strict=True))


def is_foreign(q: str, parsed: Parsed) -> bool:
    """Return whether a query that found nothing is in another language than the texts."""
    return bool(fold(parsed.text)) and not is_chinese(q)
