"""Dates: the table of eras against others' tables, what people type, and what stands in texts."""

from __future__ import annotations

import csv
import lzma
import re
from collections import defaultdict
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from profiling import steps
from shared_texts import CORPORA, KANRIPO
from skips import skip

from corpora.model import Section, Span, SpanKind, Work
from corpora.readers import read as read_source
from corpora.sources.discover import discover
from eval.quality.dates import annotated_sections
from indexer.dates import cycle, lunar, numerals
from indexer.dates.annotating import LONGEST, Annotated, Context, Doubt, annotate
from indexer.dates.date import Date, equivalents, written
from indexer.dates.eras import Era, EraKind, eras, in_year, named, regimes, regimes_in
from indexer.dates.reading import read
from indexer.text.streams import Stream, code_points, main_stream, notes_stream

MONTHS = lunar.between(Date(900, 900), Date(1911, 1911))
TABLES = CORPORA.parent / "tables"
DILA = {
    "魏": "曹魏",
    "吳": "孫吳",
    "梁": "南梁",
    "楊吳": "南吳",
    "夏": "胡夏",
    "前趙": "漢趙",
    "玄漢": "西漢",
    "武周": "唐",
}
"""What DILA calls some of our regimes."""
ELSEWHERE = {
    "宋": ("北宋", "南宋"),
    "元": ("蒙古", "元"),
    "北燕": ("後燕", "北燕"),
    "前趙": ("漢趙", "前趙"),
    "武周": ("唐", "武周"),
}
FIRST_YEARS = {
    ("西梁", "廣運"): "DILA begins it with the reign, the 周書 with the year after",
    ("北魏", "永興"): "DILA has the second one, of a few days, as another name of 永熙",
    ("唐", "載初"): "it began with the eleventh month of 689, which became the first of its year",
    ("民國", "民國"): "DILA has the end of the lunar year of 1911 only",
}
"""Eras whose first year another table has a year off, and why."""

NORTHEAST = [("金", "天德", 1150)]
"""Eras that the table of the Northeast begins in another year: 天德 in the twelfth month of 1149, January by then."""


def years(typed: str) -> list[int]:
    return [date.first for date in read(typed)]


def marked(text: str, *about: str, spans: tuple[Span, ...] = ()) -> list[tuple[str, str]]:
    """What is annotated in a text, and as what."""
    section = Section("", text, spans=spans)
    mentions = annotated(section, *about).mentions
    return [(text[slice(*each.in_text(streams_of(section)))], written(each.dates[0])) for each in mentions]


def annotated(section: Section, *about: str, before: Context | None = None) -> Annotated:
    return annotate(section, streams_of(section), about, before)


def streams_of(section: Section) -> tuple[Stream, Stream]:
    codes = code_points(section.text)
    return main_stream(section, codes), notes_stream(section, codes)


@st.composite
def era_dates(draw: st.DrawFn) -> Date:
    era = draw(st.sampled_from(eras()))
    year = draw(st.integers(era.since, era.last))
    if draw(st.booleans()):
        return Date(year, year, era)
    month, day = draw(st.integers(1, 12)), draw(st.none() | st.integers(1, 30))
    return Date(year, year, era, month, draw(st.booleans()), day, draw(st.none() | st.integers(0, 59)))


def test_every_row_of_the_table_is_sound() -> None:
    assert {era.regime for era in eras()} == set(regimes())
    for era in eras():
        assert era.first <= era.since <= era.last, era
        assert era.source, era
        assert era.number(era.last) <= 61, era  # 康熙 is the longest
        assert era in named(era.name, era.regime)


def test_no_row_stands_twice() -> None:
    rows = [(era.regime, era.name, era.first, era.since) for era in eras()]
    assert len(rows) == len(set(rows))


def test_every_year_from_the_han_to_1949_has_an_era() -> None:
    assert [year for year in range(-205, 1950) if not in_year(year)] == []


@pytest.mark.parametrize(
    ("typed", "regime", "year"),
    [
        ("仁安二年", "渤海", 721),
        ("神冊元年", "遼", 916),
        ("保大二年", "遼", 1122),
        ("天輔六年", "金", 1122),
        ("宣和四年", "宋", 1122),
        ("元德四年", "西夏", 1122),
        ("阜昌元年", "劉齊", 1130),
        ("天命元年", "後金", 1616),
        ("崇德元年", "清", 1636),
        ("民國三十八年", "民國", 1949),
        ("康德十二年", "滿洲國", 1945),
    ],
)
def test_eras_of_the_northeast_and_beside_it(typed: str, regime: str, year: int) -> None:
    assert (regime, year) in [(date.era.regime, date.first) for date in read(typed) if date.era]


def test_eras_agree_with_dila() -> None:
    path = TABLES / "dila-time" / "years.tsv"
    if not path.exists():
        skip(f"NO ERA WAS COMPARED: {path} is not there")
    theirs: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            place = cycle.number(row["ganzhi"])
            date = row["first_date"]
            year = -int(date.split("-")[1]) if date.startswith("-") else int(date.split("-")[0])
            assert place is not None
            year = next(each for each in (year - 1, year, year + 1) if cycle.of_year(each) == place)
            theirs[row["dynasty"], row["era"].strip("（）")].add(year - int(row["year"]) + 1)
    compared, wrong = 0, []
    for era in eras():
        names = ELSEWHERE.get(era.regime, (DILA.get(era.regime, era.regime),))
        firsts = {first for name in names for form in (era.name, *era.forms) for first in theirs.get((name, form), ())}
        if firsts and era.kind is not EraKind.RULER:
            compared += 1
            if era.first not in firsts and (era.regime, era.name) not in FIRST_YEARS:
                wrong.append((era.regime, era.name, era.first, sorted(firsts)))
    assert compared > 600
    assert wrong == []


def test_eras_of_the_northeast_agree_with_a_table_of_them() -> None:
    path = TABLES / "northeast-eras" / "northeast_eras.tsv"
    if not path.exists():
        skip(f"NO ERA WAS COMPARED: {path} is not there")
    firsts: dict[tuple[str, str], int] = {}
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            if row["era"]:
                firsts.setdefault((row["regime"], row["era"]), int(row["start"].split("/")[0]))
    wrong = []
    for (regime, name), year in firsts.items():
        mine = [era for era in named(name) if era.regime in (regime, regime.removesuffix("帝國") + "國")]
        if mine and year not in [start for era in mine for start in (era.first, era.since)]:
            wrong.append((regime, name, year))
    assert len(firsts) > 90
    assert wrong == NORTHEAST


def test_years_typed_in_either_script_and_numerals() -> None:
    assert years("天輔六年") == years("天辅6年") == years("天辅六年") == years("天輔 ６ 年") == [1122]
    assert years("康熙廿三年") == years("康熙二十三年") == years("康熙二十有三年") == [1684]
    assert years("康熙卅八年") == years("康熙38年") == [1699]
    assert years("1122") == years("公元1122年") == years("一一二二年") == [1122]
    assert years("公元前140年") == years("前140") == [-139]
    assert years("天福十二年") == [947]


def test_a_month_and_a_day_are_read() -> None:
    assert read("天輔六年八月戊戌") == (Date(1122, 1122, named("天輔")[0], 8, pair=34),)
    assert read("康熙三十八年閏七月初五日")[0] == Date(1699, 1699, named("康熙")[0], 7, True, 5)
    assert read("天輔元年正月")[0].month == 1


def test_several_regimes_and_years_are_all_given() -> None:
    assert {date.era.regime for date in read("大安三年") if date.era} == {"遼", "金", "西夏", "後涼"}
    assert years("金大安三年") == [1211]
    assert years("遼道宗大安三年") == [1087]
    assert years("至元三年") == [1266, 1337]
    assert years("元至元三年（1266）") == [1266]
    assert 1122 in years("壬寅")
    assert years("康熙壬寅") == [1662, 1722]


def test_ranges() -> None:
    for typed in ("1115–1123", "1115-1123年", "1115至1123"):
        assert [(date.first, date.last) for date in read(typed)] == [(1115, 1123)]
    assert [(date.first, date.last) for date in read("大定年間") if date.era and date.era.regime == "金"] == [
        (1161, 1189)
    ]
    assert read("1123-1115") == ()


@pytest.mark.parametrize(
    "typed", ["", "三", "3", "大定府", "天德軍", "三年", "八月戊戌", "天輔八年", "天會三年丙午", "甲丑", "12345"]
)
def test_what_is_no_date(typed: str) -> None:
    assert read(typed) == ()


def test_the_same_year_elsewhere() -> None:
    (date,) = read("天輔六年")
    assert {"遼保大二年", "宋宣和四年", "金天輔六年", "西夏元德四年"} <= set(map(written, equivalents(date)))


@given(era_dates())
def test_what_is_written_is_read_back(date: Date) -> None:
    assert read(written(date)) == (date,)


@given(st.integers(-500, 1900), st.integers(0, 200))
def test_western_years_are_read_back(first: int, length: int) -> None:
    date = Date(first, first + length)
    assert read(written(date)) == (date,)


@given(st.sampled_from(eras()))
def test_years_of_an_era_go_up_one_by_one(era: Era) -> None:
    found = [era.year(number) for number in range(era.number(era.since), era.number(era.last) + 1)]
    assert found == list(range(era.since, era.last + 1))
    assert era.year(era.number(era.last) + 1) is None


@given(st.integers(0, 59), st.integers(-200, 1900))
def test_years_of_the_cycle_repeat_by_sixty(place: int, first: int) -> None:
    found = list(cycle.years(place, first, first + 300))
    assert {later - year for year, later in pairwise(found)} == {60}
    assert {cycle.of_year(year) for year in found} == {place}


@given(st.integers(1, 199))
def test_numbers_are_read_back(number: int) -> None:
    assert numerals.value(numerals.written(number)) == number


@given(st.text(max_size=50))
def test_any_text_can_be_typed_and_annotated(text: str) -> None:
    read(text)
    section = Section("", text)
    for mention in annotated(section).mentions:
        start, end = mention.in_text(streams_of(section))
        assert 0 <= start < end <= len(text)
        assert mention.end - mention.start <= LONGEST


def test_years_months_and_days_continue() -> None:
    text = "天輔六年八月戊戌取城九月癸丑還\n七年春正月丁巳朔宴明年又宴"
    assert marked(text, "金") == [
        ("天輔六年八月戊戌", "金天輔六年八月戊戌"),
        ("九月癸丑", "金天輔六年九月癸丑"),
        ("七年春正月丁巳朔", "金天輔七年正月一日丁巳"),
        ("明年", "1124"),
    ]


def test_a_date_over_a_line_end_in_either_script() -> None:
    assert marked("天㑹十\n一年遂叛") == [("天㑹十\n一年", "金天會十一年")]
    assert marked("天会十一年遂叛") == [("天会十一年", "金天會十一年")]


@pytest.mark.parametrize(
    "text",
    [
        "至大定府而還",
        "以為天德軍節度使",
        "完顏天會字子和",
        "長安中有大俠",
        "天下太平間里安樂",
        "居三年而歸凡五年",
        "大安殿成御大慶殿",
        "三月不知肉味",
        "甲午之役",
    ],
)
def test_false_friends_are_left_alone(text: str) -> None:
    assert marked(text) == []


def test_a_number_of_years_that_passed_is_none() -> None:
    assert marked("大定二年為相居三年罷徒五年在位二十年", "金") == [("大定二年", "金大定二年")]


def test_whose_era_it_is() -> None:
    assert marked("大安三年", "金") == [("大安三年", "金大安三年")]
    assert marked("大安三年", "遼") == [("大安三年", "遼大安三年")]
    assert marked("金大安三年伐之", "遼") == [("大安三年", "金大安三年")]
    (mention,) = annotated(Section("", "大安三年")).mentions
    assert len(mention.dates) > 1
    assert Doubt.ERA in mention.doubts


def test_a_note_does_not_move_the_text() -> None:
    text = "天會三年崇德二年改築春四年卒"
    (start, end) = (4, 10)
    assert marked(text, spans=(Span(SpanKind.NOTE, start, end),)) == [
        ("天會三年", "金天會三年"),
        ("崇德二年", "清崇德二年"),
        ("四年", "金天會四年"),
    ]


def test_annals_go_on_in_the_next_volume_and_keep_to_their_own_years() -> None:
    first = Section("", "本紀第一\n天會三年春正月甲子遼保大五年獲其主")
    second = Section("", "本紀第二\n四年春正月甲子")
    before = annotated(first, "金").after
    found = annotated(second, "金", before=before).mentions
    assert [written(each.dates[0]) for each in found] == ["金天會四年正月甲子"]


def test_an_era_that_begins_within_a_year_goes_on_in_annals() -> None:
    text = "本紀天輔七年九月丙寅大赦改天輔七年為天會元年癸酉發粟十月壬辰詔二年春正月庚戌"
    assert marked(text, "金") == [
        ("天輔七年九月丙寅", "金天輔七年九月丙寅"),
        ("天輔七年", "金天輔七年"),
        ("天會元年", "金天會元年"),
        ("癸酉", "金天會元年九月癸酉"),
        ("十月壬辰", "金天會元年十月壬辰"),
        ("二年春正月庚戌", "金天會二年正月庚戌"),
    ]


def test_an_army_and_a_number_of_blows_are_no_part_of_a_day_in_annals() -> None:
    text = "本紀神冊五年冬十月辛未攻天德癸酉降笞五十壬戌"
    assert [words for words, _ in marked(text, "遼")] == ["神冊五年冬十月辛未", "癸酉", "壬戌"]
    assert marked(text, "遼")[1] == ("癸酉", "遼神冊五年十月癸酉")


def test_what_is_uncertain_is_said() -> None:
    text = "天會三年正月癸酉二年三月十年卒明年葬"
    found = annotated(Section("", text), "金").mentions
    assert [sorted(each.doubts) for each in found] == [
        [],
        [Doubt.CONTINUED],
        [Doubt.CONTINUED, Doubt.RELATIVE],
    ]


def test_the_calendar_tells_which_month_a_day_is_in() -> None:
    heading = "起靖康元年閏十一月一日壬辰盡五日丙申"
    aside = "先是靖康元年二月遣使"
    dated = dict(marked(f"{heading}一日壬辰金人至城下{aside}四日乙未金人攻東水門", "宋"))
    assert dated["四日乙未"] == "宋靖康元年閏十一月四日乙未"
    assert dated["靖康元年二月"] == "宋靖康元年二月"


def test_what_is_counted_is_no_day_of_the_month() -> None:
    text = "本紀應曆十三年春正月晝夜酣飲者九日丙寅宋欲城益津"
    assert marked(text, "遼")[1] == ("丙寅", "遼應曆十三年正月丙寅")
    assert [each for each, _ in marked("建炎中興記曰劉定", "宋")] == []
    assert [each for each, _ in marked("宣和四年十月延慶初行盧溝", "宋")] == ["宣和四年十月"]


def test_annals_that_mention_an_era_of_elsewhere_go_on_by_the_one_that_has_the_day() -> None:
    text = "本紀貞元三年正月辛酉改葬諱亶天會八年為安班貝勒十三年正月己巳太宗崩庚午即位"
    assert dict(marked(text, "金"))["十三年正月己巳"] == "金天會十三年正月己巳"


def test_a_year_that_annals_name_without_a_month_is_told_by_the_days_of_its_months() -> None:
    text = "本紀清寧四年六月己亥朔駐蹕五年春如春水六年夏五月戊子朔監修國史六月戊午朔詳衮"
    assert [date for _, date in marked(text, "遼")][-2:] == ["遼清寧六年五月一日戊子", "遼清寧六年六月一日戊午"]


def test_a_day_that_no_month_near_by_has_is_in_doubt() -> None:
    ((_, wrong),) = [(each.start, each.doubts) for each in annotated(Section("", "天會三年正月壬子"), "金").mentions]
    ((_, right),) = [(each.start, each.doubts) for each in annotated(Section("", "天會三年正月癸酉"), "金").mentions]
    assert (wrong, right) == ({Doubt.CALENDAR}, set())


@given(st.sampled_from(MONTHS), st.integers(1, 30), st.booleans())
def test_every_day_of_a_month_is_in_it(month: lunar.LunarMonth, day: int, is_counted: bool) -> None:
    day = min(day, month.days)
    pair = (month.first + day - 1) % cycle.LENGTH
    date = Date(month.year, month.year, None, month.month, month.is_leap, day if is_counted else None, pair)
    assert lunar.fits(date)
    off = replace(date, pair=(pair + 30) % cycle.LENGTH)
    assert not lunar.fits(off) or not is_counted


def test_months_agree_with_dila() -> None:
    """Of a thousand months 970 begin on the same day; the rest are mostly of regimes with a calendar of their own."""
    path = TABLES / "dila-time" / "authority_time_chinese.sql.xz"
    if not path.exists():
        skip(f"{path} is not there")
    row = re.compile(r"\(\d+,\d+,(\d+),'[^']*',(\d),\d+,(\d+),(\d+),'(..)',")
    agreed = differing = 0
    ours = {(each.month, each.is_leap, each.julian, each.days) for each in MONTHS}
    for month, leap, first, last, _ in row.findall(lzma.decompress(path.read_bytes()).decode()):
        if int(first) < 2_049_800:  # 900
            continue
        told = (int(month), leap == "1", int(first), int(last) - int(first) + 1)
        agreed, differing = agreed + (told in ours), differing + (told not in ours)
    assert agreed > len(MONTHS) / 2
    assert agreed > 0.97 * (agreed + differing)


def test_titles_say_what_a_book_is_about() -> None:
    assert regimes_in("金史") == ("金",)
    assert regimes_in("欽定重訂契丹國志") == ("遼",)
    assert regimes_in("金剛經") == ()


@pytest.mark.parametrize("unit", ["天會三年", "三年", "甲子", "二", "天會", "正月甲子", "閏", "歲"])
def test_annotating_takes_linear_time(unit: str) -> None:
    def effort(length: int) -> int:
        section = Section("", unit * (length // len(unit)))
        return steps(lambda: annotated(section, "金"))

    effort(100)
    assert effort(8000) < 9 * effort(1000)


def works(*wanted: str) -> list[Work]:
    if not KANRIPO.exists():
        skip(f"NO REAL TEXT WAS READ FOR DATES: {KANRIPO} is not there")
    sources = [source for source in discover(KANRIPO)[0] if source.root.name in wanted]
    return [item for source in sources for item in read_source(source) if isinstance(item, Work)]


def test_real_texts() -> None:
    (work,) = works("KR2e0012")
    said = [
        (section.text[slice(*bounds)].replace("\n", ""), mention.dates[0].first)
        for section, dated in annotated_sections(work)
        for bounds, mention in dated
    ]
    assert ("皇統三年", 1143) in said
    assert ("天㑹十一年", 1133) in said
