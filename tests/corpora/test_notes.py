"""Numbers of notes, notes at the foot, and what only looks like them: the counter-examples stand first."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from profiling import steps

from corpora.model import SpanKind
from corpora.readers.notes import find


def marks(text: str) -> list[str]:
    return [text[span.start : span.end] for span in find(text) if span.kind is SpanKind.MARK]


def notes(text: str) -> list[str]:
    return [text[span.start : span.end] for span in find(text) if span.kind is SpanKind.NOTE]


@pytest.mark.parametrize(
    "text",
    [
        "凡〔三〕十人。",  # an editor adds the 三
        "第〔三〕卷",
        "〔二〕年春",
        "太祖〔之〕子〔三〕也",  # the file adds words in these brackets
        "其目有三：①天②地③人",
        "其目 ①天 ②地 ③人",
        "1. ①天 ②地",
        "①天\n②地\n③人",
        "　①天\n　②地",
        "[1] 序\n[2] 凡例",
        "[1] 序 [2] 凡例 [3] 卷一",
        "圖①在前，見[3]",
        "共[3]人",
        "a[1] = 2",
        "面積2m²",
        "(一)甲(二)乙",
        "曰(1)甲",
        "[1934]年",
        "江(see p. 3)",
        "咖啡(café)",
        "江(jiang)",
        "北魏(386)",
        "〔旦〕上",
        "［三］",
    ],
)
def test_what_only_looks_like_a_note_is_text(text: str) -> None:
    assert find(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("完顏氏[1]居按出虎水[2]之側", ["[1]", "[2]"]),
        ("上京①會寧府", ["①"]),
        ("混同江〔三〕源出", ["〔三〕"]),
        ("寧古[校一]塔〔注2〕城【註三】", ["[校一]", "〔注2〕", "【註三】"]),
        ("江水²出", ["²"]),
        ("甲[1]人也，乙[2]年", ["[1]", "[2]"]),  # they go up one by one
        ("甲[^1]乙[^江]", ["[^1]", "[^江]"]),
        ("松(sōng)花(huā)江(jiang1)，會(ㄏㄨㄟˋ)寧（níng）", ["(sōng)", "(huā)", "(jiang1)", "(ㄏㄨㄟˋ)", "（níng）"]),
    ],
)
def test_numbers_of_notes_and_pronunciations_stand_beside_the_text(text: str, expected: list[str]) -> None:
    assert marks(text) == expected
    assert notes(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("甲〔一〕乙〔二〕年\n〔一〕按：甲\n〔二〕丙也\n", ["按：甲", "丙也"]),
        ("甲①乙②丙\n①見上。②見下。\n", ["見上。", "見下。"]),
        ("甲有，①乙\n丙\n①注也\n", ["注也"]),
        ("甲(1)乙\n(1) 注也\n", [" 注也"]),
        ("甲[^a]\n\n[^a]: 乙\n    丙\n丁\n", [" 乙\n    丙"]),
        ("甲〔一〕\n〔一〕乙\n丙〔一〕\n〔一〕丁\n", ["乙", "丁"]),  # they begin anew
        ("甲[1]\n[1] 乙\n[2] 丙\n", [" 乙"]),
    ],
)
def test_the_line_that_begins_with_a_number_further_down_is_its_note(text: str, expected: list[str]) -> None:
    assert notes(text) == expected


def test_a_number_and_its_note_have_one_name() -> None:
    assert [(span.kind, span.name) for span in find("甲[^a]\n[^a]: 乙\n")] == [
        (SpanKind.MARK, "a"),
        (SpanKind.MARK, "a"),
        (SpanKind.NOTE, "a"),
    ]


@given(st.text("江〔一二三〕[1^2]①②:：，\n (ā)（）校年", max_size=60))
def test_whatever_the_text_spans_are_sorted_and_apart(text: str) -> None:
    spans = find(text)
    assert spans == sorted(spans, key=lambda span: (span.start, -span.end))
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    for kind in (SpanKind.NOTE, SpanKind.MARK):
        own = [span for span in spans if span.kind is kind]
        assert all(before.end <= after.start for before, after in pairwise(own))


@given(st.integers(2, 30), st.sampled_from(["[{}]", "［{}］", "[^{}]"]), st.text("江山水火土", min_size=2, max_size=30))
def test_without_the_numbers_the_text_is_what_it_was(count: int, written: str, words: str) -> None:
    """Numbers set into a text, one after every other word, all stand beside it again."""
    pieces = [words + written.format(number) for number in range(1, count + 1)]
    text = "".join(pieces)
    beside = {at for span in find(text) for at in range(span.start, span.end)}
    assert "".join(char for at, char in enumerate(text) if at not in beside) == words * count


@pytest.mark.parametrize("filler", ["[1]", "①", "[", "〔三", "[^a]", "江(sō", "江(ā)", "[1]\n", "[^a]:\n    "])
def test_hostile_texts_take_steps_in_proportion_to_length(filler: str) -> None:
    find(filler)  # what is made once is made now
    few = steps(lambda: find(filler * 2_000))
    assert steps(lambda: find(filler * 4_000)) < 3 * few + 1000  # the square would be four times as many
