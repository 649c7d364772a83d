"""Headings that stand alone on a line of plain text, such as 卷一, 第二回　江源 or 金史卷三, and the numbers in
them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

DIGITS = {digit: value for value, digits in enumerate(("〇零", *"一二三四五六七八九")) for digit in digits}
_FIGURES = "〇一二三四五六七八九"
UNITS = {"十": 10, "百": 100, "千": 1000}
_TENS = {"廿": "二十", "卅": "三十"}
NUMERALS = "".join((*DIGITS, *UNITS))
_NUMBER = f"[{NUMERALS}{''.join(_TENS)}0-9０-９]{{1,9}}"
_PARTS = "上中下首末終终"
_LEVELS = {
    kind: level
    for level, kinds in enumerate(("部集編编冊册", "卷", "篇", "回章折齣出則则幕話话", "節节"), start=7)
    for kind in kinds
}
"""Kinds of divisions by what stands within what; all are below the six levels of headings that HTML has."""
_DIVISIONS = "".join(_LEVELS)
_HEADING = re.compile(
    rf"(?P<book>[^\s　，。、；：！？,.;:!?]{{0,12}}?)"
    rf"(?:卷(?:之|第)?(?P<volume>{_NUMBER}[{_PARTS}]?|[{_PARTS}])|第(?P<count>{_NUMBER})(?P<division>[{_DIVISIONS}])(?P<part>[{_PARTS}]?))"
    r"(?:[ \t　：:·.、]+(?P<title>[^。，；！？,;!?]{1,60}))?"
)
_LONGEST = 80
SEPARATOR = "·"
"""Stands in the title of a section between a division and one within it."""
_LIST = 3
"""Headings of one kind in a row, with nothing between, from which they are a table of contents."""


@dataclass(frozen=True, slots=True)
class Heading:
    """A line that may begin a section: where it starts and ends, what kind of division it names, and its number.

    ``levels`` has one for each line where several are joined, the outermost division first.
    """

    start: int
    end: int
    kind: str
    number: str
    title: str
    levels: tuple[int, ...]


def number(digits: str) -> int:
    """Return the value of a number as it is written, also where its digits only stand in a row (一〇二).

    >>> [number(digits) for digits in ("十二", "一百二十三", "一〇二", "42")]
    [12, 123, 102, 42]
    """
    if digits.isascii():
        return int(digits)
    total = current = 0
    for char in digits:
        if char in UNITS:
            total += max(current, 1) * UNITS[char]
            current = 0
        else:
            current = current * 10 + (int(char) if char.isdecimal() else DIGITS[char])
    return total + current


def chinese_number(number: int) -> str:
    """Write a number below 1000 as volumes are numbered: 12 is 十二, 101 is 一百一, 110 is 一百十."""
    hundreds, rest = divmod(number, 100)
    tens, ones = divmod(rest, 10)
    text = _FIGURES[hundreds] + "百" if hundreds else ""
    if tens:
        text += ("" if tens == 1 else _FIGURES[tens]) + "十"
    if ones:
        text += _FIGURES[ones]
    return text or _FIGURES[0]


def nested(headings: Iterable[tuple[int, str]]) -> Iterator[tuple[str, ...]]:
    """Yield the path of each heading, which is given as its level and its title: those that it stands below, and it.

    >>> list(nested([(1, "卷一"), (2, "第一回"), (2, "第二回"), (1, "卷二")]))
    [('卷一',), ('卷一', '第一回'), ('卷一', '第二回'), ('卷二',)]
    """
    above: list[tuple[int, str]] = []
    for level, title in headings:
        while above and above[-1][0] >= level:
            above.pop()
        above.append((level, title))
        yield tuple(name for _, name in above)


def heading(line: str, book: str = "", start: int = 0) -> Heading | None:
    """Return the heading that a line is, if it is one; ``book`` is the work's title, which may go before it."""
    words = line.strip()
    found = _HEADING.fullmatch(words) if len(words) <= _LONGEST else None
    if not found or (found["book"] and found["book"] != book):
        return None
    kind = found["division"] or "卷"
    title = " ".join(words.split())
    number = found["volume"] or found["count"] + found["part"]
    return Heading(start, start + len(line), kind, number, title, (_LEVELS[kind],))


def headings(text: str, book: str = "") -> list[Heading]:
    """Return the headings of a text that begin sections: those with text below them.

    A 卷 directly above its 第一回 begins with it, and takes its place. Of a table of contents, where many stand in a
    row, none begins a section, not even the last, if it stands further down once more.
    """
    runs: list[list[Heading]] = [[]]
    at = 0
    for line in text.split("\n"):
        found = heading(line, book, at)
        if found:
            runs[-1].append(found)
        elif line.strip() and runs[-1]:
            runs.append([])
        at += len(line) + 1
    if runs[-1] and not text[runs[-1][-1].end :].strip():
        runs.pop()  # nothing stands below
    seen: set[tuple[str, str]] = set()
    chosen: list[Heading] = []
    for run in reversed([run for run in runs if run]):
        last = run[-1]
        listed = sum(each.kind == last.kind for each in run) >= _LIST
        if not (listed and (last.kind, last.number) in seen):
            chosen.append(_above(run))
        seen |= {(each.kind, each.number) for each in run}
    return chosen[::-1]


def _above(run: Sequence[Heading]) -> Heading:
    """Join the last heading of a run with those of other kinds that stand directly above it."""
    first = len(run) - 1
    kinds = {run[-1].kind}
    while first and run[first - 1].kind not in kinds:
        first -= 1
        kinds.add(run[first].kind)
    joined = run[first:]
    return Heading(
        joined[0].start,
        joined[-1].end,
        run[-1].kind,
        run[-1].number,
        SEPARATOR.join(each.title for each in joined),
        tuple(level for each in joined for level in each.levels),
    )
