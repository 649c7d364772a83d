"""The lunar calendar: whether a day of the cycle is in a month, which tells a month that was misread.

The table is reckoned by sxtwl (BSD; ``python -m eval.learning.months``), and has the calendar of the Song where Liao
and Jin had their own, which began a month a day sooner or later now and then.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from itertools import accumulate
from pathlib import Path

from indexer.dates.cycle import LENGTH
from indexer.dates.date import Date

TABLE = Path(__file__).with_name("months.tsv")
HEAD = "year\tfirst\tleap\tlong\n"
SLACK = 1
"""Days that parallel calendars are apart at most."""
_EPOCH = 49
"""What is added to a Julian day to get its place in the cycle."""
_SHORT = 29


@dataclass(frozen=True, slots=True)
class LunarMonth:
    """A month of a lunar ``year``, its length in ``days``, and the Julian day of its first day."""

    year: int
    month: int
    is_leap: bool
    julian: int
    days: int

    @property
    def first(self) -> int:
        """The place in the cycle of the first day."""
        return (self.julian + _EPOCH) % LENGTH

    def holds(self, date: Date, slack: int = SLACK) -> bool:
        """Return whether the date's day of the cycle is in the month, and on the date's day of it, if it has one."""
        after = ((date.pair or 0) - self.first) % LENGTH
        if date.day:
            apart = (after - (date.day - 1)) % LENGTH
            return min(apart, LENGTH - apart) <= slack
        return after < self.days + slack or LENGTH - after <= slack


@cache
def _months() -> tuple[tuple[LunarMonth, ...], dict[tuple[int, int, bool], int]]:
    """Return all months in their order, and where each stands there."""
    months: list[LunarMonth] = []
    for line in TABLE.read_text("utf-8").splitlines()[1:]:
        year, first, leap, long = line.split("\t")
        lengths = [_SHORT + int(each) for each in long]
        firsts = accumulate(lengths, initial=int(first))
        for place, (julian, days) in enumerate(zip(firsts, lengths, strict=False), start=1):
            is_later = 0 < int(leap) < place
            is_leap = is_later and place == int(leap) + 1
            months.append(LunarMonth(int(year), place - is_later, is_leap, julian, days))
    return tuple(months), {(each.year, each.month, each.is_leap): at for at, each in enumerate(months)}


def fits(date: Date) -> bool:
    """Return whether a date's day of the cycle may be in its month; true where there is no day, or no calendar."""
    if date.pair is None or date.month is None or date.first != date.last:
        return True
    months, places = _months()
    at = places.get((date.first, date.month, date.is_leap))
    is_unknown = (date.first, 1, False) not in places
    return is_unknown if at is None else months[at].holds(date)


def between(first: Date, last: Date, around: int = 0) -> tuple[LunarMonth, ...]:
    """Return the months from that of one date to that of another, and so many ``around`` them.

    Of a date without a month all months of its year count.
    """
    months, places = _months()
    start = places.get((first.first, first.month or 1, first.is_leap))
    end = places.get((last.last, last.month or 12, last.is_leap))
    if start is None or end is None:
        return ()
    return months[max(0, start - around) : end + around + 1]


def in_month(date: Date, month: LunarMonth) -> Date:
    """Return the same day in another month, by the same era where it covers that year."""
    era = date.era if date.era and date.era.covers(month.year) else None
    return replace(date, first=month.year, last=month.year, era=era, month=month.month, is_leap=month.is_leap)
