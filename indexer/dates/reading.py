"""Reading a date that a person types: an era's year, a year of the cycle, a western year, or a range of these."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from indexer.dates import cycle, numerals
from indexer.dates.date import Date
from indexer.dates.eras import Era, by_call, by_name, eras, regimes
from indexer.text.folding import fold

_LONGEST = 40
"""Characters: nothing longer is a date."""
_LATEST = 2100
"""The last western year that is read as one."""
_TO = re.compile(r"[-–—‒―−~～〜至到]+|\.{2,}")
_CLARIFIED = re.compile(r"(?P<date>.+)[(（\[〔](?P<years>[^()（）]+)[)）\]〕]")
WITHIN = (
    rf"(?:[春夏秋冬]?(?P<leap>闰)?(?P<month>[正腊冬]|{numerals.PATTERN}|(?<=闰))月"
    rf"(?:初?(?P<day>{numerals.PATTERN})(?:[日号]|(?={cycle.PATTERN}))(?P<pair>{cycle.PATTERN})?|(?P<alone>{cycle.PATTERN}))?(?P<new>朔)?日?)?"
)
"""A month and a day in folded text, or nothing; :func:`within` reads what it finds."""
_NUMBERED = re.compile(rf"(?P<name>[^0-9]+?)(?P<number>元|{numerals.PATTERN})年(?P<of>{cycle.PATTERN})?岁?{WITHIN}")
_PAIRED = re.compile(rf"(?P<name>\D*?)(?:岁[在次]?)?(?P<of>{cycle.PATTERN})(?:[年岁]{WITHIN})?")
_WHOLE = re.compile(r"(?P<name>\D+?)(?:年[间中]|[间中时朝])")
_YEAR = rf"(?P<called>公元|西元)?(?P<bc>前)?(?P<year>[0-9]{{1,4}}|[〇零{numerals.ONES}]{{3,4}})"
_WESTERN = re.compile(rf"{_YEAR}(?P<unit>年)?(?:[0-9]{{1,2}}月(?:[0-9]{{1,2}}[日号]?)?)?")
_WESTERN_MONTH = re.compile(rf"{_YEAR}(?P<unit>年){WITHIN}")
_RULERS = ("祖", "宗", "帝")


class Within(NamedTuple):
    """A month of a year and a day of it, as :class:`Date` has them."""

    month: int | None = None
    is_leap: bool = False
    day: int | None = None
    pair: int | None = None


def read(text: str) -> tuple[Date, ...]:
    """Return what a text may mean as a date, eras of the major regimes first; nothing where it is no date.

    Both scripts and all numerals are read. Several dates are returned where an era belongs to several regimes, and for
    a year of the cycle, which comes again every sixty years. A western month and day (1931年9月18日) are passed over:
    months are those of the Chinese year, and only Chinese numerals write them after a western year.

    >>> [(date.first, date.era.regime) for date in read("保大二年") if date.era]
    [(1122, '遼'), (944, '南唐')]
    """
    plain = "".join(unicodedata.normalize("NFKC", text).split())
    if not 0 < len(plain) <= _LONGEST:
        return ()
    clarified = _CLARIFIED.fullmatch(plain)
    if clarified:
        years = {date.years for date in read(clarified["years"])}
        return tuple(date for date in read(clarified["date"]) if date.years in years)
    return _range(plain) or tuple(_single(plain))


def within(found: re.Match[str], current: int | None = None) -> Within | None:
    """Read what :data:`WITHIN` found; None where there is no such month or day.

    A leap month without a number is that of the ``current`` one.
    """
    if found["month"] is None:
        return Within()
    month = numerals.month(found["month"]) if found["month"] else current
    day = numerals.value(found["day"]) if found["day"] else 1 if found["new"] else None
    name = found["pair"] or found["alone"]
    pair = cycle.number(name) if name else None
    if month not in range(1, 13) or day not in (None, *range(1, 32)) or (name and pair is None):
        return None
    return Within(month, bool(found["leap"]), day, pair)


def _range(text: str) -> tuple[Date, ...]:
    """Read two dates with a dash between them, each of which means one thing."""
    ends = _TO.split(text)
    if len(ends) != 2:
        return ()
    first, last = (tuple(_single(end)) for end in ends)
    if len(first) == len(last) == 1 and first[0].first <= last[0].last:
        return (Date(first[0].first, last[0].last),)
    return ()


def _single(text: str) -> Iterator[Date]:
    folded = fold(text)
    if found := _WESTERN.fullmatch(folded):
        yield from _western(found, Within())
    elif found := _WESTERN_MONTH.fullmatch(folded):
        inner = within(found)
        if inner:
            yield from _western(found, inner)
    elif found := _NUMBERED.fullmatch(folded):
        inner = within(found)
        pair = cycle.number(found["of"]) if found["of"] else None
        for era in _eras(found["name"]) if inner else ():
            year = era.year(numerals.value(found["number"]))
            if inner and year is not None and pair in (None, cycle.of_year(year)):
                yield Date(year, year, era, *inner)
    elif found := _PAIRED.fullmatch(folded):
        yield from _paired(found)
    elif found := _WHOLE.fullmatch(folded):
        yield from (Date(era.since, era.last, era) for era in _eras(found["name"]))


def _western(found: re.Match[str], inner: Within) -> Iterator[Date]:
    digits = found["year"]
    if not (found["called"] or found["bc"] or found["unit"] or (digits.isascii() and len(digits) > 2)):
        return
    year = 1 - numerals.value(digits) if found["bc"] else numerals.value(digits)
    if year <= _LATEST and (found["bc"] or year > 0):
        yield Date(year, year, None, *inner)


def _paired(found: re.Match[str]) -> Iterator[Date]:
    place, inner = cycle.number(found["of"]), within(found)
    if place is None or inner is None:
        return
    if found["name"]:
        for era in _eras(found["name"]):
            yield from (Date(year, year, era, *inner) for year in cycle.years(place, era.since, era.last))
    else:
        span = min(era.since for era in eras()), max(era.last for era in eras())
        yield from (Date(year, year, None, *inner) for year in cycle.years(place, *span))


def _eras(name: str) -> list[Era]:
    """Return the eras of a folded name, which a regime or its ruler may stand before; those of major regimes first."""
    for start in range(len(name) - 1):
        found = by_name().get(name[start:], ())
        calls = [call for call in _calls(name[:start]) if not call or call in by_call()]
        if found and calls:
            mine = [era for era in found if not calls[0] or era.regime in by_call()[calls[0]]]
            return sorted(mine, key=lambda era: not regimes()[era.regime].is_major)
    return []


def _calls(before: str) -> Iterator[str]:
    """Yield what a regime may be called by what stands before an era: 遼 of 遼 and of 遼道宗."""
    yield before
    if before.endswith(_RULERS):
        yield from (before[:-2], before[:-3])
