"""A text, ranges over it and marks in it become safe markup.

Ranges of different kinds cross each other freely; elements can't. So kinds are layers, ordered from the outermost in:
a range of an inner layer is split wherever one of an outer layer begins or ends. Nothing of the text is dropped or
added, and all of it is escaped.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

from markupsafe import Markup, escape

INDENT = "\u3000"
_BLANKS = re.compile(r"(?<![!-~])\s+|\s+(?![!-~])")
_PRINTED = re.compile(r"\S+")
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class MarkedRange(NamedTuple):
    """A half-open range of a text.

    ``title`` is shown on pointing at it; a link has an ``href``; ``css`` is a class beside that of its layer.
    """

    start: int
    end: int
    title: str = ""
    href: str = ""
    css: str = ""


@dataclass(frozen=True, slots=True)
class Layer:
    """Ranges of one kind: the element and the class that show them. Ranges that overlap their elders are cut short."""

    tag: str
    css: str
    ranges: Sequence[MarkedRange | tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Overlay:
    """Layers over a text, outside all others, and the ids of anchors at places of it."""

    layers: Sequence[Layer] = ()
    anchors: Mapping[int, Sequence[str]] = field(default_factory=dict)


def markup(
    text: str,
    layers: Sequence[Layer] = (),
    *,
    start: int = 0,
    end: int | None = None,
    anchors: Mapping[int, Sequence[str]] = MappingProxyType({}),
    printed_lines: bool = False,
) -> Markup:
    """Render ``text[start:end]`` as markup.

    ``anchors`` are ids of empty elements, by the places before which they are set. A line end becomes ``<br>``; with
    ``printed_lines`` one at which the edition merely ran out of room gets the class ``soft``, for the style to hide.
    """
    end = len(text) if end is None else end
    tidied = [(layer, list(_tidy(layer.ranges, start, end))) for layer in layers]
    points = _Anchors({at: names for at, names in anchors.items() if start <= at < end})
    return Markup("".join(_render(text, tidied, start, end, points, printed_lines)))  # each part of it is escaped


class _Anchors:
    """Anchors that are still to be set."""

    def __init__(self, names: Mapping[int, Sequence[str]]) -> None:
        self._names = dict(names)
        self._places = sorted(names)

    def between(self, start: int, end: int) -> list[int]:
        """Return the places of those that are to be set in a half-open range."""
        places = self._places[bisect_left(self._places, start) : bisect_left(self._places, end)]
        return [at for at in places if at in self._names]

    def set(self, at: int) -> str:
        """Return the elements of a place, once."""
        return "".join(f'<span id="{escape(name)}"></span>' for name in self._names.pop(at, ()))


def _tidy(ranges: Sequence[MarkedRange | tuple[int, int]], start: int, end: int) -> Iterator[MarkedRange]:
    """Sort the ranges, clipped to ``[start, end)``, without overlaps or empty ones."""
    at = start
    for each in sorted(MarkedRange(*one) for one in ranges):
        first, last = max(each.start, at), min(each.end, end)
        if first < last:
            yield each._replace(start=first, end=last)
            at = last


def _render(
    text: str,
    layers: Sequence[tuple[Layer, Sequence[MarkedRange]]],
    start: int,
    end: int,
    anchors: _Anchors,
    printed_lines: bool,
) -> Iterator[str]:
    if not layers:
        for at in anchors.between(start, end):
            yield from _plain(text, start, at, printed_lines)
            yield anchors.set(at)
            start = at
        yield from _plain(text, start, end, printed_lines)
        return
    (outer, ranges), inner = layers[0], layers[1:]
    at = start
    for each in ranges:
        first, last = max(each.start, start), min(each.end, end)
        if first >= last:
            continue
        yield from _render(text, inner, at, first, anchors, printed_lines)
        if not inner:
            # Beside the innermost element rather than in it, so that a style can tell which one was meant.
            yield anchors.set(first)
        title = f' title="{escape(each.title)}"' if each.title else ""
        href = f' href="{escape(each.href)}"' if each.href else ""
        css = f"{outer.css} {escape(each.css)}" if each.css else outer.css
        yield f'<{outer.tag} class="{css}"{href}{title}>'
        yield from _render(text, inner, first, last, anchors, printed_lines)
        yield f"</{outer.tag}>"
        at = last
    yield from _render(text, inner, at, end, anchors, printed_lines)


def _plain(text: str, start: int, end: int, printed_lines: bool) -> Iterator[str]:
    at = start
    while (stop := text.find("\n", at, end)) >= 0:
        yield escape(text[at:stop])
        yield '<br class="soft">' if printed_lines and not is_hard(text, stop) else "<br>"
        at = stop + 1
    yield escape(text[at:end])


def is_hard(text: str, stop: int) -> bool:
    """Return whether the line end at ``stop`` means something: an indented or empty line is on either side."""
    before = text.rfind("\n", 0, stop) + 1
    return before == stop or text[before] == INDENT or text[stop + 1 : stop + 2] in ("", "\n", INDENT)


def flowing(text: str, start: int, end: int) -> str:
    """Return ``text[start:end]`` without line ends that mean nothing."""
    kept = (at for at in range(start, end) if text[at] != "\n" or is_hard(text, at))
    return "".join(text[at] for at in kept)


def printed(text: str, ranges: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield the ranges of a text without blanks and line ends, which would show as bars of colour."""
    for start, end in ranges:
        yield from (match.span() for match in _PRINTED.finditer(text, start, end))


def printable(text: str) -> str:
    """Return the text without the characters that XML, and so neither a Word document nor a drawing, can hold."""
    return _UNPRINTABLE.sub("", text)


def one_line(text: str) -> str:
    """Return a text on one line: blanks and line ends are left out but between words that need them.

    >>> one_line("會寧府\\n　者也 , a\\nb")
    '會寧府者也, a b'
    """
    return " ".join(_BLANKS.sub("", text).split())
