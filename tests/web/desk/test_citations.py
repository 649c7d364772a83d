"""References are what GB/T 7714-2015 asks for, numbered by first use."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpora.catalogue import CatalogueRecord
from corpora.responsibility import responsibilities
from web.desk.citations import Source, references

JIN = CatalogueRecord(
    "金史", responsibilities=responsibilities("脫脫等"), dynasty="元", edition="文淵閣四庫全書", year=1344
)
ARTICLE = CatalogueRecord("会宁府", responsibilities=responsibilities("文渊编写组"), dynasty="现代", language="zh")


def source(record: CatalogueRecord = JIN, section: str = "卷二十四", page: str = "024-1a", number: int = 24) -> Source:
    return Source("w", record, number, section, page, f"https://lib.example/read/w/{number}", date(2026, 1, 2))


@pytest.mark.parametrize(
    ("cited", "entry"),
    [
        (
            source(),
            "[1] 〔元〕脫脫等. 金史：卷二十四[M/OL]. 文淵閣四庫全書. 024-1a[2026-01-02]. "
            "https://lib.example/read/w/24#p-024-1a.",
        ),
        (source(ARTICLE, "会宁府", ""), "[1] 文渊编写组. 会宁府[M/OL]. [2026-01-02]. https://lib.example/read/w/24."),
        (source(CatalogueRecord("失名書"), "", ""), "[1] 失名書[M/OL]. [2026-01-02]. https://lib.example/read/w/24."),
        (source(CatalogueRecord("<b>&𤣥", responsibilities=responsibilities("甲")), "", ""),
         "[1] 甲. <b>&𤣥[M/OL]. [2026-01-02]. "
         "https://lib.example/read/w/24."),
    ],
    ids=["old book", "modern article", "title alone", "odd characters"],
)  # fmt: skip
def test_a_reference(cited: Source, entry: str) -> None:
    assert references([cited]).entries == (entry,)


def test_what_is_cited_again_keeps_its_number_and_tells_its_page() -> None:
    found = references([source(), source(ARTICLE, number=0), source(page="024-2b"), source(ARTICLE, number=0)])
    assert [str(mark) for mark in found.marks] == ["[1]024-1a", "[2]", "[1]024-2b", "[2]"]
    assert "024-" not in found.entries[0]


@given(st.lists(st.integers(0, 4), max_size=12))
def test_numbers_follow_first_use(order: list[int]) -> None:
    found = references([source(number=number) for number in order])
    firsts = list(dict.fromkeys(order))
    assert [mark.number for mark in found.marks] == [firsts.index(number) + 1 for number in order]
    assert [entry.partition("]")[0] for entry in found.entries] == [f"[{n + 1}" for n in range(len(firsts))]
