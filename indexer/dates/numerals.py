"""Numbers as dates write them: 元年, 十二, 二十有三, 廿三, 6, １２."""

from __future__ import annotations

from corpora.readers import titles

ONES = "一二三四五六七八九"
PATTERN = (
    rf"(?:(?:[{ONES}]百零?)?[{ONES}]?[十廿卅卌](?:[有又]?[{ONES}])?|[{ONES}]百|[〇零{ONES}]{{4}}|[{ONES}]|[0-9]{{1,4}})"
)
"""A number in folded text; :func:`value` reads it. 二四年 is 四年 behind another number, as in headings."""
_MONTHS = {"正": 1, "冬": 11, "腊": 12}
_TENS = str.maketrans({"廿": "二十", "卅": "三十", "卌": "四十", "有": "", "又": ""})


def value(digits: str) -> int:
    """Return the value of a number in folded text; 元 is 1.

    >>> [value(digits) for digits in ("元", "廿三", "二十有三", "12", "一九三一")]
    [1, 23, 23, 12, 1931]
    """
    return 1 if digits == "元" else titles.number(digits.translate(_TENS))


def month(name: str) -> int:
    """Return the number of a month by its number or name in folded text.

    >>> [month(name) for name in ("正", "十一", "腊")]
    [1, 11, 12]
    """
    return _MONTHS.get(name) or value(name)


def written(number: int) -> str:
    """Write a number below 1000 as dates do.

    >>> [written(number) for number in (1, 10, 12, 61)]
    ['一', '十', '十二', '六十一']
    """
    return titles.chinese_number(number)
