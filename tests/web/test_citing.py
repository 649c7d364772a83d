"""References are what GB/T 7714-2015 asks for, numbered by first use."""

from __future__ import annotations

from datetime import date
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpora.catalogue import CatalogueRecord
from corpora.responsibility import responsibilities
from search.addresses import Address
from web.citing.formats import entries, gbt7714
from web.citing.references import Reference, numbered
from web.presenting.urls import address_url

JIN = CatalogueRecord(
    "金史", responsibilities=responsibilities("脫脫等"), dynasty="元", edition="文淵閣四庫全書", year=1344
)
ARTICLE = CatalogueRecord("会宁府", responsibilities=responsibilities("文渊编写组"), dynasty="现代", language="zh")


def cited(
    record: CatalogueRecord = JIN, section: str = "卷二十四", page: str = "024-1a", number: int = 24
) -> Reference:
    address = Address("w", number, page, 7, "會寧府，下")
    return Reference(address, record, section, f"https://lib.example{address_url(address)}", date(2026, 1, 2))


@pytest.mark.parametrize(
    ("reference", "entry"),
    [
        (
            cited(),
            "〔元〕脫脫等. 金史：卷二十四[M/OL]. 文淵閣四庫全書. 024-1a[2026-01-02]. "
            "https://lib.example/at/w/24/024-1a@7+5:會寧府，下.",
        ),
        (
            cited(ARTICLE, "会宁府", ""),
            "文渊编写组. 会宁府[M/OL]. [2026-01-02]. https://lib.example/at/w/24/@7+5:會寧府，下.",
        ),
        (
            cited(CatalogueRecord("失名書"), "", ""),
            "失名書[M/OL]. [2026-01-02]. https://lib.example/at/w/24/@7+5:會寧府，下.",
        ),
        (
            cited(CatalogueRecord("<b>&𤣥", responsibilities=responsibilities("甲")), "", "a/1@%"),
            "甲. <b>&𤣥[M/OL]. a/1@%[2026-01-02]. https://lib.example/at/w/24/a%2F1%2540%2525@7+5:會寧府，下.",
        ),
    ],
    ids=["old book", "modern article", "title alone", "odd characters"],
)
def test_a_reference(reference: Reference, entry: str) -> None:
    assert gbt7714(reference) == entry
    assert entries(numbered([reference])) == (f"[1] {entry}",)


def test_what_is_cited_again_keeps_its_number_and_tells_its_page() -> None:
    found = numbered([cited(), cited(ARTICLE, number=0), cited(page="024-2b"), cited(ARTICLE, number=0)])
    assert [str(mark) for mark in found.marks] == ["[1]024-1a", "[2]", "[1]024-2b", "[2]"]
    assert "024-1a[" not in entries(found)[0]
    assert entries(found)[1].startswith("[2] 文渊编写组")


@given(st.lists(st.integers(0, 4), max_size=12))
def test_numbers_follow_first_use(order: list[int]) -> None:
    found = numbered([cited(number=number) for number in order])
    firsts = list(dict.fromkeys(order))
    assert [mark.number for mark in found.marks] == [firsts.index(number) + 1 for number in order]
    assert [entry.partition("]")[0] for entry in entries(found)] == [f"[{n + 1}" for n in range(len(firsts))]


@given(st.text(st.characters(exclude_categories=("Cs",)), max_size=9), st.text(max_size=40), st.integers(0, 10**8))
def test_a_url_leads_a_browser_to_its_address(page: str, words: str, start: int) -> None:
    words = words.encode("utf-8", "replace").decode("utf-8")
    address = Address("KR2a.0035-甲", 3, page, start, words)
    url = address_url(address)
    assert not set(url) & set(' "<>\\^`{|}?#\n')
    assert url.count("/") == 4
    path = unquote(urlsplit(f"https://lib.example{url}").path)
    assert Address.parse(path.removeprefix("/at/")) == address
