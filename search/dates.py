"""Dates in a query: the years of the dates that stand in texts, which ``when:`` asks for.

========================  ===============================================
``when:1122``              a western year; ``公元前140年`` before Christ
``when:1115..1123``        from one to another; also with a dash
``when:天輔六年``           a year of an era, the same as that of any other
``when:大定年間``           all years of an era
``when:壬寅``               every year of this place in the cycle of sixty
========================  ===============================================
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from corpora.model import Section
from indexer.dates.annotating import Doubt, annotate
from indexer.dates.date import Date, written
from indexer.dates.reading import read
from indexer.text.streams import code_points, main_stream, notes_stream
from search.model import SearchError

NAMES = ("when", "纪年", "紀年")
"""What it is called in a query."""
_SHOWN = 40
_TOLD = 6
"""Readings that an explanation tells at most."""


@dataclass(frozen=True, slots=True)
class When:
    """Dates of some years. ``text`` is as typed; ``years`` are the first and the last of each row, in order, apart."""

    text: str
    years: tuple[tuple[int, int], ...]


def read_when(text: str) -> tuple[When, tuple[tuple[str, str], ...]]:
    """Read dates that are asked for; what is uncertain or left out of account is explained, by code and detail.

    Raises:
        SearchError: ``date-unreadable``.
    """
    dates = read(text)
    if not dates:
        raise SearchError("date-unreadable", text.strip()[:_SHOWN])
    explanations = []
    if len(dates) > 1:
        explanations.append(("date-read", f"{text.strip()}＝{_told(dates)}"))
    if any(date.month for date in dates):
        explanations.append(("date-by-year", text.strip()))
    return When(text.strip(), tuple(_joined(dates))), tuple(explanations)


def read_event(text: str) -> tuple[When | None, tuple[tuple[str, str], ...]]:
    """Read the years of the events to which a search is narrowed, as :func:`read_when` does; None where it is not.

    Raises:
        SearchError: ``date-unreadable``.
    """
    return read_when(text) if text.strip() else (None, ())


def asked_of(text: str) -> tuple[When | None, str]:
    """Return the years that a question names, and the question without them; None where it names none.

    >>> asked_of("1693年 黑龙江将军移驻墨尔根")
    (When(text='1693年', years=((1693, 1693),)), '黑龙江将军移驻墨尔根')
    """
    section = Section("", text)
    codes = code_points(text)
    streams = main_stream(section, codes), notes_stream(section, codes)
    # What only continues, or may be of any cycle, names no year by itself.
    named = [each for each in annotate(section, streams).mentions if each.doubts <= {Doubt.ERA, Doubt.YEARS}]
    dates = [date for each in named for date in each.dates if date.first == date.last]
    if not dates:
        return None, text
    said, rest, end = [], [], 0
    for first, last in (each.in_text(streams) for each in named):
        said.append(text[first:last])
        rest.append(text[end:first])
        end = last
    return When(" ".join(said), tuple(_joined(dates))), "".join([*rest, text[end:]]).strip()


def _told(dates: tuple[Date, ...]) -> str:
    """Return what a text was read as."""
    told = dict.fromkeys(_with_years(date) for date in dates)
    return "、".join(list(told)[:_TOLD]) + "……" * (len(told) > _TOLD)


def _with_years(date: Date) -> str:
    years, name = written(Date(date.first, date.last)), written(date)
    return f"{name}（{years}）" if date.era and not name.endswith("）") else name


def _joined(dates: Iterable[Date]) -> list[tuple[int, int]]:
    """Return the years of some dates, those that touch together."""
    joined: list[tuple[int, int]] = []
    for first, last in sorted({(date.first, date.last) for date in dates}):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
        else:
            joined.append((first, last))
    return joined
