"""Dates that a query asks for stand in just the places where a plain scan of the annotated texts has them."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import Dated, dates, runs, scan
from stores import Indexing

from corpora.model import Work
from corpora.readers import read
from corpora.sources.discover import discover
from indexer.dates import cycle
from indexer.text.streams import passage_starts
from search.concordance import ConcordanceRequest
from search.distribution import DistributionRequest, RowOrder
from search.library import Library
from search.model import Mode, Scope, SearchError, SearchRequest, Sort, Why
from search.occurrences import Grouping, GroupName, Occurrence, Order
from search.query import MAX_TERMS, parse
from search.selection import of_selection
from search.stores.base import ExactQuery
from search.stores.cluster.deciding import Decider

SCOPES = st.sampled_from(Scope)
STREAMS = {Scope.TEXT: (Scope.TEXT,), Scope.NOTES: (Scope.NOTES,), Scope.BOTH: (Scope.TEXT, Scope.NOTES)}
YEARS = st.tuples(st.integers(1080, 1240), st.sampled_from((0, 0, 0, 1, 8, 40))).map(lambda two: (two[0], sum(two)))
few = settings(max_examples=20, deadline=None)
SAID = (
    *("天輔六年", "天輔六年八月戊戌", "天會三年", "大安元年", "大定間", "皇統", "元年正月", "二年", "三年春", "明年"),
    *("甲子", "壬寅年", "秋九月", "宣和四年", "遼大安三年", "改元天會", "貞祐元年", "泰和中"),
)


def volume(juan: int) -> str:
    """A file of dates and few other characters, in text and notes, cut by the ends of lines and pages."""
    dice = random.Random(juan)
    lines = ["#+TITLE: 金史", f"#+PROPERTY: JUAN 卷{'一二三'[juan]}"]
    for page in range(9):
        lines.append(f"<pb:KR9z0001_WYG_00{juan + 1}-{page + 1}a>¶")
        for _ in range(dice.randrange(3, 12)):
            parts = (f"({some(dice)}/{some(dice)})" if dice.random() < 0.2 else some(dice) for _ in range(4))
            line = "".join(parts)
            cut = dice.randrange(len(line))
            lines += [f"{line}¶"] if "(" in line else [f"{line[:cut]}¶", f"{line[cut:]}¶"]
    return "\n".join(lines) + "\n"


def some(dice: random.Random) -> str:
    return dice.choice(SAID) if dice.random() < 0.4 else "".join(dice.choices("國黑東", k=dice.randrange(1, 6)))


@dataclass(frozen=True)
class Indexed:
    library: Library
    works: tuple[Work, ...]

    def dated(self, scope: Scope) -> Iterator[tuple[str, Dated]]:
        """The dates of all works, in order of place."""
        for work in sorted(self.works, key=lambda each: each.id):
            for each in dates(work):
                if scope is Scope.BOTH or each.in_notes == (scope is Scope.NOTES):
                    yield work.id, each

    def passage(self, work: str, section: int, offset: int) -> tuple[str, int, int]:
        (text,) = [each.sections[section] for each in self.works if each.id == work]
        return work, section, max(start for start, _ in passage_starts(text) if start <= offset)


@pytest.fixture(scope="module")
def indexed(indexing: Indexing, tmp_path_factory: pytest.TempPathFactory) -> Indexed:
    folder = tmp_path_factory.mktemp("texts")
    (folder / "KR9z0001").mkdir()
    for juan in range(3):
        (folder / "KR9z0001" / f"KR9z0001_00{juan + 1}.txt").write_text(volume(juan), "utf-8")
    dice = random.Random(7)
    for name in "甲乙":
        said = "，".join(some(dice) for _ in range(300))
        (folder / f"{name}.txt").write_text(f"---\ntitle: {name}書\n---\n{said}\n", "utf-8")
    index = indexing([[folder / "甲.txt"], [folder]], tmp_path_factory.mktemp("index"))
    works = [item for source in discover(folder)[0] for item in read(source)]
    return Indexed(Library.open(index), tuple(work for work in works if isinstance(work, Work)))


def places(found: Sequence[Occurrence]) -> list[tuple[str, int, int, int]]:
    return [(each.work.id, each.section_number, each.start, each.end) for each in found]


@few
@given(years=YEARS, scope=SCOPES, strict=st.booleans())
def test_dates_of_years_are_found_where_a_scan_has_them(
    indexed: Indexed, years: tuple[int, int], scope: Scope, strict: bool
) -> None:
    q = f"when:{years[0]}..{years[1]}"
    expected = [
        (work, each.section, each.start, each.end)
        for work, each in indexed.dated(scope)
        if (each.must_be(*years) if strict else each.may_be(*years))
    ]
    assert places(tuple(indexed.library.find(q, scope=scope, strict=strict))) == expected
    request = SearchRequest(q, mode=Mode.EXACT, scope=scope, strict=strict, limit=1000)
    response = indexed.library.search(request)
    assert response.total.occurrences == len(expected)
    passages = {indexed.passage(*place[:3]) for place in expected}
    assert {(hit.work.id, hit.section_number, hit.start) for hit in response.hits} == passages
    assert response.total.passages == len(passages)


@settings(max_examples=6, deadline=None)
@given(
    years=YEARS, scope=SCOPES, word=st.sampled_from(("黑東", "國黑", "東")), operator=st.sampled_from(("AND", "NOT"))
)
def test_dates_and_words_are_joined_by_operators(
    indexed: Indexed, years: tuple[int, int], scope: Scope, word: str, operator: str
) -> None:
    dated = {
        indexed.passage(work, each.section, each.start) for work, each in indexed.dated(scope) if each.may_be(*years)
    }
    standing = {
        indexed.passage(work.id, number, found.characters[0].offset)
        for work in indexed.works
        for number, section in enumerate(work.sections)
        for found in scan([section], word, scope)
    }
    for q, expected in (
        (f"when:{years[0]}..{years[1]} AND {word}", dated & standing),
        (f"when:{years[0]}..{years[1]} NOT {word}", dated - standing),
        (f"{word} OR when:{years[0]}..{years[1]}", standing | dated),
        (f"{word} NOT when:{years[0]}..{years[1]}", standing - dated),
    ):
        response = indexed.library.search(SearchRequest(q, mode=Mode.EXACT, scope=scope, limit=1000))
        assert {(hit.work.id, hit.section_number, hit.start) for hit in response.hits} == expected, q


@pytest.mark.parametrize(
    "form",
    ["(when:{0} AND 黑東) OR when:{1}", "when:{0} OR when:{1}", "(when:{0} AND 黑東) OR 國黑", "黑 when:{0} when:{1}"],
)
def test_several_dates_of_a_query_count_each_place_once(indexed: Indexed, form: str) -> None:
    q = form.format("1115..1140", "1122..1180")
    for scope in Scope:
        for strict in (False, True):
            request = SearchRequest(q, mode=Mode.EXACT, scope=scope, strict=strict, limit=1000)
            found = indexed.library.find(q, scope=scope, strict=strict)
            assert indexed.library.search(request).total.occurrences == len(found), (scope, strict)


def test_years_are_counted_and_ordered_without_a_text(indexed: Indexed, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = [(work, each) for work, each in indexed.dated(Scope.BOTH) if each.may_be(1115, 1123)]
    monkeypatch.setattr(Decider, "texts", lambda *_: pytest.fail("a text was read"))
    matches = indexed.library.store.match(ExactQuery(parse("when:1115..1123").tree))
    assert matches.occurrences == len(expected)
    assert sum(count for _, count in matches.by_work()) == matches.passages
    scores = [each.score for each in matches.page(Sort.RELEVANCE, 0, 1000)]
    assert len(scores) == matches.passages
    assert scores == sorted(scores, reverse=True)
    assert len(matches.page(Sort.PLACE, 0, 1000)) == matches.passages


def test_a_date_is_near_words(indexed: Indexed) -> None:
    found = indexed.library.find("when:1122 BEFORE/3 黑")
    assert len(found)
    for each in found:
        assert each.text[-1] == "黑"
        assert set(each.text) & set("年月壬甲")


def test_every_name_of_a_year_finds_the_same(indexed: Indexed) -> None:
    found = places(tuple(indexed.library.find("when:1122")))
    assert found
    for typed in ("天輔六年", "天辅6年", "公元1122年", "宣和四年", "天輔六年八月戊戌", "1122-1122", "“天輔 六年”"):
        assert places(tuple(indexed.library.find(f"when:{typed}"))) == found, typed
        assert places(tuple(indexed.library.find(f"纪年：{typed}"))) == found, typed
    cycle = places(tuple(indexed.library.find("when:壬寅")))
    assert set(found) < set(cycle)
    assert cycle == places(tuple(indexed.library.find("when:1122 OR when:1182 OR when:壬寅")))


def test_as_many_years_as_a_query_can_ask_for(indexed: Indexed) -> None:
    places_of_cycle = range(2, 2 + MAX_TERMS)
    q = " OR ".join(f"when:{cycle.NAMES[place]}" for place in places_of_cycle)
    expected = [
        (work, each.section, each.start, each.end)
        for work, each in indexed.dated(Scope.BOTH)
        if any(cycle.of_year(year) in places_of_cycle for first, last in each.years for year in range(first, last + 1))
    ]
    assert places(tuple(indexed.library.find(q))) == expected


def test_what_is_marked_is_the_date(indexed: Indexed) -> None:
    request = SearchRequest("when:1122 title:金史", mode=Mode.EXACT, limit=1000)
    hits = indexed.library.search(request).hits
    assert hits
    for hit in hits:
        section = next(work for work in indexed.works if work.id == hit.work.id).sections[hit.section_number]
        for start, end in hit.highlights:
            assert any(char in section.text[hit.start + start : hit.start + end] for char in "年月間中甲壬秋元天")
        view = indexed.library.section(hit.work.id, hit.section_number, "when:1122")
        assert {(hit.start + start, hit.start + end) for start, end in hit.highlights} <= set(view.highlights)


def test_sure_dates_come_first_and_others_say_that_they_are_not(indexed: Indexed) -> None:
    hits = indexed.library.search(SearchRequest("when:1120..1180", mode=Mode.EXACT, limit=1000)).hits
    why = [hit.why[0] for hit in hits]
    assert set(why) == {Why.DATE, Why.DOUBTFUL}
    assert why[0] is Why.DATE


def test_likeness_is_looked_for_among_passages_with_the_date(indexed: Indexed) -> None:
    dated = {
        indexed.passage(work, each.section, each.start)
        for work, each in indexed.dated(Scope.BOTH)
        if each.may_be(1122, 1122)
    }
    response = indexed.library.search(SearchRequest("when:1122 國黑東國國黑黑東", limit=1000))
    assert response.total.alike
    assert {(hit.work.id, hit.section_number, hit.start) for hit in response.hits} <= dated


@pytest.mark.parametrize("q", ["1122年 國黑東國國黑黑東", "天輔六年國黑東國國黑黑東", "天輔六年"])
def test_a_year_in_a_question_brings_passages_that_have_it(indexed: Indexed, q: str) -> None:
    dated = {
        indexed.passage(work, each.section, each.start)
        for work, each in indexed.dated(Scope.BOTH)
        if each.may_be(1122, 1122)
    }
    hits = indexed.library.search(SearchRequest(q, limit=1000)).hits
    found = {(hit.work.id, hit.section_number, hit.start) for hit in hits if Why.DATE in hit.why}
    assert found
    assert found <= dated
    assert {(hit.work.id, hit.section_number, hit.start) for hit in hits} & dated == found
    plain = indexed.library.search(SearchRequest("國黑東國國黑黑東", limit=1000)).hits
    assert not any(Why.DATE in hit.why for hit in plain)


@settings(max_examples=8, deadline=None)
@given(word=st.sampled_from(("黑東", "國黑", "東", "年", "六年")), scope=SCOPES)
def test_the_year_of_the_event_is_the_one_that_the_section_named_last(
    indexed: Indexed, word: str, scope: Scope
) -> None:
    named = {
        (work.id, number): [
            (each.start, each.years[0][0])
            for each in dates(work)
            if each.section == number and each.years[0][0] == each.years[0][1]
        ]
        for work in indexed.works
        for number in range(len(work.sections))
    }

    def event(place: tuple[str, int, int, int]) -> int | None:
        before = [year for start, year in named[place[:2]] if start <= place[2]]
        return before[-1] if before else None

    found = indexed.library.find(f'"{word}"', scope=scope)
    everything = tuple(found)
    where = places(everything)
    assert [each.event for each in everything] == list(map(event, where))
    expected = sorted(where, key=lambda place: (event(place) is None, event(place) or 0))
    assert places(tuple(found.sorted_by(Order.EVENT))) == expected
    counted = Counter(str(event(place)) for place in where if event(place) is not None)
    assert {group.value: group.count for group in found.grouped_by(Grouping.EVENT)} == counted
    year = max(counted)
    assert places(tuple(found.within(Grouping.EVENT, year))) == [at for at in where if str(event(at)) == year]
    assert len(found.within(Grouping.EVENT, "")) == len(where) - counted.total()


@pytest.mark.parametrize("scope", Scope)
def test_characters_and_words_are_counted_by_the_year_that_was_named_last(indexed: Indexed, scope: Scope) -> None:
    def years(word: str) -> Counter[tuple[str, str]]:
        """How often a word, or any character, stands in each work and year."""
        found: Counter[tuple[str, str]] = Counter()
        for work in indexed.works:
            named = [each for each in dates(work) if each.years[0][0] == each.years[0][1]]
            for number, section in enumerate(work.sections):
                offsets = (
                    [one.characters[0].offset for one in scan([section], word, scope)]
                    if word
                    else [char.offset for each in STREAMS[scope] for run in runs(section, each) for char in run]
                )
                for offset in offsets:
                    before = [
                        str(each.years[0][0]) for each in named if each.section == number and each.start <= offset
                    ]
                    found[work.id, before[-1] if before else ""] += 1
        return found

    characters, counts = years(""), years("黑東")
    assert "" in {year for _, year in characters}
    some = tuple(GroupName(Grouping.EVENT, year) for year in ("", *sorted({year for _, year in counts})[-3:]))
    for asked in (
        DistributionRequest(("黑東",), group=Grouping.EVENT, order=RowOrder.PLACE, scope=scope),
        DistributionRequest(("黑東",), group=Grouping.WORK, within=some, scope=scope),
        DistributionRequest(("黑東",), group=Grouping.EVENT, without=some, scope=scope),
    ):
        expected: dict[str, list[int]] = {}
        for of_row, counted in enumerate((characters, counts)):
            for (work, year), count in counted.items():
                if asked.takes(Grouping.EVENT, year):
                    key = work if asked.group is Grouping.WORK else year
                    expected.setdefault(key, [0, 0])[of_row] += count
        rows = indexed.library.distribution(asked).rows
        assert {row.value: [row.characters, *row.counts] for row in rows} == expected
        if asked.order is RowOrder.PLACE:
            numbers = [int(row.value) for row in rows if row.value]
            assert numbers == sorted(numbers)
        for row in rows[-3:]:
            lines = of_selection(ConcordanceRequest, asked.alone(asked.group, row.value), "黑東")
            assert indexed.library.concordance(lines).total == row.counts[0]


@pytest.mark.parametrize("q", ["黑東", "黑東 OR 國黑", "黑東 NOT 國國", "when:1122"])
def test_what_is_found_is_narrowed_to_passages_of_some_years(indexed: Indexed, q: str) -> None:
    for event, scope, strict in product(("1122", "1115..1180", "天輔六年"), Scope, (False, True)):
        first, last = (1122, 1122) if ".." not in event else map(int, event.split(".."))
        dated = {
            indexed.passage(work, each.section, each.start)
            for work, each in indexed.dated(scope)
            if (each.must_be(first, last) if strict else each.may_be(first, last))
        }
        plain = SearchRequest(q, mode=Mode.EXACT, scope=scope, strict=strict, limit=1000)
        narrowed = indexed.library.search(replace(plain, event=event))
        everything = {(hit.work.id, hit.section_number, hit.start) for hit in indexed.library.search(plain).hits}
        assert {(hit.work.id, hit.section_number, hit.start) for hit in narrowed.hits} == everything & dated
        found = indexed.library.find(q, scope=scope, strict=strict)
        expected = [at for at in places(tuple(found)) if indexed.passage(*at[:3]) in dated]
        assert places(tuple(indexed.library.find(q, scope=scope, strict=strict, event=event))) == expected
        assert narrowed.total.occurrences == len(expected)
    alike = indexed.library.search(SearchRequest(f"{q} 國黑東國", event="1122", limit=1000)).hits
    may_be = {
        indexed.passage(work, each.section, each.start)
        for work, each in indexed.dated(Scope.BOTH)
        if each.may_be(1122, 1122)
    }
    assert {(hit.work.id, hit.section_number, hit.start) for hit in alike} <= may_be


def test_what_is_no_date_is_refused(indexed: Indexed) -> None:
    for typed in ("金", "12", "大安元年..大安三年", "1123..1122", "3000"):
        with pytest.raises(SearchError, match="date-unreadable"):
            indexed.library.find(f"when:{typed}")


def test_what_a_date_was_read_as_is_said(indexed: Indexed) -> None:
    said = indexed.library.search(SearchRequest("when:大安元年八月", limit=1)).explanations
    assert [code for code, _ in said] == ["date-read", "date-by-year"]
    assert "遼大安元年" in said[0][1]
    assert "金大安元年" in said[0][1]
    for plain in ("when:1122", "when:天輔六年"):
        assert indexed.library.search(SearchRequest(plain, limit=1)).explanations == ()
