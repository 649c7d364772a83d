"""A pasted citation names its place, on every store, and in the works that one may see alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stores import KINDS

from search.addresses import Address
from search.library import Library
from search.pasted import CitedPlace, find, numeral, read
from web.citing.layout import printed
from web.citing.references import Reference
from web.citing.styles import shipped
from web.presenting.urls import address_url

JUAN = "上京路即海古之地\n金之舊土也\n國言金曰按出虎"


def juan(number: str, label: str) -> dict[str, object]:
    pages = [{"label": f"{label}-1a", "start": 0}, {"label": f"{label}-1b", "start": 9}]
    return {"title": f"卷{number}", "text": JUAN, "pages": pages}


WORKS = [
    {
        "id": "KR2a0035",
        "title": "金史",
        "author": "脫脫等",
        "sections": [
            {"title": "進金史表", "text": "臣等", "pages": [{"label": "000-1a", "start": 0}]},
            juan("一", "001"),
            juan("二十四", "024"),
            juan("二十四考證", "025"),
        ],
    },
    {
        "id": "KR2d0010",
        "title": "欽定重訂大金國志",
        "sections": [juan("一", "001"), juan("二上", "002"), juan("二下", "003")],
    },
    {
        "id": "T51n2086",
        "title": "北山錄",
        "sections": [{"title": "卷一", "text": JUAN, "pages": [{"label": "0866c", "start": 0}]}],
    },
]
TITLES = [("KR2a0035", "金史"), ("KR2d0010", "欽定重訂大金國志"), ("other", "大金史")]


@pytest.fixture(scope="module", params=KINDS)
def library(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("pasted")
    file = folder / "works.jsonl"
    file.write_text("".join(json.dumps(work, ensure_ascii=False) + "\n" for work in WORKS), "utf-8")
    with KINDS[request.param]() as index:
        yield Library.open(index([[file]], folder / "index"))


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("金史卷二十四", [("KR2a0035", 2, "", None)]),
        ("《金史》卷24", [("KR2a0035", 2, "", None)]),
        ("金史　卷二十四　1b", [("KR2a0035", 2, "024-1b", 9)]),
        ("金史第二十四卷，葉001b", [("KR2a0035", 2, "024-1b", 9)]),
        ("金史卷九十九", []),
        ("金史", []),
        ("會寧府卷一", []),
        ("大金國志卷二", [("KR2d0010", 1, "", None), ("KR2d0010", 2, "", None)]),
        ("大金国志卷二下", [("KR2d0010", 2, "", None)]),
        ("KR2a0035_024-1b", [("KR2a0035", 2, "024-1b", 9)]),
        ("KR2a0035_024-9a", []),
        ("KR2a0035", [("KR2a0035", 0, "", None)]),
        ("KR9z9999_001-1a", []),
        ("T51n2086_p0866c05", [("T51n2086", 0, "0866c", 0)]),
        ("https://lib.example/at/KR2a0035/2/024-1b@9+2:%E9%87%91%E4%B9%8B", [("KR2a0035", 2, "024-1b", 9)]),
        ("KR2a0035/1/001-1a@0+2:上京", [("KR2a0035", 1, "001-1a", 0)]),
        ("https://lib.example/at/gone/1/@0+2:上京", []),
    ],
)
def test_a_text_leads_where_it_says(
    library: Library, text: str, places: list[tuple[str, int, str, int | None]]
) -> None:
    assert [(each.work.id, each.number, each.page, each.start) for each in find(library, text)] == places


@pytest.mark.parametrize("key", shipped())
def test_our_own_references_lead_back_in_every_style(library: Library, key: str) -> None:
    address = Address("KR2a0035", 2, "024-1b", 9, "金之舊土")
    record = library.card("KR2a0035").record
    url = f"https://lib.example{address_url(address)}"
    text = printed(Reference(address, record, "卷二十四", url, date(2026, 1, 2)), shipped()[key])
    (place,) = find(library, text)
    assert (place.work.id, place.number, place.start, place.end) == ("KR2a0035", 2, 9, 13)


@pytest.mark.parametrize("key", ["gb-t-7714-2025", "gb-t-7714-2015", "chicago", "mla", "apa"])
def test_a_reference_whose_address_is_gone_leads_by_its_juan_and_leaf(library: Library, key: str) -> None:
    address = Address("elsewhere", 2, "024-1b", 9, "金之舊土")
    record = library.card("KR2a0035").record
    url = f"https://lib.example{address_url(address)}"
    text = printed(Reference(address, record, "卷二十四", url, date(2026, 1, 2)), shipped()[key])
    (place,) = find(library, text)
    assert (place.work.id, place.number, place.page) == ("KR2a0035", 2, "024-1b")


def test_a_work_that_is_hidden_is_nowhere(library: Library) -> None:
    hidden = library.without(frozenset({"KR2a0035"}))
    for text in ("金史卷二十四", "KR2a0035_024-1b", "KR2a0035/1/001-1a@0+2:上京"):
        assert find(library, text)
        assert find(hidden, text) == ()


def test_the_longest_title_counts() -> None:
    assert read("大金史卷三", TITLES) == (CitedPlace("other", section=3),)


@given(st.text(max_size=60))
def test_any_text_can_be_read(text: str) -> None:
    for each in read(text, TITLES):
        assert each.work


PIECES = st.sampled_from(
    ["金史", "卷", "二", "十", "3a", "KR2a0035", "_", "T51n2086_p0866c05", "/at/", "@1+2:", "-", " "]
)


@given(st.lists(PIECES, max_size=12).map("".join))
def test_what_is_nearly_a_citation_can_be_read(text: str) -> None:
    assert all(each.section is None or each.section < 10**5 for each in read(text, TITLES))


def written(number: int) -> str:
    """Return a number below 1000 as books write it."""
    digits = "〇一二三四五六七八九"
    hundreds, rest = divmod(number, 100)
    tens, ones = divmod(rest, 10)
    text = f"{digits[hundreds]}百" if hundreds else ""
    if rest:
        text += "零" if hundreds and not tens else ""
        text += f"{digits[tens] if tens > 1 or hundreds else ''}十" if tens else ""
        text += digits[ones] if ones else ""
    return text


@given(st.integers(1, 999))
def test_a_numeral_is_the_number_that_it_says(number: int) -> None:
    assert numeral(written(number)) == numeral(str(number)) == numeral(f"{number:04}") == number
