"""A quotation is a part of what was found, and never altered."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from web.desk.quoting import ELLIPSIS, NotInPassage, Passage, runs, trim

TEXT = "上京路即海古之地金之\n舊土也國言金曰按出虎"
LETTERS = st.text("上京會寧府𤣥 \n\u3000", max_size=40)


@st.composite
def passages(draw: st.DrawFn) -> Passage:
    text = draw(LETTERS)
    bounds = st.integers(0, len(text))
    start, end = sorted((draw(bounds), draw(bounds)))
    first, last = sorted((draw(bounds), draw(bounds)))
    return Passage(text, ((first, last),) if first < last else (), start, end)


@given(passages())
def test_nothing_is_added_and_nothing_but_blanks_left_out(passage: Passage) -> None:
    shown = "".join(run.text for run in runs(passage) if run.text != ELLIPSIS)
    assert "".join(shown.split()) == "".join(passage.text[passage.start : passage.end].split())


@given(passages())
def test_a_cut_is_shown_where_something_was_left_out(passage: Passage) -> None:
    shown = [run.text for run in runs(passage)]
    assert bool(shown and shown[0] == ELLIPSIS) >= bool(passage.text[: passage.start].strip())
    assert bool(shown and shown[-1] == ELLIPSIS) >= bool(passage.text[passage.end :].strip())


def test_notes_are_told_apart() -> None:
    shown = runs(Passage("玄武門注云北門後", ((3, 7),), 0, 8))
    assert [(run.text, run.note) for run in shown] == [("玄武門", False), ("注云北門", True), ("後", False)]


@pytest.mark.parametrize(
    ("first", "last", "part"),
    [
        ("", "", TEXT),
        ("海古", "", "海古之地金之\n舊土也國言金曰按出虎"),
        ("", "舊土也", "上京路即海古之地金之\n舊土也"),
        ("地金之舊", "國言", "地金之\n舊土也國言"),
        ("地 金", "之", "地金之"),
        ("上京路", "路", "上京路"),
    ],
)
def test_a_trim_is_named_by_its_ends(first: str, last: str, part: str) -> None:
    start, end = trim(TEXT, first, last)
    assert TEXT[start:end] == part


@pytest.mark.parametrize(("first", "last"), [("會寧", ""), ("", "會寧"), ("舊土", "海古"), ("海古之國", "")])
def test_a_trim_can_alter_nothing(first: str, last: str) -> None:
    with pytest.raises(NotInPassage):
        trim(TEXT, first, last)


@given(LETTERS, st.text("上京會寧", max_size=4), st.text("上京會寧", max_size=4))
@example("上上", "上上", "上")
def test_a_trim_begins_and_ends_as_asked(text: str, first: str, last: str) -> None:
    try:
        start, end = trim(text, first, last)
    except NotInPassage:
        return
    dense = "".join(text[start:end].split())
    assert dense.startswith(first)
    assert dense.endswith(last)


@pytest.mark.parametrize(("first", "last"), [("会宁府", "州"), ("㑹寧府，", "為會 寧 州"), ("會寧府初", "太宗 ")])
def test_a_trim_finds_every_spelling_that_a_search_finds(first: str, last: str) -> None:
    text = "金源\n㑹寧府初為會寧州，太宗以建都"
    start, end = trim(text, first, last)
    assert (start, text[end - 1]) == (3, last.strip()[-1])


@pytest.mark.parametrize("words", ["，", "白城"])
def test_words_that_are_not_there_are_named(words: str) -> None:
    with pytest.raises(NotInPassage, match=words):
        trim(TEXT, "", words)
