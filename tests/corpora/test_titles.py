"""Headings that stand alone on a line of plain text, and what is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpora.readers.titles import headings


@pytest.mark.parametrize(
    "text",
    [
        "見\n卷一至卷五\n也\n",
        "第三年\n春\n",
        "卷一，甲。\n文\n",
        "其書三卷\n文\n",
        "第二回合\n文\n",
        "卷一\n",  # nothing stands below
        "文\n卷一\n\n",
        "遼史卷一\n文\n",  # another book's
        "一\n二\n三\n",
        "開卷\n文\n",
    ],
)
def test_what_only_looks_like_a_heading_begins_no_section(text: str) -> None:
    assert headings(text, "金史") == []


@pytest.mark.parametrize(
    "line",
    ["卷一", "　卷一　", "卷第三", "卷之十二", "卷上", "卷首", "卷一百二十三", "卷12", "第二回", "第二回　江源",
     "第十章：江", "第廿一回 甲 乙", "第一〇二節", "第３回", "金史卷一", "卷三上", "第一卷", "卷一·本紀第一"],
)  # fmt: skip
def test_a_heading_alone_on_its_line_begins_a_section(line: str) -> None:
    assert [heading.title for heading in headings(f"序\n{line}\n文\n", "金史")] == [" ".join(line.split())]


def test_a_table_of_contents_makes_no_sections() -> None:
    contents = "第一回\n第二回\n第三回\n"
    book = "第一回\n甲\n第二回\n乙\n第三回\n丙\n"
    assert [found.start for found in headings(contents + book)] == [12, 18, 24]
    assert [found.start for found in headings(contents + "序二\n" + book)] == [15, 21, 27]


def test_a_volume_above_its_first_chapter_begins_with_it() -> None:
    found = headings("卷一\n\n第一回 甲\n文\n第二回\n文\n卷二\n第三回\n文\n")
    assert [each.title for each in found] == ["卷一·第一回 甲", "第二回", "卷二·第三回"]
    assert [each.start for each in found] == [0, 12, 18]


@given(st.lists(st.sampled_from(["卷一", "卷二", "第一回", "第二回 江", "文", "", "　"]), max_size=20))
def test_every_section_that_begins_has_text(lines: list[str]) -> None:
    text = "\n".join(lines)
    found = headings(text)
    for number, each in enumerate(found):
        end = found[number + 1].start if number + 1 < len(found) else len(text)
        assert "文" in text[each.end : end]
    assert [each.start for each in found] == sorted({each.start for each in found})
