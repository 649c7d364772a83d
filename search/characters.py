"""A character: what it is in Unicode, which ones are equal to it in search, how it is read, how often it stands."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from indexer.text.folding import fold, read_variants
from search.model import Scope
from search.occurrences import Grouping
from search.stores.base import Store, literal_queries

MOST_SPELLED = 300_000
"""Occurrences of a character that are told apart by their spelling; of more all that is said is how many they are."""
_UNNAMED = {"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"}
"""Categories of code points that are no characters to look at."""
_BLOCKS = (
    (0x2E80, 0x2EFF, "CJK Radicals Supplement"),
    (0x2F00, 0x2FDF, "Kangxi Radicals"),
    (0x2FF0, 0x2FFF, "Ideographic Description Characters"),
    (0x3000, 0x303F, "CJK Symbols and Punctuation"),
    (0x3040, 0x309F, "Hiragana"),
    (0x30A0, 0x30FF, "Katakana"),
    (0x3100, 0x312F, "Bopomofo"),
    (0x31C0, 0x31EF, "CJK Strokes"),
    (0x3400, 0x4DBF, "CJK Unified Ideographs Extension A"),
    (0x4E00, 0x9FFF, "CJK Unified Ideographs"),
    (0xE000, 0xF8FF, "Private Use Area"),
    (0xF900, 0xFAFF, "CJK Compatibility Ideographs"),
    (0xFE30, 0xFE4F, "CJK Compatibility Forms"),
    (0xFF00, 0xFFEF, "Halfwidth and Fullwidth Forms"),
    (0x20000, 0x2A6DF, "CJK Unified Ideographs Extension B"),
    (0x2A700, 0x2B73F, "CJK Unified Ideographs Extension C"),
    (0x2B740, 0x2B81F, "CJK Unified Ideographs Extension D"),
    (0x2B820, 0x2CEAF, "CJK Unified Ideographs Extension E"),
    (0x2CEB0, 0x2EBEF, "CJK Unified Ideographs Extension F"),
    (0x2EBF0, 0x2EE5F, "CJK Unified Ideographs Extension I"),
    (0x2F800, 0x2FA1F, "CJK Compatibility Ideographs Supplement"),
    (0x30000, 0x3134F, "CJK Unified Ideographs Extension G"),
    (0x31350, 0x323AF, "CJK Unified Ideographs Extension H"),
    (0x323B0, 0x3347F, "CJK Unified Ideographs Extension J"),
    (0xF0000, 0xFFFFF, "Supplementary Private Use Area-A"),
    (0x100000, 0x10FFFF, "Supplementary Private Use Area-B"),
)
"""Unicode's blocks in which the characters of Chinese texts are, with their first and last code points (Blocks.txt)."""


@dataclass(frozen=True, slots=True)
class SpelledCount:
    """How often a character stands somewhere, its variants among it, and each of its spellings.

    ``spellings`` is None where there are too many to be told apart.
    """

    total: int
    spellings: Mapping[str, int] | None


@dataclass(frozen=True, slots=True)
class CharacterCounts:
    """How often a character stands in the library, and in a work where one is meant."""

    library: SpelledCount
    work: SpelledCount | None = None


def is_character(text: str) -> bool:
    """Return whether a text is one character that can be looked at."""
    return len(text) == 1 and unicodedata.category(text) not in _UNNAMED


def block(character: str) -> str:
    """Return Unicode's name of the block that a character is in; empty for one outside Chinese texts.

    >>> block("黑"), block("𤣥"), block("a")
    ('CJK Unified Ideographs', 'CJK Unified Ideographs Extension B', '')
    """
    at = bisect_right(_BLOCKS, ord(character), key=lambda each: each[0]) - 1
    return _BLOCKS[at][2] if at >= 0 and ord(character) <= _BLOCKS[at][1] else ""


@cache
def variant_kinds() -> Mapping[str, str]:
    """Return in what way a character is a form of another, where our table of variants says it."""
    return {each.variant: each.kind for each in read_variants()}


def counted(store: Store, character: str, work: str = "") -> SpelledCount:
    """Count a character with its variants in all works or in one.

    Raises:
        SearchTimeout: it takes longer than the caller has allowed.
    """
    folded = fold(character)
    if not folded:
        return SpelledCount(0, {})
    filters = {"work": (work,)} if work else {}
    (total,) = store.frequencies([folded], Scope.BOTH, filters)
    if total > MOST_SPELLED:
        return SpelledCount(total, None)
    (query,) = literal_queries([folded], Scope.BOTH, filters)
    groups = store.find(query).grouped_by(Grouping.SPELLING) if total else ()
    return SpelledCount(total, {each.value: each.count for each in groups})
