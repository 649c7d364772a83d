"""The cycle of sixty by which years and days are counted: 甲子 is 0, 癸亥 is 59."""

from __future__ import annotations

from collections.abc import Iterator

LENGTH = 60
STEMS = "甲乙丙丁戊己庚辛壬癸"
BRANCHES = "子丑寅卯辰巳午未申酉戌亥"
NAMES = tuple(STEMS[number % len(STEMS)] + BRANCHES[number % len(BRANCHES)] for number in range(LENGTH))
_NUMBERS = {name: number for number, name in enumerate(NAMES)}
_EPOCH = 4
"""A year that is 甲子."""
_CONFUSED = {"己": "已巳", "巳": "已己", "戌": "戍", "戊": "戍"}
"""Characters of the cycle, and those that prints and transcriptions have in their stead."""
STEM_PATTERN = "[甲乙丙丁戊戍己已巳庚辛壬癸]"
BRANCH_PATTERN = "[子丑寅卯辰巳已己午未申酉戌戍亥]"
PATTERN = STEM_PATTERN + BRANCH_PATTERN
"""What may be a name of the cycle; :func:`number` says whether it is one."""
for _name, _number in tuple(_NUMBERS.items()):
    for _stem in _name[0] + _CONFUSED.get(_name[0], ""):
        for _branch in _name[1] + _CONFUSED.get(_name[1], ""):
            _NUMBERS.setdefault(_stem + _branch, _number)


def number(name: str) -> int | None:
    """Return the place of a pair in the cycle; None where stem and branch don't go together.

    >>> number("壬寅"), number("甲丑")
    (38, None)
    """
    return _NUMBERS.get(name)


def of_year(year: int) -> int:
    """Return the place of a year in the cycle.

    >>> NAMES[of_year(1122)]
    '壬寅'
    """
    return (year - _EPOCH) % LENGTH


def years(place: int, first: int, last: int) -> Iterator[int]:
    """Yield the years from ``first`` to ``last`` that have this place in the cycle.

    >>> list(years(38, 1100, 1200))
    [1122, 1182]
    """
    yield from range(first + (place - of_year(first)) % LENGTH, last + 1, LENGTH)
