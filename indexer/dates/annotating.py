"""Where dates stand in a text: years of eras, years that continue the one before, months and days within them.

A section's main text is read once from its beginning, and what was read last is what bare years, months and days are
taken to continue; each note is read for itself. Only what a number, a month or a pair of the cycle stands in is a date:
the name of an era alone is none (大定府, 天德軍), and words that are eras, too (長安, 太平), need a number of years.
An era of several regimes is that of the one named before it or that the book is about, else of the one whose era was
read last, else of a major one; where several are left, all are given, the nearest first.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from corpora.model import Role, Section
from indexer.dates import cycle, lunar, numerals
from indexer.dates.anchors import BEGINNINGS, name_ends, stretches
from indexer.dates.date import Date
from indexer.dates.eras import Era, EraKind, by_call, by_name, eras, regimes, regimes_in
from indexer.dates.reading import WITHIN, Within, within
from indexer.store.layout import MAIN, NOTES
from indexer.text.folding import fold
from indexer.text.streams import BOUNDARY, Codes, Stream, text_of

_LONGEST_NAME = max(map(len, by_name()))
_LONGEST_CALL = max(map(len, by_call()))
_TOKEN = re.compile(
    rf"(?P<number>元|{numerals.PATTERN})年(?:岁[在次]?)?(?:(?P<of>{cycle.PATTERN})岁?)?"
    rf"|(?P<relative>[明次翌翼]年|[是其]年|是岁)"
    rf"|岁[在次]?(?P<after>{cycle.PATTERN})"
    rf"|(?P<before>{cycle.PATTERN})[年岁]"
    rf"|(?P<month>[春夏秋冬]?闰?(?:[正腊冬闰]|{numerals.PATTERN})月)"
    rf"|(?<=[{name_ends()}])(?P<whole>年[间中]|[初末季]年?|间|中(?!兴))"
    rf"|(?P<change>{'|'.join(BEGINNINGS)})[曰为称]?"
    rf"|(?:初?(?P<day>{numerals.PATTERN})日?)?(?P<pair>{cycle.PATTERN})(?P<new>朔)?"
)
LONGEST = 64
"""Characters of a stream that a date takes up at most."""
_YEAR = re.compile(rf"(?:元|{numerals.PATTERN})年")
_WITHIN = re.compile(WITHIN)
_MONTH = re.compile(rf"[春夏秋冬]?闰?(?:[正腊冬闰]|{numerals.PATTERN})月")
_RENAMED = re.compile(r"[^明来次]年为$")
"""What stands before a first year that the current one is made: 改天輔七年為天會元年."""
_NEXT = ("明", "次", "翌", "翼")
_COUNTED = frozenset(
    "凡内一二三四五六七八九数几历积居后经阅逾过踰近余未限期满养每越共不百千今将且垂服待更间前又位徒竟守累持职落"
)
"""What stands before a number of years or months that passed, and is no date."""
_PASSED = re.compile(r"[之则间余内矣也者租税丧外耳死无]|为[期限率]|一[^月日十]|以[上下来内外后]|而[后不]|不[^许]")
"""What stands behind one."""
_GAP = 3
"""Years that annals pass over at most, less one."""
_ANNALS = re.compile(r"[本帝]纪")
_REMARKS = "考证"
"""What stands in the title of remarks on a volume, which quote many."""
_RULERS = frozenset("祖宗帝王")
"""What a ruler is called by: a year behind it is counted from when that one came to rule."""
_ELSEWHEN = re.compile(r"(?:[每凡]年?|故事|岁以|[去上前昨来明次][年岁冬秋夏春]?)$")
"""What stands before a month of every year, or of another one than is told of."""
_FROM, _TO = "起", "尽"
"""What stands before the first and the last date in a heading that says of when a volume tells."""
_MENTIONED = 60
"""Years from what is told of to the beginning of an era of elsewhere, at most."""
_CYCLE_NEAR = 10
"""Years from what is told of to a year that is named by the cycle alone, at most."""
_YEARS_ON = 25
"""Years that a bare year goes on from the one before it, at most."""
_LATE, _EARLY = 10, 4
"""Months: one as early behind one as late is of the next year, or of any."""
_SOON = 150
"""Characters that the next year may stand behind the one before it."""
_HEADING_DATES = 120
"""Characters at the beginning of a section, in which it says of when it tells."""
_HEADING = 80
"""Characters at the beginning of a section, in which it calls itself annals."""
_NEAR = 400
"""Characters that a bare month or day, or the next year, may stand behind the date that it continues."""
_FAR = 3000
"""Characters that a day of the cycle may stand behind its month."""
_MONTH_DAYS = 30
_MONTHS_AROUND = 1
"""Months before and after what is told of in which a day is looked for that its month does not have."""
_WESTERN = range(1000, 2101)
_UNITS = re.compile("[十廿卅卌百]")


class Doubt(StrEnum):
    """What is uncertain about a date in a text."""

    ERA = "era"  # the era is several regimes', and only what stands around speaks for the first
    CONTINUED = "continued"  # a bare number of years was taken to continue the era before it
    RELATIVE = "relative"  # it is said by what goes before, as 明年 is
    CYCLE = "cycle"  # a year of the cycle, of which the nearest was chosen
    ORDER = "order"  # the month or the day goes back
    YEARS = "years"  # historians disagree about the years of the era
    CALENDAR = "calendar"  # the month has no such day


_OF_ERA = frozenset({Doubt.ERA, Doubt.YEARS})
"""What stays uncertain as long as the era does."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A half-open range of a section's main or notes ``stream`` that names a date.

    ``dates`` are what it may be, the likeliest first; ``doubts`` what is unsure.
    """

    start: int
    end: int
    dates: tuple[Date, ...]
    doubts: frozenset[Doubt] = frozenset()
    stream: int = MAIN

    def in_text(self, streams: Sequence[Stream]) -> tuple[int, int]:
        """Return its half-open range of the section's text, of whose streams it is."""
        stream, last = streams[self.stream], self.end - 1
        return int(stream.offsets[self.start]), int(stream.offsets[last] + stream.lengths[last])


@dataclass(frozen=True, slots=True)
class Context:
    """What a bare year, month or day continues: the date read last, and what was unsure about its year.

    ``new`` is the place in the cycle of the first day of the month that was read; ``at`` the place of the date.
    """

    date: Date | None = None
    doubts: frozenset[Doubt] = frozenset()
    new: int | None = None
    at: int = 0


@dataclass(frozen=True, slots=True)
class Annotated:
    """The dates of a section in the order of its text, and what the next section of the same annals continues."""

    mentions: tuple[Mention, ...]
    after: Context | None


class Annotator:
    """Finds the dates of a book, section by section: annals in several volumes continue each other."""

    def __init__(self, title: str) -> None:
        self._about = regimes_in(title)
        self._context: Context | None = None

    def annotate(self, section: Section, streams: tuple[Stream, Stream]) -> tuple[Mention, ...]:
        """Return the dates of the next section, of which these are the main stream and the notes."""
        annotated = annotate(section, streams, self._about, self._context)
        self._context = annotated.after
        return annotated.mentions


def annotate(
    section: Section, streams: tuple[Stream, Stream], about: Collection[str] = (), before: Context | None = None
) -> Annotated:
    """Find the dates of a section, of which these are the main stream and the notes.

    The book is ``about`` some regimes; what goes ``before`` counts for annals.
    """
    main, notes = streams
    title = fold(" ".join(section.path))
    may_be_annals = section.role is Role.BODY and _REMARKS not in title
    is_annals = may_be_annals and _ANNALS.search(title + text_of(main.codes[:_HEADING]))
    reader = _Reader(main.codes, about, replace(before, at=0) if before and is_annals else Context(), bool(is_annals))
    found = list(reader.mentions())
    known = [int(main.offsets[mention.start]) for mention in found]
    dates = [mention.dates[0] for mention in found]
    for start, end in _dated_notes(notes.codes):
        nearest = bisect_right(known, int(notes.offsets[start])) - 1
        # A note says its years in full; what is around it tells eras of one name apart.
        hint = Context(replace(dates[nearest], era=None)) if nearest >= 0 else Context()
        for each in _Reader(notes.codes[start:end], about, hint).mentions():
            found.append(replace(each, start=start + each.start, end=start + each.end, stream=NOTES))
    in_order = sorted(found, key=lambda mention: int(streams[mention.stream].offsets[mention.start]))
    # What stands between two volumes of annals, such as remarks on the text, is passed over.
    return Annotated(tuple(in_order), reader.context if is_annals else before)


def _dated_notes(codes: Codes) -> Iterator[tuple[int, int]]:
    """Yield the half-open ranges of the notes that may hold a date."""
    ends = np.flatnonzero(codes == BOUNDARY)
    starts = np.append(0, ends[:-1] + 1)
    last = 0
    for low, high in stretches(codes):
        first, last = max(last, int(ends.searchsorted(low))), int(starts.searchsorted(high))
        yield from zip(starts[first:last].tolist(), ends[first:last].tolist(), strict=True)


class _Reader:
    """Reads one text from its beginning; ``context`` is what was read last.

    Where a heading says of when a text tells, years before and after that are told of by the way, and continued beside
    what goes on (``_side``). Behind a year that can't be told (太祖二年) bare months are of no year, until one is told
    again. Annals go on year by year: an era of elsewhere, or of long ago, is only mentioned there, and nothing
    continues it.
    """

    def __init__(self, codes: Codes, about: Collection[str], context: Context, is_annals: bool = False) -> None:
        self._text = text_of(codes)
        self._stretches = stretches(codes)
        self._about = about
        self._is_annals = is_annals
        self._end = 0  # of the last mention
        self._span: range | None = None  # the years of the heading
        self._ends: tuple[Date, Date] | None = None  # its first and its last date
        self._side = Context()
        self._whole_era = Context()  # the era named last without a number
        self._aside: Era | None = None  # the era of the year that annals mentioned last
        self._lost = -_NEAR - 1  # the end of the last year that can't be told
        self.context = context

    def mentions(self) -> Iterator[Mention]:
        """Yield the dates of the text."""
        at = 0
        for low, high in self._stretches:
            at = max(at, low)
            while at < high and (token := _TOKEN.search(self._text, at, high)):
                mention = self._mention(token)
                at = mention.end if mention else token.end()
                if mention:
                    self._end = mention.end
                    yield mention

    def _mention(self, token: re.Match[str]) -> Mention | None:
        match token.lastgroup:
            case "number" | "of":
                return self._numbered(token)
            case "relative":
                return self._relative(token)
            case "after" | "before":
                return self._of_cycle(token)
            case "month":
                return self._in_month(token)
            case "whole":
                return self._whole(token)
            case "change":
                return self._changed(token)
            case _:
                return self._on_day(token)

    def _numbered(self, token: re.Match[str]) -> Mention | None:
        """Read a year with its number, which an era stands before, or which continues one."""
        number = numerals.value(token["number"])
        pair = cycle.number(token["of"]) if token["of"] else None
        start, eras = self._eras_before(token.start())
        called = _called(self._text[max(0, start - _LONGEST_CALL) : start])
        possible = [
            Date(year, year, era)
            for era in eras
            if era.kind is not EraKind.RULER or era.regime in self._about or era.regime in called
            if (year := era.year(number)) is not None
        ]
        if self._is_annals and not called:
            last = self.context.date
            possible = [date for date in possible if not last or not self._about or self._is_at_hand(date, last)]
            start = start if possible else token.start()  # a place that bears the name: 攻鳳翔，二年春
        dates, end = [date for date in possible if pair in (None, cycle.of_year(date.first))], token.end()
        if possible and not dates and self._text[token.start("of") - 1] == "年":
            dates, pair, end = possible, None, token.start("of")  # it is the day of what is told next
        if dates:
            chosen, doubts = self._chosen(dates, start, pair is not None)
            if number == 1 and _RENAMED.search(self._text, max(0, start - 3), start):
                return self._renamed(start, end, chosen, doubts)
            return self._dated(start, end, chosen, doubts)
        if _is_western(token["number"]) and not _PASSED.match(self._text, token.end()):
            return self._dated(token.start(), token.end(), (Date(number, number),), frozenset())
        return self._continued(token, number, pair)

    def _is_at_hand(self, date: Date, last: Date) -> bool:
        """Return whether a date is of what the book is about, or of about the same time as the last one."""
        return bool(date.era and date.era.regime in self._about) or abs(date.first - last.first) <= _MENTIONED

    def _renamed(self, start: int, end: int, dates: tuple[Date, ...], doubts: frozenset[Doubt]) -> Mention:
        """Return the first year of an era that the current year is made; its month goes on."""
        last, new = self.context.date, self.context.new
        mention = self._dated(start, end, dates, doubts, is_begun=True)
        if last and self.context.date == dates[0] and last.years == dates[0].years:
            self._remember(replace(last, era=dates[0].era), end, new)
        return mention

    def _continued(self, token: re.Match[str], number: int, pair: int | None) -> Mention | None:
        """Read a bare year that continues the era before it."""
        context = self._continuing(token)
        if not self._is_annals:
            if self._text[token.start() - 1 : token.start()] in _RULERS:
                self._lose(token)
                return None
            if self._whole_era.at > context.at and self._is_near(token, self._whole_era):
                return self._of_whole_era(token, number, pair)
        last = context.date
        if not last or not last.era or last.first != last.last:
            return None
        inner = _WITHIN.match(self._text, token.end())
        era = self._era_with(last, last.era, number, inner) if inner and self._is_annals else last.era
        year = era.year(number)
        if year is None or pair not in (None, cycle.of_year(year)):
            return None
        is_said = pair is not None or (inner and inner.end() > inner.start())
        if not is_said and (self._is_annals or year <= last.first or self._is_duration(token)):
            return None
        if not self._is_annals and not 0 <= year - last.first <= _YEARS_ON:
            self._lose(token)
            return None
        doubts = context.doubts & _OF_ERA
        if not is_said or era is not last.era:
            doubts |= {Doubt.CONTINUED}
        return self._dated(token.start(), token.end(), (Date(year, year, era),), doubts)

    def _era_with(self, last: Date, era: Era, number: int, found: re.Match[str]) -> Era:
        """Return the era of a regime whose year of this number has the month and the day that are said.

        It is the same one unless it has no such year, or the number of the day says that it is another: annals whose
        volume begins with 十四年正月己巳朔 go on from an era that was passed over, or from the nearest.
        """
        inner = within(found)
        if not inner or inner.pair is None or (era.year(number) is not None and not inner.day):
            return era

        def away(other: Era) -> int | None:
            year = other.year(number)
            return None if year is None or not lunar.fits(Date(year, year, other, *inner)) else abs(year - last.first)

        mine = (each for each in eras() if each.regime == era.regime and each.kind is EraKind.ERA)
        others = [(each != self._aside, far, each) for each in mine if (far := away(each)) is not None]
        return era if away(era) is not None or not others else min(others, key=lambda other: other[:2])[2]

    def _of_whole_era(self, token: re.Match[str], number: int, pair: int | None) -> Mention | None:
        """Read a bare year of an era that was named without a number: 咸雍初, …, 六年."""
        date, doubts = self._whole_era.date, self._whole_era.doubts
        year = date.era.year(number) if date and date.era else None
        if not date or year is None or pair not in (None, cycle.of_year(year)) or self._is_duration(token):
            return None
        return self._dated(
            token.start(), token.end(), (Date(year, year, date.era),), doubts & _OF_ERA | {Doubt.CONTINUED}
        )

    def _relative(self, token: re.Match[str]) -> Mention | None:
        """Read the year that is the next one, or the same."""
        context = self._continuing(token)
        last, is_next = context.date, token["relative"].startswith(_NEXT)
        if not last or last.first != last.last or not self._is_near(token, context):
            return None
        if not self._is_annals and (self._is_lost(token, context) or (is_next and not _is_next_sure(token, context))):
            self._lose(token)
            return None
        year = last.first + is_next
        era = last.era if last.era and last.era.covers(year) else None
        doubts = context.doubts | {Doubt.RELATIVE}
        if year == last.first or self._is_annals:
            return Mention(token.start(), token.end(), (Date(year, year, era),), doubts)
        return self._dated(token.start(), token.end(), (Date(year, year, era),), doubts)

    def _of_cycle(self, token: re.Match[str]) -> Mention | None:
        """Read a year by its place in the cycle, of an era that stands before it, or the nearest."""
        place = cycle.number(token["after"] or token["before"])
        if place is None:
            return None
        start, eras = self._eras_before(token.start())
        dates = [
            Date(year, year, era)
            for era in eras
            if era.kind is not EraKind.RULER
            for year in cycle.years(place, era.since, era.last)
        ]
        if dates:
            return self._dated(start, token.end(), *self._chosen(dates, start, True))
        return self._nearest_of_cycle(token, token.start(), place)

    def _nearest_of_cycle(self, token: re.Match[str], start: int, place: int) -> Mention | None:
        """Read a year of this place in the cycle: the nearest one."""
        last = self.context.date
        if not last:
            return None
        half = cycle.LENGTH // 2
        year = next(cycle.years(place, last.first - half, last.first + half))
        if not self._is_annals and (
            abs(year - last.first) > _CYCLE_NEAR
            or not self._is_near(token, self.context)
            or self._is_lost(token)
            or self._text[start - 1 : start] in _RULERS
        ):
            self._lose(token)
            return None
        era = last.era if last.era and last.era.covers(year) else None
        doubts = self.context.doubts | {Doubt.CYCLE}
        kept = self.context
        mention = self._dated(start, token.end(), (Date(year, year, era),), doubts)
        if self._is_annals or (last.era and year not in (last.first, last.first + 1)):
            self.context = kept  # what is told of another time is no part of what goes on
        return mention

    def _in_month(self, token: re.Match[str]) -> Mention | None:
        """Read a month of the year that was read last."""
        found = _WITHIN.match(self._text, token.start())
        is_full = bool(found and found["day"] and found["pair"])  # so days are told in what goes on
        context = self.context if is_full else self._continuing(token)
        last = context.date
        inner = within(found, last.month if last else None) if found else None
        if not last or last.first != last.last or not found or not inner or not inner.month:
            return None
        if token["month"] == "一月" and not inner.day:
            return None  # a month long: the first one is 正月
        goes_back = (last.month or 0, last.is_leap) > (inner.month, inner.is_leap)
        is_said = inner.pair is not None or inner.day or token["month"][0] in "春夏秋冬闰"
        if not is_said and (goes_back or not self._is_near(token, context) or self._is_duration(token)):
            return None
        if not self._is_annals and self._is_of_no_year(token, context, inner, goes_back):
            return None
        doubts = context.doubts | ({Doubt.ORDER} if goes_back else set())
        date = self._in_its_year(Date(last.first, last.last, last.era, *inner))
        self._follow(token.start(), date, found.end(), inner.pair, context.doubts)
        return Mention(token.start(), found.end(), (date,), doubts | _against(date))

    def _in_its_year(self, date: Date) -> Date:
        """Return a date in the year whose month has its day, of those that are told of; as it is where none has."""
        if lunar.fits(date) or not date.day:
            return date
        told = [each for each in (self.context.date, self._side.date, *(self._ends or ())) if each]
        years = dict.fromkeys(year for each in told for year in each.years)
        if self._is_annals:  # a year without a month is passed over: 六年春 … 五月戊子朔
            years = dict.fromkeys(range(date.first + 1, date.first + _GAP))
        others = (
            replace(date, first=year, last=year, era=date.era if date.era and date.era.covers(year) else None)
            for year in years
        )
        return next(filter(lunar.fits, others), date)

    def _is_of_no_year(self, token: re.Match[str], context: Context, inner: Within, goes_back: bool) -> bool:
        """Return whether a month is that of every year, or of one that is not known."""
        last = context.date
        if _ELSEWHEN.search(self._text, max(0, token.start() - 2), token.start()):
            return True
        if inner.pair is not None:
            return inner.day is None and (
                self._is_lost(token, context) or (not self._span and token.start() - self.context.at > _FAR)
            )
        follows_day = token.start() == self._end and bool(last and last.day) and bool(inner.day)
        is_early = goes_back and bool(last and (last.month or 0) >= _LATE) and (inner.month or 0) <= _EARLY
        return follows_day or is_early or self._is_lost(token, context)

    def _on_day(self, token: re.Match[str]) -> Mention | None:
        """Read a day of the cycle in the month that was read last, or a year of an era by its place in the cycle."""
        place = cycle.number(token["pair"])
        if place is None:
            return None
        start, eras = self._eras_before(token.start())
        dates = [
            Date(year, year, era)
            for era in eras
            if era.kind is EraKind.ERA
            for year in cycle.years(place, era.since, era.last)
        ]
        last = self.context.date
        is_about = any(date.era and date.era.regime in self._about for date in dates)
        # In annals an era of elsewhere is a place that bears its name (攻天德癸酉), and the pair is the day.
        if dates and not (self._is_annals and last and last.month and not is_about):
            return self._dated(start, token.end(), *self._chosen(dates, start, True))
        if not self._is_annals and self._text[token.start() - 1 : token.start()] in _RULERS:
            self._lose(token)  # 太祖丁亥: the year
            return None
        if not self._is_annals and not token["day"] and _MONTH.match(self._text, token.end()):
            return self._nearest_of_cycle(token, token.start("pair"), place)  # 丁未五月: the year, too
        if not last or not last.month or token.start() - self.context.at > _FAR:
            return None
        new = self.context.new
        goes_back = new is not None and (place - new) % cycle.LENGTH >= _MONTH_DAYS
        day = numerals.value(token["day"]) if token["day"] else 1 if token["new"] else None
        is_far = not self._span and not self._is_near(token, self.context)
        if day is None and self._may_be_year(place, last, goes_back):
            return None
        if not self._is_annals and day is None and (goes_back or is_far or self._is_lost(token, self.context)):
            return None
        start = token.start()
        if day and day > _MONTH_DAYS:
            day, start = None, token.start("pair")  # 笞五十壬戌: blows, and the day
        date = self._on_the_calendar(replace(last, day=day, pair=place), token)
        if day and not date.day:
            start = token.start("pair")  # 飲九日丙寅: nine days, and the day
        if date.month != last.month:
            new, goes_back = None, False
        doubts = self.context.doubts | ({Doubt.ORDER} if goes_back else set())
        self._remember(date, token.end(), new=place if new is None else new)
        return Mention(start, token.end(), (date,), doubts | _against(date))

    def _on_the_calendar(self, date: Date, token: re.Match[str]) -> Date:
        """Return a date whose month has its day, if there is one: the same day near by, or the day without its number.

        What is told of goes on, so a day that its month does not have is of the month before or after it, or of one
        of those that the heading names.
        """
        if lunar.fits(date):
            return date
        is_count = token["day"] and self._text[token.start() - 1 : token.start()] in _COUNTED
        if date.day and not (is_count or self._is_annals):
            told = (self._ends, 0), ((date, date), _MONTHS_AROUND), (self._side_ends(), _MONTHS_AROUND)
            months = [month for ends, around in told if ends for month in lunar.between(*ends, around)]
            for slack in range(lunar.SLACK + 1):
                for month in months:
                    if month.holds(date, slack):
                        return lunar.in_month(date, month)
        bare = replace(date, day=None)
        return bare if token["day"] and lunar.fits(bare) else date

    def _side_ends(self) -> tuple[Date, Date] | None:
        """Return what is told of by the way, as what it begins and ends with."""
        return (self._side.date, self._side.date) if self._side.date else None

    def _may_be_year(self, place: int, last: Date, goes_back: bool) -> bool:
        """Return whether a pair is likelier a year than a day: that of the year itself, or of the one before it."""
        if self._is_annals:
            return goes_back and place == cycle.of_year(last.first)
        return place in (cycle.of_year(last.first), cycle.of_year(last.first - 1))

    def _whole(self, token: re.Match[str]) -> Mention | None:
        """Read an era without a number, its years all together."""
        start, eras = self._eras_before(token.start())
        dates = [Date(era.since, era.last, era) for era in eras if era.kind is EraKind.ERA]
        last = self.context.date
        # Of an era of a year or two nobody says 間, but where it is at hand.
        dates = [date for date in dates if date.last - date.first > 1 or not last or self._is_at_hand(date, last)]
        called = _called(self._text[max(0, start - _LONGEST_CALL) : start])
        # 延慶初行 is a person: of an era of few who counted by it, whose it is stands before it.
        dates = [date for date in dates if date.era and self._is_known(date.era.regime, called)]
        if not dates:
            return None
        chosen, doubts = self._chosen(dates, start, False)
        if not last or chosen[0].first - _MENTIONED < last.first < chosen[0].last + _MENTIONED:
            self._whole_era = Context(chosen[0], doubts, at=token.end())
        return Mention(start, token.end(), chosen, doubts)

    def _is_known(self, regime: str, called: Collection[str]) -> bool:
        return regimes()[regime].is_major or regime in self._about or regime in called

    def _changed(self, token: re.Match[str]) -> Mention | None:
        """Read an era that is begun: its first year."""
        longest = min(token.end() + _LONGEST_NAME, len(self._text))
        for end in range(longest, token.end() + 1, -1):
            eras = by_name().get(self._text[token.end() : end], ())
            dates = [Date(era.since, era.since, era) for era in eras if era.kind is not EraKind.RULER]
            if dates and not _YEAR.match(self._text, end):
                chosen, doubts = self._chosen(dates, token.start(), False)
                last, regime = self.context.date, chosen[0].era and chosen[0].era.regime
                if regime in self._about or (last and last.era and last.era.regime == regime):
                    return self._dated(token.end(), end, chosen, doubts, is_begun=True)
                if last and abs(chosen[0].first - last.first) > _MENTIONED:
                    return None
                return Mention(token.end(), end, chosen, doubts)  # who rebels has an era, too, that nobody continues
        return None

    def _eras_before(self, end: int) -> tuple[int, tuple[Era, ...]]:
        """Return the longest name of an era that ends at a place, its start, and whose eras it may be."""
        for size in range(min(_LONGEST_NAME, end - self._end), 1, -1):
            eras = by_name().get(self._text[end - size : end])
            if eras:
                return end - size, eras
        return end, ()

    def _chosen(self, dates: list[Date], start: int, is_sure: bool) -> tuple[tuple[Date, ...], frozenset[Doubt]]:
        """Return dates of eras, the likeliest first, and what is unsure about that."""
        before = self._text[max(0, start - _LONGEST_CALL - 3) : start]
        called = _called(before)
        mine = [date for date in dates if date.era and date.era.regime in called] or dates
        last = self.context.date

        def unlikely(date: Date) -> tuple[bool, bool, bool, int]:
            regime = date.era.regime if date.era else ""
            return (
                regime not in self._about,
                not (last and last.era and last.era.regime == regime),
                not regimes()[regime].is_major,
                abs(date.first - last.first) if last else date.first - date.last,
            )

        mine.sort(key=unlikely)
        doubts = set()
        if len(mine) > 1 and unlikely(mine[0])[:3] == unlikely(mine[1])[:3] and not is_sure:
            doubts.add(Doubt.ERA)
        else:
            del mine[1:]
        if mine[0].era and mine[0].era.doubtful:
            doubts.add(Doubt.YEARS)
        return tuple(mine), frozenset(doubts)

    def _dated(
        self, start: int, end: int, dates: tuple[Date, ...], doubts: frozenset[Doubt], is_begun: bool = False
    ) -> Mention:
        """Return a year with the month and day that follow it, which become what is continued."""
        found = _WITHIN.match(self._text, end)
        inner = within(found) if found else None
        if found and inner and inner.month:
            end = found.end()
            dates = tuple(replace(date, **inner._asdict()) for date in dates)
            dates = tuple(sorted(dates, key=lunar.fits, reverse=True))
        if self._is_aside(dates[0], is_begun):
            self._aside = dates[0].era
        else:
            self._follow(start, dates[0], end, dates[0].pair, doubts)
        return Mention(start, end, dates, doubts | _against(dates[0]))

    def _follow(self, start: int, date: Date, end: int, new: int | None, doubts: frozenset[Doubt]) -> None:
        """Take the date that starts at a place as what comes next continues, if it is of what goes on."""
        before = self._text[start - 1 : start] if start < _HEADING_DATES and not self._is_annals else ""
        if before == _FROM:
            self._span, self._ends = date.years, (date, date)
        if self._span and self._ends and before == _TO:
            self._span, self._ends = range(self._span.start, date.last + 1), (self._ends[0], date)
        elif self._span and date.first not in self._span:
            self._side = Context(date, doubts, new, end)
        else:
            self._side = Context()
            self._remember(date, end, new, doubts)

    def _continuing(self, token: re.Match[str]) -> Context:
        """Return what a bare year or month continues: what is told of by the way, near it, or what goes on."""
        is_by_the_way = self._side.date and token.start() - self._side.at <= _NEAR
        return self._side if is_by_the_way else self.context

    def _lose(self, token: re.Match[str]) -> None:
        """Pass over a year that can't be told."""
        self._lost = token.end()

    def _is_lost(self, token: re.Match[str], context: Context | None = None) -> bool:
        """Return whether a year that can't be told stands between a place and what it would continue, near it."""
        at = max(self._lost, self._whole_era.at)
        return at > (context or self.context).at and token.start() - at <= _NEAR

    def _is_aside(self, date: Date, is_begun: bool) -> bool:
        """Return whether annals only mention a date: their own years begin with a month, or with the era."""
        last = self.context.date
        if not self._is_annals or not self._about:
            return False
        if not date.era or date.era.regime not in self._about:
            return True
        if last and (last.years, last.era) == (date.years, date.era) and not date.month:
            return True  # the year once more: its month goes on
        return not date.month and not is_begun and not (last and date.first - last.first in range(_GAP))

    def _remember(self, date: Date, at: int, new: int | None, doubts: frozenset[Doubt] | None = None) -> None:
        self.context = Context(date, self.context.doubts if doubts is None else doubts, new, at)

    @staticmethod
    def _is_near(token: re.Match[str], context: Context) -> bool:
        return token.start() - context.at <= _NEAR

    def _is_duration(self, token: re.Match[str]) -> bool:
        """Return whether a number of years or months says how long something took."""
        before = self._text[token.start() - 1 : token.start()]
        return before in _COUNTED or bool(_PASSED.match(self._text, token.end()))


def _against(date: Date) -> frozenset[Doubt]:
    """Return what the calendar says against a date."""
    return frozenset() if lunar.fits(date) else frozenset({Doubt.CALENDAR})


def _is_next_sure(token: re.Match[str], context: Context) -> bool:
    """Return whether the next year is that after the one before it."""
    return token.start() - context.at <= _SOON and not context.doubts & {Doubt.RELATIVE, Doubt.CYCLE}


def _is_western(digits: str) -> bool:
    return len(digits) == 4 and not _UNITS.search(digits) and numerals.value(digits) in _WESTERN


def _called(before: str) -> frozenset[str]:
    """Return the regimes that a text before an era ends with, their rulers' names aside."""
    for text in (before, before[:-2], before[:-3]) if before.endswith(("祖", "宗", "帝")) else (before,):
        for size in range(_LONGEST_CALL, 0, -1):
            found = by_call().get(text[-size:]) if len(text) >= size else None
            if found:
                return frozenset(found)
    return frozenset()
