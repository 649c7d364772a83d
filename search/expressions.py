"""Regular expressions of the query language: read, folded and bounded, before RE2 sees them.

An expression is matched against folded text, in which there are no blanks, punctuation or line ends, and of which a
store may hold any part. So its characters are folded, what could never stand there is refused, and so is what asks
where a text begins or ends. No match is longer than :data:`MAX_MATCH` characters, and each holds one character of a
few: where these are is where a store looks.

=====================  ===========================================================================
``黑[龍龙]江`` ``.``      characters, classes (``[^…]``, ``[一-九]``), any character
``(甲|乙)`` ``(?:…)``     one of several
``?`` ``{2,5}`` ``*?``   how often, as much or (with ``?`` behind) as little as will do
``*`` ``+`` ``{2,}``      up to :data:`MAX_REPEATS` times more
``\\d`` ``\\w`` ``\\p{Han}``  digits, letters, scripts and categories of Unicode, and with a capital all but those
=====================  ===========================================================================
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import Any

import re2

from indexer.text.folding import fold
from search.model import SearchError

MAX_MATCH = 60
"""The most characters that an expression may match."""
MAX_REPEATS = 20
"""How often more than the least number is repeated what has no greatest one."""
MAX_DEPTH = 10
"""The most brackets inside each other."""
MAX_NEEDED = 100
"""The most characters of which a match has one."""
_SHOWN = 20

_QUANTIFIER = re.compile(r"(?:[*+?]|\{(?P<least>[0-9]{1,3})(?P<most>,[0-9]{0,3})?\})(?P<lazy>\??)")
_ESCAPE = re.compile(r"\\(?:[dDwW]|[pP](?:[A-Z]|\{\^?[A-Za-z_]{1,30}\}))")


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of an expression as RE2 reads it, how many characters it matches, and of which it has one at least."""

    text: str
    shortest: int = 0
    longest: int = 0
    needed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Expression:
    """A regular expression. ``text`` is as typed; ``pattern`` is over folded text, as RE2 reads it.

    A match is ``longest`` characters long at most, and holds one of the characters ``needed``, which are code points.
    """

    text: str
    pattern: str
    longest: int
    needed: tuple[int, ...]


def read_expression(text: str) -> Expression:
    """Read an expression, which stood between slashes.

    Raises:
        SearchError: ``expression-sign`` where it has what is not understood or can't stand in folded text,
            ``expression-malformed``, ``expression-too-long`` or ``expression-too-broad``.
    """
    reading = _Reading(text)
    part = reading.whole()
    if not part.needed or len(part.needed) > MAX_NEEDED:
        raise SearchError("expression-too-broad", text[:_SHOWN])
    try:
        compiled(part.text)
    except re2.error as error:
        raise SearchError("expression-malformed", text[:_SHOWN]) from error
    return Expression(text, part.text, part.longest, tuple(sorted(map(ord, part.needed))))


@lru_cache(64)
def compiled(pattern: str) -> Any:
    """Return what matches a pattern in lines of text.

    Raises:
        re2.error: RE2 refuses it.
    """
    options = re2.Options()
    options.never_nl = True
    options.never_capture = True
    options.log_errors = False
    return re2.compile(pattern, options)


class _Reading:
    """One reading of one expression, from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._depth = 0

    def whole(self) -> _Part:
        part = self._choice()
        if self._at < len(self._text):
            raise self._malformed()
        return part

    def _next(self) -> str:
        return self._text[self._at : self._at + 1]

    def _take(self, length: int = 1) -> str:
        self._at += length
        return self._text[self._at - length : self._at]

    def _malformed(self) -> SearchError:
        return SearchError("expression-malformed", self._text[self._at :][:_SHOWN] or self._text[-_SHOWN:])

    def _choice(self) -> _Part:
        """Read what ``|`` parts."""
        parts = [self._sequence()]
        while self._next() == "|":
            self._take()
            parts.append(self._sequence())
        return _bounded(
            _Part(
                "|".join(part.text for part in parts),
                min(part.shortest for part in parts),
                max(part.longest for part in parts),
                _one_of(part.needed for part in parts),
            )
        )

    def _sequence(self) -> _Part:
        parts: list[_Part] = []
        while self._next() not in ("", "|", ")"):
            parts.append(self._repeated(self._atom()))
        return _bounded(
            _Part(
                "".join(part.text for part in parts),
                sum(part.shortest for part in parts),
                sum(part.longest for part in parts),
                min((part.needed for part in parts if part.needed), key=len, default=frozenset()),
            )
        )

    def _repeated(self, atom: _Part) -> _Part:
        found = _QUANTIFIER.match(self._text, self._at)
        if not found:
            return atom
        self._take(len(found[0]))
        if _QUANTIFIER.match(self._text, self._at):
            raise self._malformed()
        least, most = _times(found)
        if least > most:
            raise self._malformed()
        return _bounded(
            _Part(
                f"{atom.text}{{{least},{most}}}{found['lazy']}",
                least * atom.shortest,
                most * atom.longest,
                atom.needed if least else frozenset(),
            )
        )

    def _atom(self) -> _Part:
        match self._next():
            case "(":
                return self._group()
            case "[":
                return self._class()
            case ".":
                return _Part(self._take(), 1, 1)
            case "\\":
                return _Part(self._escape(), 1, 1)
            case "*" | "+" | "?" | "{":
                raise self._malformed()
        character = self._character()
        return _Part(character, 1, 1, frozenset(character))

    def _group(self) -> _Part:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise SearchError("query-too-complex", f"( > {MAX_DEPTH}")
        begin = self._take()
        if self._next() == "?" and self._take(2) != "?:":
            raise SearchError("expression-sign", self._text[self._at - 3 :][:4])
        part = self._choice()
        if self._next() != ")":
            raise SearchError("expression-malformed", begin)
        self._take()
        self._depth -= 1
        return _Part(f"(?:{part.text})", part.shortest, part.longest, part.needed)

    def _class(self) -> _Part:
        end = self._text.find("]", self._at)
        begin = self._take()
        is_negated = self._next() == "^" and bool(self._take())
        if end < 0 or self._at >= end:
            raise SearchError("expression-malformed", begin)
        members = list(self._members(end))
        self._take()
        text = f"[{'^' * is_negated}{''.join(member for member, _ in members)}]"
        return _Part(text, 1, 1, frozenset() if is_negated else _one_of(frozenset(each) for _, each in members))

    def _members(self, end: int) -> Iterator[tuple[str, str]]:
        """Yield the members of a class, each with the characters that it has; none where these are too many."""
        while self._at < end:
            if self._next() == "\\":
                yield self._escape(), ""
                continue
            first = self._text[self._at]
            if self._text[self._at + 1 : self._at + 2] == "-" and self._at + 2 < end:
                last = self._take(3)[2]
                # A range is of code points: folding its ends would make it another one.
                if not fold(first) or not fold(last):
                    raise SearchError("expression-sign", first + last)
                if last < first:
                    raise self._malformed()
                codes = range(ord(first), ord(last) + 1)
                yield f"{first}-{last}", "".join(map(chr, codes)) if len(codes) <= MAX_NEEDED else ""
            else:
                character = self._character()
                yield character, character

    def _escape(self) -> str:
        found = _ESCAPE.match(self._text, self._at)
        if not found:
            raise SearchError("expression-sign", self._text[self._at : self._at + 2])
        return self._take(len(found[0]))

    def _character(self) -> str:
        typed = self._take()
        folded = fold(typed)
        if not folded:
            raise SearchError("expression-sign", typed)
        return folded


def _one_of(needed: Iterable[frozenset[str]]) -> frozenset[str]:
    """Return the characters of which there is one where any of several has to be; none where one needs none."""
    several = list(needed)
    return frozenset(chain.from_iterable(several)) if all(several) else frozenset()


def _times(quantifier: re.Match[str]) -> tuple[int, int]:
    """Return how often at least and at most a quantifier says."""
    sign = quantifier[0][0]
    if sign != "{":
        least = int(sign == "+")
        return least, 1 if sign == "?" else least + MAX_REPEATS
    least, most = int(quantifier["least"]), quantifier["most"]
    if most is None:
        return least, least
    return least, int(most[1:]) if most[1:] else least + MAX_REPEATS


def _bounded(part: _Part) -> _Part:
    if part.longest > MAX_MATCH or len(part.text) > 100 * MAX_MATCH:
        raise SearchError("expression-too-long", part.text[:_SHOWN])
    return part
