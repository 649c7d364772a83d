"""Markdown with placeholders becomes a document, and nothing in it becomes markup."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpora.catalogue import CatalogueRecord
from search.addresses import Address
from web.citing.keys import GBT2025
from web.citing.references import Reference
from web.citing.styles import shipped
from web.desk.document import Block, BlockKind
from web.desk.drafting import LARGEST, LONGEST, MOST_PLACES, Quoted, read
from web.desk.quoting import Passage


def quoted(number: int) -> Quoted:
    text = f"原文{number}"
    record = CatalogueRecord(f"書{number}")
    address = Address(f"w{number}", 0, "", 0, text)
    return Quoted(Passage(text, (), 0, len(text)), Reference(address, record, "", "/r", date(2026, 1, 1)))


STYLE = shipped()[GBT2025]
EVIDENCE = {number: quoted(number) for number in (1, 2, 3)}


def shown(block: Block) -> str:
    return "".join(run.text for run in block.runs)


def test_a_placeholder_alone_becomes_a_quotation() -> None:
    draft = read("見下：\n\n[@2]\n\n> [@1]", EVIDENCE, STYLE)
    assert [(block.kind, shown(block)) for block in draft.blocks] == [
        (BlockKind.PARAGRAPH, "見下："),
        (BlockKind.QUOTATION, "原文2[1]"),
        (BlockKind.QUOTATION, "原文1[2]"),
    ]
    assert [entry.partition("[M")[0] for entry in draft.references] == ["[1] 書2", "[2] 書1"]
    assert draft.cited == (2, 1)


def test_within_a_sentence_it_is_in_quotation_marks_and_a_number_may_stand_alone() -> None:
    (block,) = read("謂[@3]，又[#1]及[#3]。", EVIDENCE, STYLE).blocks
    assert shown(block) == "謂“原文3”[1]，又[2]及[1]。"
    assert [run.reference for run in block.runs if run.reference] == [1, 2, 1]


def test_what_the_case_has_not_stays_and_is_told() -> None:
    draft = read("[@9] [#8] [@1]", EVIDENCE, STYLE)
    assert shown(draft.blocks[0]) == "[@9] [#8] “原文1”[1]"
    assert draft.unknown == (9, 8)


def test_headings_lists_and_emphasis() -> None:
    draft = read("# 甲\n\n##### 乙\n\n- 一\n  1. 二\n  2. 三\n\n     續\n\n**粗***斜*", EVIDENCE, STYLE)
    assert [(each.kind, each.level, each.marker, shown(each)) for each in draft.blocks] == [
        (BlockKind.HEADING, 1, "", "甲"),
        (BlockKind.HEADING, 3, "", "乙"),
        (BlockKind.ITEM, 1, "•", "一"),
        (BlockKind.ITEM, 2, "1.", "二"),
        (BlockKind.ITEM, 2, "2.", "三"),
        (BlockKind.ITEM, 2, "", "續"),
        (BlockKind.PARAGRAPH, 0, "", "粗斜"),
    ]
    assert [(run.bold, run.italic) for run in draft.blocks[-1].runs] == [(True, False), (False, True)]


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<b onclick=x>粗</b>",
        "[坏](javascript:alert(1))",
        "![x](javascript:1)",
        "<javascript:1>",
    ],
)
def test_nothing_leads_out_of_the_text(text: str) -> None:
    for block in read(text, EVIDENCE, STYLE).blocks:
        assert all(run.link == "" for run in block.runs)


def test_a_link_leads_where_it_says() -> None:
    (block,) = read("[館](https://example.org/a)", EVIDENCE, STYLE).blocks
    assert [(run.text, run.link) for run in block.runs] == [("館", "https://example.org/a")]


@given(st.text("甲乙#*>-1. \n[@2]`_~|<&", max_size=60))
def test_any_text_can_be_read(text: str) -> None:
    draft = read(text, EVIDENCE, STYLE)
    assert set(draft.cited) <= EVIDENCE.keys()
    assert all(block.runs is not None for block in draft.blocks)


LONG = {
    number: replace(quoted(number), passage=Passage("甲" * length, (), 0, length))
    for number, length in enumerate((5000, 1, 999))
}


@given(
    st.lists(st.tuples(st.sampled_from(["[@0]", "[@1]", "[@2]", "[#0]", "[@7]"]), st.integers(1, 3000)), max_size=6),
    st.sampled_from(["", "\n\n", "字", " [@0]"]),
)
@settings(deadline=None, max_examples=40)
def test_no_draft_becomes_more_than_the_bound(parts: list[tuple[str, int]], between: str) -> None:
    text = "".join((place + between) * times for place, times in parts)[:LONGEST]
    draft = read(text, LONG, STYLE)
    shown = sum(len(run.text) for block in draft.blocks for run in block.runs)
    marks = sum(1 for block in draft.blocks for run in block.runs if run.reference)
    assert marks <= MOST_PLACES
    assert shown <= LARGEST + len(text) + MOST_PLACES * len("“[3]”")
    left = "".join(run.text for block in draft.blocks for run in block.runs)
    assert draft.unfilled + marks + left.count("[@7]") >= len(re.findall(r"\[[@#]\d\]", text))
    assert draft.unfilled == 0 or marks + left.count("[@7]") > 0


def test_a_draft_within_the_bound_is_filled_whole() -> None:
    times = LARGEST // 5000
    assert read("[@0]\n\n" * times, LONG, STYLE).unfilled == 0
    assert read("[@0]\n\n" * (times + 3), LONG, STYLE).unfilled == 3
    assert read("[#0]" * MOST_PLACES, LONG, STYLE).unfilled == 0
    assert read("[#0]" * (MOST_PLACES + 1), LONG, STYLE).unfilled == 1
