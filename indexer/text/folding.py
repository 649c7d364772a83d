"""Folding: what makes two spellings of one text equal in search.

Every code point folds to one code point or to nothing, whatever stands beside it, so that
``fold(a + b) == fold(a) + fold(b)`` and an offset in the folded text leads back to the original. The steps, taken
until nothing changes: compatibility forms (full width, Kangxi radicals, compatibility ideographs; Unicode's NFKD
without its marks, where one character is left), lower case, graphic variants (``variants.tsv``, our own), and
traditional to simplified (OpenCC's ``t2s``, character by character). Punctuation, spaces, symbols, marks and control
characters fold to nothing. What stands for a character that nobody could print or read stays: characters of private
use, 〓, U+FFFD, squares, discs and circles, of which every size and outline is one.

What several code points stand for, and what only the neighbours tell, is a step after folding
(:mod:`indexer.text.readings`): descriptions, circles that are the figure zero, and iteration marks (々, 〻 and 〃,
which fold to 々), which say their character again (:func:`repeat`).
"""

from __future__ import annotations

import csv
import hashlib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from opencc import OpenCC

__all__ = [
    "CIRCLE",
    "ITERATION",
    "Variant",
    "fingerprint",
    "fold",
    "fold_array",
    "folded_alike",
    "folded_each",
    "read_variants",
    "repeat",
]

ITERATION = "々"
"""What every iteration mark folds to."""
CIRCLE = "〇"
"""What every circle folds to."""

_VARIANTS = Path(__file__).with_name("variants.tsv")
_CODE_POINTS = 0x110000
_PLACEHOLDERS = "〓□■●◎\ufffd"
_SHAPES = {
    "□": "▢▫▭▯◻◽⎕⬚⬜☐",
    "■": "▪▮◼◾⬛█▣▤▥▦▧▨▩",  # hatched ones stand for what is damaged, as black ones do
    "●": "⚫⬤",
    CIRCLE: "○◯⚪⭕",
}
"""Marks that stand for one character, by the mark that they are another size or outline of."""
_ITERATION_MARKS = "〻〃"
_PRIVATE_USE = (range(0xE000, 0xF900), range(0xF0000, 0xFFFFE), range(0x100000, 0x10FFFE))
_SPLIT = {"着": "著"}
"""One character that modern print writes as two common ones, each of which stands for the other in older texts."""
_DROPPED = "ZPCSM"  # first letters of Unicode's general categories
# Planes 2 and 3 hold ideographs only. Those that this Python's Unicode tables do not know yet are kept all the same.
_IDEOGRAPHIC_PLANES = range(0x20000, 0x40000)
# Where OpenCC's characters are: radicals, ideographs and their compatibility forms, planes 2 and 3 as far as assigned.
_SCRIPT = (range(0x2E80, 0x3000), range(0x3400, 0xA000), range(0xF900, 0xFB00), range(0x20000, 0x33480))


@dataclass(frozen=True, slots=True)
class Variant:
    """A row of ``variants.tsv``: a character, the one it is a form of, and in what way it is one."""

    variant: str
    standard: str
    kind: str


def read_variants() -> Iterator[Variant]:
    """Read the rows of ``variants.tsv`` unchanged."""
    with _VARIANTS.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader((line for line in lines if not line.startswith("#")), delimiter="\t"):
            yield Variant(row["variant"], row["standard"], row["kind"])


def fold(text: str) -> str:
    """Fold a text for comparison; idempotent, and never longer than ``text``. Lone surrogates fold to nothing."""
    return text.translate(_FOLDED)


class _Folded(dict[int, int | None]):
    """What code points fold to, for ``str.translate``, which is quickest for short texts; filled as they are met."""

    def __missing__(self, code: int) -> int | None:
        self[code] = plain = int(_table()[code]) or None
        return plain


_FOLDED = _Folded()


def fold_array(codepoints: NDArray[np.uint32]) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Return the folded code points, and where in ``codepoints`` each of them comes from.

    Raises IndexError where a number is not a code point.
    """
    folded = folded_each(codepoints)
    offsets = np.flatnonzero(folded).astype(np.uint32)
    return folded[offsets], offsets


def folded_each(codepoints: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Return what each code point folds to by itself, 0 for nothing."""
    return _table()[codepoints]


def folded_alike(character: str) -> list[str]:
    """Return the characters that fold to what a character folds to, in the order of code points; none for nothing."""
    code = int(_table()[ord(character)])
    return [chr(each) for each in np.flatnonzero(_table() == code).tolist()] if code else []


def repeat(folded: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Replace each iteration mark of a run of folded code points by the character that it repeats.

    A mark that nothing stands before stays.
    """
    marks = folded == ord(ITERATION)
    if not marks.any():
        return folded
    sources = np.maximum.accumulate(np.where(marks, 0, np.arange(len(folded))))
    said: NDArray[np.uint32] = folded[sources]
    return said


@lru_cache(1)
def fingerprint() -> str:
    """Return the fingerprint of this folding: an index made with another one must be rebuilt."""
    return hashlib.sha256(_table().astype("<u4").tobytes()).hexdigest()[:16]


@lru_cache(1)
def _table() -> NDArray[np.uint32]:
    """Return the table of what each code point folds to; 0 for nothing."""
    steps = _steps()
    table = np.zeros(_CODE_POINTS, dtype=np.uint32)
    table[_IDEOGRAPHIC_PLANES.start : _IDEOGRAPHIC_PLANES.stop] = _IDEOGRAPHIC_PLANES
    for code, category in enumerate(map(unicodedata.category, _below_ideographs())):
        if category[0] not in _DROPPED:
            table[code] = code
    for codes in _PRIVATE_USE:
        table[codes.start : codes.stop] = codes
    for character in _PLACEHOLDERS:
        table[ord(character)] = ord(character)
    kept = table.copy()
    for character in steps:
        end, seen = character, {character}
        while (following := steps.get(end, end)) not in seen:
            seen.add(following)
            end = following
        table[ord(character)] = kept[ord(end)]
    table.flags.writeable = False
    return table


def _steps() -> dict[str, str]:
    """Return one step of folding for each character that has one."""
    steps = _converted("t2s") | {row.variant: row.standard for row in read_variants()} | _SPLIT
    steps |= dict.fromkeys(_ITERATION_MARKS, ITERATION)
    steps |= {shape: mark for mark, shapes in _SHAPES.items() for shape in shapes}
    for character, traditional in _converted("s2t").items():
        if steps.get(traditional, traditional) != character:  # 馀, 锺, 谘: simplified in part; 餘 is 余 in full
            steps.setdefault(character, traditional)
    characters = _below_ideographs()
    lowered, decomposed = map(str.lower, characters), map(unicodedata.decomposition, characters)
    for character, lower, parts in zip(characters, lowered, decomposed, strict=True):
        plain = _base(character) if parts else lower
        if plain != character and len(plain) == 1:
            steps.setdefault(character, plain)
    return steps


def _below_ideographs() -> list[str]:
    """Return the characters below the planes that hold ideographs only."""
    return list(map(chr, range(_IDEOGRAPHIC_PLANES.start)))


def _base(character: str) -> str:
    """Return the compatibility decomposition without its marks: one character for ｆ, é and ガ, several for ㍘."""
    decomposed = unicodedata.normalize("NFKD", character.lower())
    return "".join(part for part in decomposed if not unicodedata.category(part).startswith("M"))


def _converted(conversion: str) -> dict[str, str]:
    """Return OpenCC's conversion of each single ideograph, where that is another single character."""
    characters = [chr(code) for codes in _SCRIPT for code in codes]
    # On lines of their own, for together they might be read as words.
    converted = OpenCC(conversion).convert("\n".join(characters)).split("\n")
    return {
        character: other
        for character, other in zip(characters, converted, strict=True)
        if other != character and len(other) == 1
    }
