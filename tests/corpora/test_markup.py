"""Markup within a line: what is syntax leaves the text, and what only looks like it stays."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from profiling import steps

from corpora.model import Span, SpanKind
from corpora.readers.markup import resolve


def shown(body: str) -> list[tuple[str, str, str]]:
    """The spans of a text: their kinds, what they are over, and their names."""
    marked = resolve(body)
    return [(span.kind.name, marked.text[span.start : span.end], span.name) for span in marked.spans]


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("<p>會寧府<br/>在上京。</p>", "會寧府\n在上京。\n"),
        ("其<cn-era ce=\"1115\">收國元年</cn-era>正月", "其收國元年正月"),
        ("完顏&nbsp;氏&#x3000;混同&#27743;&hellip;&#x20BB7;", "完顏\xa0氏\u3000混同江…𠮷"),
        ("號[海東青](https://example.org/a1)之國", "號海東青之國"),
        ("見[圖](img/a.png \"圖\")與![山](#a)", "見圖與山"),
        ("又<!-- 案 p12\n-->有", "又有"),
        ("<script>a<b</script>江<STYLE>x</style>", "江"),
        ("<https://example.org/>江", "江"),
        ("<foo>江</foo>", "江"),
        ("甲&amp;lt;乙", "甲&lt;乙"),  # once
        ("<b>甲</b>乙<span class='x'>丙</span>", "甲乙丙"),
    ],
)  # fmt: skip
def test_syntax_leaves_the_text(body: str, text: str) -> None:
    assert resolve(body).text == text


@pytest.mark.parametrize(
    "body",
    ["a < b > c", "<史記>曰", "{甲|乙}", "{a|b}", "[校一](見下)", "a<b and c>d", "&foo;", "&#0;", "&#xD800;",
     "&#x110000;", "AT&T;", "<!-- 江", "<foo>江", "[一/二]", "⿰王", "[甲乙]", "<-江->", "{混|}", "江(see p. 3)",
     "《史記》", "[1]", "¥[^1]"],
)  # fmt: skip
def test_what_only_looks_like_syntax_is_text(body: str) -> None:
    assert resolve(body).text == body
    assert shown(body) == []


@pytest.mark.parametrize(
    ("body", "text", "spans"),
    [
        ("<ruby>會<rt>huì</rt></ruby>寧", "會寧", [("READING", "會", "huì")]),
        ("<ruby>會<rp>(</rp><rt>huì</rt><rp>)</rp>寧<rt>níng</rt></ruby>", "會寧",
         [("READING", "會", "huì"), ("READING", "寧", "níng")]),
        ("{混同|hùn tóng}江", "混同江", [("READING", "混同", "hùn tóng")]),
        ("{會|ㄏㄨㄟˋ}", "會", [("READING", "會", "ㄏㄨㄟˋ")]),
        ("烏⿰王文國", "烏〓國", [("GAIJI", "〓", "⿰王文")]),
        ("⿱⿰王文一也", "〓也", [("GAIJI", "〓", "⿱⿰王文一")]),
        ("[金*本]子&CB00178;也", "〓子〓也", [("GAIJI", "〓", "金*本"), ("GAIJI", "〓", "CB00178")]),
        ("上京<sup>2</sup>會<sup><a href='#1'>[3]</a></sup>寧", "上京2會[3]寧",
         [("MARK", "2", "2"), ("MARK", "[3]", "3")]),
        ("10<sup>2</sup>", "102", []),
    ],
)  # fmt: skip
def test_what_markup_says_stays_as_a_span(body: str, text: str, spans: list[tuple[str, str, str]]) -> None:
    assert resolve(body).text == text
    assert shown(body) == spans


def test_a_composition_of_upper_and_lower_is_one_in_cbeta_alone() -> None:
    assert resolve("[山/大]").text == "[山/大]"
    assert resolve("[山/大]", slashes=True).text == "〓"


def test_what_is_untouched_stands_as_it_stood() -> None:
    assert resolve("<b>甲</b>\n<b>乙</b>\n", [(9, 18)]).text == "甲\n<b>乙</b>\n"


PIECES = st.lists(
    st.sampled_from(
        ["江", "山\n", "<b>", "</b>", "<br>", "<ruby>", "<rt>", "</rt>", "</ruby>", "<sup>1</sup>", "<!--", "-->",
         "&amp;", "&#27743;", "&CB00178;", "{江|jiāng}", "[江](#a)", "⿰王文", "⿰", "[金*本]", "<script>", "</script>",
         "<", "&", "a"]
    ),
    max_size=30,
)  # fmt: skip


@given(PIECES)
def test_every_span_is_over_what_it_says_and_every_place_leads_on(pieces: list[str]) -> None:
    body = "".join(pieces)
    marked = resolve(body)
    assert list(marked.spans) == sorted(marked.spans, key=lambda span: (span.start, -span.end))
    for span in marked.spans:
        over = marked.text[span.start : span.end]
        assert over
        assert over == {SpanKind.GAIJI: "〓", SpanKind.MARK: "1"}.get(span.kind, over)
    places = [marked.place(offset) for offset in range(len(body) + 1)]
    assert places == sorted(places)
    assert places[-1] == len(marked.text)


@given(st.text("江山，。\n 一二a1-·「」", max_size=60))
def test_text_without_syntax_stands_character_by_character(text: str) -> None:
    marked = resolve(text)
    assert (marked.text, marked.spans) == (text, ())
    assert [marked.place(offset) for offset in range(len(text))] == list(range(len(text)))


@given(st.lists(st.sampled_from(["江", "<b>", "</b>", "&#27743;", "<!-- 甲 -->"]), max_size=30))
def test_what_stands_at_a_place_is_what_stood_there(pieces: list[str]) -> None:
    marked = resolve("".join(pieces))
    at = 0
    for piece in pieces:
        if piece == "江":
            assert marked.text[marked.place(at)] == "江"
        at += len(piece)
    assert marked.text == "江" * sum(piece in ("江", "&#27743;") for piece in pieces)


@pytest.mark.parametrize(
    "filler", ["<", "<!--", "<a ", "<script>", "&", "&a", "[", "[a](", "{甲|", "⿰", "[甲-", "<ruby><rt>", "<sup>"]
)
def test_hostile_lines_take_steps_in_proportion_to_length(filler: str) -> None:
    resolve(filler)  # what is made once is made now
    few = steps(lambda: resolve(filler * 5_000))
    assert steps(lambda: resolve(filler * 10_000)) < 3 * few + 1000  # the square would be four times as many


def test_a_span_is_a_span() -> None:
    assert resolve("⿰王文").spans == (Span(SpanKind.GAIJI, 0, 1, "⿰王文"),)
