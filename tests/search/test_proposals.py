"""What was likely meant is proposed, with what it finds; nothing is proposed that finds nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stores import Indexing

from search.library import Library
from search.model import Meant, Mode, SearchRequest
from search.proposals import AskedQuery, by_words, may_be_a_slip_away, repaired
from search.query import parse
from search.words.pinyin import characters, cuts

TEXTS = {
    "金志": "上京會寧府者，金之舊土也。國言金曰按出虎。太祖阿骨打起兵，遼主不能制。",
    "寧古塔記": "寧古塔去會寧府故址不遠，黃龍府在其西南。天輔六年，取燕京。",
}


@pytest.fixture(scope="module")
def library(indexing: Indexing, tmp_path_factory: pytest.TempPathFactory) -> Library:
    folder = tmp_path_factory.mktemp("texts")
    for name, text in TEXTS.items():
        (folder / f"{name}.txt").write_text(text, "utf-8")
    return Library.open(indexing([[folder]], tmp_path_factory.mktemp("index")))


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("遼 or 金", "遼 OR 金"),
        ("遼 Not 金", "遼 NOT 金"),
        ("not 遼 金", "NOT 遼 金"),
        ("上京 near/10 會寧", "上京 NEAR/10 會寧"),
        ("上京 NEAR10 會寧", "上京 NEAR/10 會寧"),
        ("上京 Before/卷 會寧", "上京 BEFORE/篇 會寧"),
        ("金|遼||宋 & 元", "金 OR 遼 OR 宋 AND 元"),
        ('"会宁府" -金史', '"会宁府" NOT 金史'),
        ("+会宁 +上京", "会宁 上京"),
        ("titel:金史", "title:金史"),
        ("Title：金史", ""),
        ("作家:脱脱 ｔｉｔｅｌ：金史", "作者:脱脱 title：金史"),
        ("year:1122", "when:1122"),
        ("年份：1122", "when：1122"),
        ("子曰：學而時習之", ""),
        ("遼 OR 金", ""),
        ("上京 NEAR/篇 會寧 BEFORE 府", ""),
        ("“遼 or 金” 1115-1123", ""),
        ("/遼|金/", ""),
        ("or 遼", ""),
        ("遼 or", ""),
        ("orange 遼 android", ""),
        ("near the capital, or not | so", ""),
        ("", ""),
    ],
)
def test_what_is_nearly_written_as_it_must_be_is_put_right(typed: str, meant: str) -> None:
    assert repaired(typed) == meant


def test_letters_are_cut_into_syllables() -> None:
    assert cuts("huiningfu")[0] == cuts("Huìníng-fǔ")[0] == cuts("hui4 ning2 fu3")[0] == ("hui", "ning", "fu")
    assert ("xi", "an") in cuts("xian")
    assert cuts("lü") == [("lv",)]
    assert cuts("Where was it?") == cuts("會ning") == cuts("a" * 100) == []
    assert "会" in characters("hui")
    assert characters("xyz") == ()


def proposed(library: Library, q: str, **options: object) -> list[tuple[str, str, int]]:
    found = library.search(SearchRequest(q, **options))  # type: ignore[arg-type]  # a test's shorthand
    return [(each.q, each.why, each.passages) for each in found.proposals]


@pytest.mark.parametrize(
    ("typed", "meant", "why", "passages"),
    [
        ("遼 or 金", "遼 OR 金", Meant.WRITING, 1),
        ("titel:寧古 燕京", "title:寧古 燕京", Meant.WRITING, 1),
        ("huiningfu", "会宁府", Meant.PINYIN, 2),
        ("Huining fu", "会宁府", Meant.PINYIN, 2),
        ("aguda", "阿骨打", Meant.PINYIN, 1),
        ("会宇府", "会宁府", Meant.CHARACTER, 2),
        ("會凝府 title:金志", "会宁府 title:金志", Meant.CHARACTER, 1),
        ("黄龙俯", "黄龙府", Meant.CHARACTER, 1),
        ("会府宁", '"会府宁"~', Meant.SLIP, 2),
    ],
)
def test_what_was_likely_meant_is_proposed_first(
    library: Library, typed: str, meant: str, why: Meant, passages: int
) -> None:
    assert proposed(library, typed)[0] == (meant, why, passages)
    assert library.search(SearchRequest(meant)).total.passages == passages


@pytest.mark.parametrize(
    "q", ["会宁府", "冬天凿冰捕鱼", "手机", "鯨 or 魚", "titel:宋史", "Where was it?", "，。", "魚" * 99]
)
def test_what_is_no_slip_or_finds_nothing_is_not_proposed(library: Library, q: str) -> None:
    assert proposed(library, q) == []


def test_only_what_the_search_may_find_is_proposed(library: Library) -> None:
    assert proposed(library, "黄龙俯", filters={"work": ("金志",)}) == []
    hidden = library.without(frozenset(card.id for card in library.works() if card.record.title == "寧古塔記"))
    assert proposed(hidden, "ningguta") == proposed(hidden, "黄龙俯") == []
    assert proposed(hidden, "会宇府") == [("会宁府", "character", 1)]


def test_a_question_in_another_language_is_told_once_that_texts_are_chinese(library: Library) -> None:
    found = library.search(SearchRequest("Where was the capital of Jin?"))
    assert found.explanations == (("not-chinese", ""),)
    assert found.unknown_words == ()
    assert library.search(SearchRequest("huiningfu")).explanations == ()


def test_every_example_finds_something_and_is_of_the_collection(library: Library) -> None:
    found = library.examples
    assert {"words", "phrase", "near", "one", "some", "others", "slip", "field"} <= set(found)
    for q in found.values():
        assert library.search(SearchRequest(q, mode=Mode.EXACT)).total.passages, q
    none = library.without(frozenset(card.id for card in library.works()))
    assert none.examples == {}


FOLDED = "上京会宁府者金之旧土也国言金曰按出虎太祖阿骨打起兵辽主不能制"


def asked_of(text: str, q: str) -> AskedQuery:
    """Return a query asked of one folded text, in which looking for slips is not allowed."""

    def nearly(words: str) -> list[str]:
        raise AssertionError(f"{words} was looked for")

    return AskedQuery(q, parse(q), lambda pairs: [text.count(pair) for pair in pairs], text.count, nearly)


@given(st.data())
def test_no_phrase_that_is_a_slip_away_is_passed_over(data: st.DataObject) -> None:
    length = data.draw(st.integers(2, 12))
    start = data.draw(st.integers(0, len(FOLDED) - length))
    words = FOLDED[start : start + length]
    at = data.draw(st.integers(0, length - 1))
    other = data.draw(st.sampled_from(["", "宇", "金", "宇" + words[at], words[at] + "金"]))
    slip = words[:at] + other + words[at + 1 :]
    assert len(slip) < 2 or may_be_a_slip_away(slip, asked_of(FOLDED, slip))


@pytest.mark.parametrize("sentence", ["松花江这个名字是怎么来的", "打死妻子不判刑的法律"])
def test_in_a_sentence_that_says_it_in_other_words_no_slip_is_looked_for(sentence: str) -> None:
    assert by_words(asked_of(FOLDED, sentence)) == []


@given(st.data())
def test_a_slip_beside_words_that_stand_is_looked_for_and_beside_words_that_do_not_none_is(data: st.DataObject) -> None:
    """A word with a slip finds something by another reading where whatever must stand with it does, and only there."""
    beside = data.draw(st.sampled_from(["金之旧土", "阿骨打", "松花江", "国言金曰按"]))
    slip = data.draw(st.sampled_from(["上京会宇府", "太祖阿骨汀", "辽王不能"]))
    first, second = data.draw(st.permutations([beside, slip]))
    sought = []

    def nearly(words: str) -> list[str]:
        sought.append(words)
        return []

    def count(q: str) -> int:
        return int(all(word in FOLDED for word in q.replace('"', "").split()))

    q = f"{first} {second}"
    by_words(AskedQuery(q, parse(q), lambda pairs: [FOLDED.count(pair) for pair in pairs], count, nearly))
    assert (slip in sought) == (beside in FOLDED)
    assert beside not in sought
