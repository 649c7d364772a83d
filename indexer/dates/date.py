"""A date as a value, how it is written, and what the same year is called elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, replace

from indexer.dates import cycle, numerals
from indexer.dates.eras import Era, EraKind, in_year, named

NO_YEAR = -1 << 15
"""Stands for no year: all others are greater."""


@dataclass(frozen=True, slots=True)
class Date:
    """A year, or the years from ``first`` to ``last``; where they are given, the era and a month and day of the year.

    ``month`` counts the months of the lunar year, of which ``is_leap`` is the one after it that bears its number.
    ``day`` is the day of the month, ``pair`` the place of the day in the cycle of sixty: both, one or none is given.
    """

    first: int
    last: int
    era: Era | None = None
    month: int | None = None
    is_leap: bool = False
    day: int | None = None
    pair: int | None = None

    @property
    def years(self) -> range:
        """The western years that are meant."""
        return range(self.first, self.last + 1)


def equivalents(date: Date) -> tuple[Date, ...]:
    """Return the same year, month and day by every era that was in use, in the order of the table.

    Of several years there are none. A month and a day of the cycle are the same in most parallel calendars, not in all.
    """
    if date.first != date.last:
        return ()
    return tuple(replace(date, era=era) for era in in_year(date.first) if era.kind is not EraKind.RULER)


def written(date: Date) -> str:
    """Write a date so that :func:`indexer.dates.reading.read` reads it, and it alone.

    >>> written(Date(1122, 1122, month=8, pair=34)), written(Date(-139, -139)), written(Date(1115, 1123))
    ('1122年八月戊戌', '公元前140年', '1115–1123')
    """
    if not date.era:
        years = _western(date.first)
        if date.first != date.last:
            return f"{years}–{_western(date.last)}"
        return years + (_suffix(years) + _within(date) if date.month else "")
    era = date.era
    name = era.name if era.name == era.regime else era.regime + era.name
    if date.first == date.last:
        text = f"{name}{_number(era.number(date.first))}年"
        rivals = [each for each in named(era.name, era.regime) if each.covers(_nth(each, era, date.first))]
    else:
        text = f"{name}年間"
        rivals = list(named(era.name, era.regime))
    western = f"（{written(Date(date.first, date.last))}）" if len(rivals) > 1 else ""
    return text + _within(date) + western


def _nth(era: Era, other: Era, year: int) -> int:
    """Return the year of an era that has the number that ``year`` has in another."""
    return era.first + other.number(year) - 1


def _western(year: int) -> str:
    if year < 1:
        return f"公元前{1 - year}年"
    return str(year) if year >= 100 else f"公元{year}年"


def _suffix(years: str) -> str:
    return "" if years.endswith("年") else "年"


def _number(number: int) -> str:
    return "元" if number == 1 else numerals.written(number)


def _within(date: Date) -> str:
    """Write the month and the day."""
    if not date.month:
        return ""
    month = "正" if date.month == 1 else numerals.written(date.month)
    pair = "" if date.pair is None else cycle.NAMES[date.pair]
    day = f"{numerals.written(date.day)}日" if date.day else ""
    return f"{'閏' if date.is_leap else ''}{month}月{day}{pair}"
