"""Characters that a text describes or names because they had no code point: one character of text each.

A description is one of Unicode's (⿰金先, an Ideographic Description Sequence, chapter 18), or a composition as
Kanripo and CBETA write it ([金*先]); a reference names a character in a list (&KR2038;, &#x20BB7;).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from corpora.model import GAIJI_PLACEHOLDER, Span, SpanKind

_TABLE = Path(__file__).parents[1] / "gaiji.tsv"
_NUMBERED = re.compile(r"#(?:([0-9]{1,7})|[xX]([0-9A-Fa-f]{1,6}))")
_UNIFIED = re.compile(r"U-[a-z][0-9]{1,4}\+([0-9A-Fa-f]{4,6})")
_CATALOGUED = re.compile(r"(?:KR|CB|SD-|RJ-|CDP-|GT-?|JX|M)[0-9A-F]{2,6}")
"""Numbers in the lists of Kanripo, CBETA (with Siddham and Ranjana), Academia Sinica, Konjaku Mojikyo and others."""

_ARITY = {"⿲": 3, "⿳": 3, "⿾": 1, "⿿": 1, "㇯": 2} | {
    chr(code): 2 for code in (*range(0x2FF0, 0x2FF2), *range(0x2FF4, 0x2FFE))
}
_LONGEST_DESCRIPTION = 40

OPERATORS = "".join(_ARITY)
"""The ideographic description characters, each of which begins a description."""

_PART = r"[\u2e80-\u2fdf\u3007\u3400-\u9fff\ue000-\ufaff\U00020000-\U000323af\U000f0000-\U0010fffd()]{1,20}"
_WRITTEN = re.compile(
    rf"&(?P<reference>#?[A-Za-z0-9][A-Za-z0-9+-]{{0,30}});"
    rf"|\[(?P<composition>{_PART}(?:[-+*@/]{_PART}){{1,8}})\]"
    rf"|[{OPERATORS}]"
)
_SIGNS = {"*": "⿰", "/": "⿱", "@": "⿴"}
_OF_TWO = re.compile(r"([^-+*@/()])([*/@])([^-+*@/()])")


def numbered(name: str) -> str | None:
    """Return the character of a numeric reference such as ``#x20BB7``; None where ``name`` is none or names none."""
    match = _NUMBERED.fullmatch(name)
    if not match:
        return None
    code = int(match[1]) if match[1] else int(match[2], 16)
    printable = 0x20 <= code < 0x110000 and not 0x7F <= code < 0xA0 and not 0xD800 <= code < 0xE000
    return chr(code) if printable else None


def named(name: str) -> str | None:
    """Return the character that a reference such as ``KR0882`` names, the placeholder where it is not known.

    None where no list of characters has such names.
    """
    if character := _characters().get(name):
        return character
    if unified := _UNIFIED.fullmatch(name):
        return numbered(f"#x{unified[1]}")
    return GAIJI_PLACEHOLDER if _CATALOGUED.fullmatch(name) else None


def described(composition: str) -> str:
    """Return the character that a composition such as ``車*犬`` describes, or the placeholder."""
    return _characters().get(composition, GAIJI_PLACEHOLDER)


def character(name: str) -> str:
    """Return the character that a reference, a composition or a description stands for, or the placeholder."""
    return numbered(name) or named(name) or described(name)


def names_of(character: str) -> tuple[str, ...]:
    """Return the references and compositions that stand for a character in the program's list."""
    return tuple(name for name, held in _characters().items() if held == character)


def parts(name: str) -> tuple[str, ...]:
    """Return the characters that a description or a composition is made of, in its order.

    >>> parts("⿰金先"), parts("車*犬"), parts("KR2038")
    (('金', '先'), ('車', '犬'), ())
    """
    if name.isascii() or (name[:1] not in _ARITY and not re.search("[-+*@/]", name)):
        return ()
    return tuple(character for character in name if _is_component(character))


def find(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield start, end and name of each description, composition and known reference, as they stand in a raw text."""
    end = 0
    for found in _WRITTEN.finditer(text):
        start, stop = found.span()
        if start < end:
            continue
        name = found["reference"] or found["composition"]
        if not name:
            stop = description_end(text, start, len(text))
            name = text[start:stop]
        elif found["reference"] and not (_is_component(numbered(name) or " ") or named(name)):
            continue
        if name:
            yield start, stop, name
            end = stop


def spans(text: str) -> list[Span]:
    """Return a span for each character that a raw text, which keeps its markup, describes or names."""
    return [Span(SpanKind.GAIJI, *found) for found in find(text)]


def same(one: str, other: str) -> bool:
    """Return whether two names are of one character: ⿰金先 and the composition 金*先 are."""
    return _prefixed(one) == _prefixed(other)


def _prefixed(name: str) -> str:
    """Convert a composition of two characters to a description."""
    found = _OF_TWO.fullmatch(name)
    return f"{_SIGNS[found[2]]}{found[1]}{found[3]}" if found else name


def description_end(text: str, start: int, limit: int) -> int:
    """Return where the ideographic description at ``start`` ends; ``start`` where there is none.

    >>> description_end("烏⿰王文國", 1, 5)
    4
    """
    wanted, at = 1, start
    while wanted and at < min(limit, start + _LONGEST_DESCRIPTION):
        character = text[at]
        if character not in _ARITY and not _is_component(character):
            return start
        wanted += _ARITY.get(character, 0) - 1
        at += 1
    return start if wanted else at


def _is_component(character: str) -> bool:
    code = ord(character)
    return (
        0x2E80 <= code < 0x2FE0
        or 0x31C0 <= code < 0x31EF
        or 0x3400 <= code < 0xA000
        or 0xE000 <= code < 0xFB00
        or code >= 0x20000
        or character in "〇〓□？?"
    )


@cache
def _characters() -> dict[str, str]:
    """Load the characters of the references and compositions that have one."""
    rows = (row.split("\t") for row in _TABLE.read_text(encoding="utf-8").splitlines() if row[:1] != "#")
    return {row[0]: row[1] for row in rows if len(row) > 1 and row[1]}
