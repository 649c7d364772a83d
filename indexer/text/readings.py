"""Reading: what stands for a character counts as one, and what may be one of two is read from its neighbours.

Folding looks at each code point alone. Three things can't be told so, and are settled here, after it, in this order:

* What is written with several code points, or with signs that folding drops, and stands for a character, is one
  character (:class:`Sign`): a description (⿰王文), a reference (&KR2038;) or a composition ([金*本]), which readers
  mark as GAIJI; a remark that characters are lacking (〔闕〕, or 闕三字 in small type), one for each that it counts;
  and a triangle, a diamond or a cross within a line (施◆為). At the head of a line those are signs of items.
* A circle (○, ◯, 〇) next to numerals is the figure zero: after a digit, between two numerals, and 〇 before a digit.
  Elsewhere it is one unknown character.
* An iteration mark (々) says the character before it again.

An unknown character equals what stands for it, and nothing else: 〓 every character that has no code point, □ every
lacuna. A stream is read in whole runs, so its circles have all their neighbours; a phrase that is looked for begins and
ends anywhere, so a circle at its ends may be a zero there that is none in the phrase (:func:`phrase_letters`).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from corpora.model import GAIJI_PLACEHOLDER, Section, Span, SpanKind
from corpora.readers import gaiji
from corpora.readers.markup import HAN
from corpora.readers.titles import number
from indexer.text import folding
from indexer.text.folding import CIRCLE, fold, fold_array, repeat

__all__ = [
    "LACUNA",
    "MOST_LACKING",
    "ZERO",
    "Codes",
    "Letter",
    "Reading",
    "Sign",
    "composed",
    "fingerprint",
    "fold_phrase",
    "phrase_letters",
    "read",
    "same_character",
    "settled",
    "signs",
]

LACUNA = "□"
"""What stands in a stream for a character of which an edition says that it is lacking."""
ZERO = "零"
MOST_LACKING = 30
"""Characters that one remark makes at most: more than a printed line holds, and no more than a text may be blown up."""

_DIGITS = "0123456789零一二三四五六七八九壹贰叁肆伍陆柒捌玖"
_NUMERALS = _DIGITS + "十百千万亿拾佰仟"
_COUNT = "0-9０-９〇○零一二三四五六七八九十百兩两"
_REMARK = (
    r"(?:原本?|此[處处]?|以?[上下])?"
    rf"(?:[缺闕阙](?:(?P<count>[{_COUNT}]{{1,4}})?[字文]?)|(?P<before>[{_COUNT}]{{1,4}})字[缺闕阙])"
)
_BRACKETED = re.compile(rf"[〔【（(［\[]{_REMARK}。?[〕】）)］\]]")
_ALONE = re.compile(rf"{_REMARK}。?")
_LONGEST_REMARK = 16
_SHAPES = "◆◇△▲▽▼×✕✖╳"
_RUN_OF_SHAPES = re.compile(f"[{_SHAPES}]{{1,100}}")
_HAN = re.compile(f"[{HAN}〻]")
_CROSSES = dict.fromkeys("✕✖╳", "×")
_UNUSUAL = re.compile(rf"[{_SHAPES}○◯⭕⚪〇々〻〃&\[〔【（(［{gaiji.OPERATORS}]")
"""Without one of these a phrase is read as it is folded."""

Codes = NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Sign:
    """A half-open range of a text that stands for ``count`` characters, each of which is ``character``, folded.

    ``is_note`` says that it is a whole interlinear note, which is a character of the text that it interrupts.
    """

    start: int
    end: int
    character: str
    count: int = 1
    is_note: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """Folded code points as they are compared, where in the text each begins, and how long what stands for it is.

    ``letters`` are the same before their neighbours settle what circles and iteration marks are.
    """

    codes: Codes
    letters: Codes
    offsets: Codes
    lengths: Codes


@dataclass(frozen=True, slots=True)
class Letter:
    """A character of a phrase: its folded code point, what was typed, and the description that it must have, if any."""

    code: int
    typed: str
    name: str = ""


def signs(section: Section) -> list[Sign]:
    """Return the signs of a section's text, sorted, none over another.

    A note that says no more than that characters are lacking is one, too: in the text they are lacking where it stands.
    """
    found = [*_in_spans(section.text, section.spans), *_in_text(section.text)]
    return list(_apart(sorted(found, key=lambda sign: (sign.start, -sign.end))))


def _in_text(text: str) -> Iterator[Sign]:
    for match in _BRACKETED.finditer(text):
        yield Sign(match.start(), match.end(), LACUNA, _lacking(match))
    for match in _RUN_OF_SHAPES.finditer(text):
        before, after = text[max(0, match.start() - 1) : match.start()], text[match.end() : match.end() + 1]
        if _HAN.match(before) or (before.strip() and _HAN.match(after)):
            for at in range(match.start(), match.end()):
                yield Sign(at, at + 1, _CROSSES.get(text[at], text[at]))


def _in_spans(text: str, spans: Sequence[Span]) -> Iterator[Sign]:
    for span in spans:
        if span.kind is SpanKind.GAIJI:
            if span.end - span.start > 1 or not fold(text[span.start : span.end]):
                yield Sign(span.start, span.end, fold(gaiji.character(span.name)) or GAIJI_PLACEHOLDER)
        elif span.kind in (SpanKind.NOTE, SpanKind.SMALL) and span.end - span.start <= _LONGEST_REMARK:
            said = "".join(text[span.start : span.end].split())
            if match := _ALONE.fullmatch(said) or _BRACKETED.fullmatch(said):
                is_note = span.kind is SpanKind.NOTE
                yield Sign(span.start, span.end, LACUNA, _lacking(match), is_note)


def _lacking(remark: re.Match[str]) -> int:
    """Return how many characters a remark says are lacking, one where it does not say."""
    count = (remark["count"] or remark["before"] or "1").replace("兩", "二").replace("两", "二").replace("○", "〇")
    return min(max(number(count), 1), MOST_LACKING)


def _apart(sorted_signs: Sequence[Sign]) -> Iterator[Sign]:
    end = 0
    for sign in sorted_signs:
        if sign.start >= end:
            yield sign
            end = sign.end


def read(text: str, codes: Codes, places: NDArray[np.int64], found: Sequence[Sign]) -> Reading:
    """Read one run of a text: the characters at ``places``, which rise, and the signs that begin among or beside them.

    Args:
        text: the whole text.
        codes: its code points.
        places: the offsets of the run's characters.
        found: the signs that are characters of this run.
    """
    folded, at = fold_array(codes[places])
    offsets = places[at].astype(np.uint32)
    lengths = np.ones(len(offsets), np.uint32)
    if found:
        folded, offsets, lengths = _with_signs(folded, offsets, lengths, found)
    return Reading(settled(text, folded, offsets, lengths, places), folded, offsets, lengths)


def settled(text: str, letters: Codes, offsets: Codes, lengths: Codes, places: NDArray[np.int64]) -> Codes:
    """Return the letters of one run, each circle and each iteration mark as what stands beside it says.

    Args:
        text: the whole text.
        letters, offsets, lengths: see :class:`Reading`.
        places: the offsets of all characters of the run, which rise.
    """
    circles = np.flatnonzero(letters == ord(CIRCLE))
    if len(circles):
        letters = _with_zeros(text, letters, offsets, lengths, circles, places)
    return repeat(letters)


def _with_signs(folded: Codes, offsets: Codes, lengths: Codes, found: Sequence[Sign]) -> tuple[Codes, Codes, Codes]:
    """Put each sign's characters in the place of the code points that it is written with."""
    starts, ends = np.array([sign.start for sign in found]), np.array([sign.end for sign in found])
    before = np.searchsorted(starts, offsets, side="right") - 1
    kept = (before < 0) | (offsets >= ends[before])
    folded, offsets, lengths = folded[kept], offsets[kept], lengths[kept]
    counts = np.array([sign.count for sign in found])
    where = np.repeat(np.searchsorted(offsets, starts), counts)
    made = np.repeat(np.array([ord(sign.character) for sign in found], np.uint32), counts)
    return (
        np.insert(folded, where, made),
        np.insert(offsets, where, np.repeat(starts, counts)),
        np.insert(lengths, where, np.repeat(ends - starts, counts)),
    )


def _with_zeros(
    text: str, folded: Codes, offsets: Codes, lengths: Codes, circles: NDArray[np.int64], places: NDArray[np.int64]
) -> Codes:
    """Make the circles that are the figure zero zeros."""
    read = folded.copy()

    def together(at: int) -> bool:
        """Return whether only blanks and line ends are between a character and the one before it."""
        if not 0 < at < len(folded):
            return False
        low, high = int(offsets[at - 1]) + int(lengths[at - 1]), int(offsets[at])
        first, last = np.searchsorted(places, (low, high))
        return all(text[place].isspace() for place in places[first:last].tolist())

    end = 0
    for start in circles.tolist():
        if start < end:
            continue
        end = start + 1
        while end < len(folded) and folded[end] == ord(CIRCLE) and together(end):
            end += 1
        left = chr(read[start - 1]) if together(start) else ""
        right = chr(folded[end]) if together(end) else ""
        plain = all(text[offset] == CIRCLE for offset in offsets[start:end].tolist())
        if _is_zero(left, right, plain):
            read[start:end] = ord(ZERO)
    return read


def _is_zero(left: str, right: str, plain: bool) -> bool:
    """Return whether circles between two neighbours, empty where there is none, are zeros; ``plain`` are all 〇."""
    if left and left in _DIGITS:
        return True
    return bool(right) and ((bool(left) and left in _NUMERALS and right in _NUMERALS) or (plain and right in _DIGITS))


@lru_cache(256)
def phrase_letters(text: str) -> tuple[Letter, ...]:
    """Return the characters of a phrase that is looked for, as it stands alone.

    >>> "".join(chr(letter.code) for letter in phrase_letters("一九○三家々"))
    '一九零三家家'
    """
    if not _UNUSUAL.search(text):
        return tuple(Letter(ord(folded), char) for char in text if (folded := fold(char)))
    text = text.strip()
    spans = gaiji.spans(text)
    names = {span.start: span.name for span in spans}
    codes = np.frombuffer(text.encode("utf-32-le", "replace"), dtype="<u4").astype(np.uint32)
    reading = read(text, codes, np.arange(len(text)), signs(Section("", text, spans=tuple(spans))))
    rows = zip(reading.codes.tolist(), reading.offsets.tolist(), reading.lengths.tolist(), strict=True)
    unknown = ord(GAIJI_PLACEHOLDER)
    return tuple(
        Letter(code, text[start : start + length], names.get(start, "") if code == unknown else "")
        for code, start, length in rows
    )


def composed(text: str) -> list[tuple[int, int]]:
    """Return the half-open ranges of a text in which several code points stand for characters.

    >>> composed("王[金*先]〔闕〕[甲乙]")
    [(1, 6), (6, 9)]
    """
    found = signs(Section("", text, spans=tuple(gaiji.spans(text))))
    return [(sign.start, sign.end) for sign in found if sign.end - sign.start > 1]


@lru_cache(4096)
def same_character(one: str, other: str) -> bool:
    """Return whether two descriptions or references are of one character, their parts compared as folded."""
    return gaiji.same(*("".join(fold(part) or part for part in name) for name in (one, other)))


def fold_phrase(text: str) -> str:
    """Return a phrase as it stands in a stream when nothing stands beside it.

    >>> fold_phrase("家々有一九○三王⿰金先氏")
    '家家有一九零三王〓氏'
    """
    return "".join(chr(letter.code) for letter in phrase_letters(text))


def fingerprint() -> str:
    """Return a name of folding and reading: an index made with another fingerprint must be built anew."""
    rules = (_BRACKETED.pattern, _ALONE.pattern, _SHAPES, _DIGITS, _NUMERALS, MOST_LACKING)
    return hashlib.sha256(repr((folding.fingerprint(), rules)).encode()).hexdigest()[:16]
