"""A permanent address is shown with every hit and page, and leads to its place, or says what became of it."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from open_index import build

from search.addresses import Address
from web.app import create_app
from web.presenting.urls import address_url

TEXT = "上京路即海古之地，\n金之舊土也。國言金曰按出虎，\n會寧府下，初為會寧州。"
WORK = {
    "id": "jin",
    "title": "金史",
    "author": "脫脫等",
    "dynasty": "元",
    "edition": "文淵閣四庫全書",
    "sections": [
        {"title": "卷一", "text": "太祖本紀，諱旻。"},
        {
            "title": "卷二十四",
            "text": TEXT,
            "pages": [{"label": "024-1a", "start": 0}, {"label": "024-1b", "start": TEXT.index("會寧府")}],
        },
    ],
}
START = TEXT.index("會寧府")


def served(folder: Path, work: dict[str, object]) -> Flask:
    (folder / "jin.jsonl").write_text(json.dumps(work, ensure_ascii=False), "utf-8")
    build([folder / "jin.jsonl"], folder / "index")
    return create_app(folder / "index")


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    return served(tmp_path_factory.mktemp("permanent"), WORK).test_client()


def changed(folder: Path, old: str, new: str) -> FlaskClient:
    section = WORK["sections"][1]  # type: ignore[index]  # it is a list
    text = TEXT.replace(old, new)
    pages = [{"label": "024-1a", "start": 0}, {"label": "024-1b", "start": text.index("會寧府")}]
    other = {**WORK, "sections": [WORK["sections"][0], {**section, "text": text, "pages": pages}]}  # type: ignore[index]  # as above
    return served(folder, other).test_client()


def addresses(page: str) -> list[Address]:
    """Those that a page offers to be copied."""
    urls = [html.unescape(value) for value in re.findall(r'<input readonly value="([^"]+)"', page)]
    assert all(url.startswith("http://localhost/at/") for url in urls)
    return [Address.parse(unquote(urlsplit(url).path).removeprefix("/at/")) for url in urls]


def citations(page: str) -> list[str]:
    return [html.unescape(each) for each in re.findall(r"<textarea readonly[^>]*>([^<]*)</textarea>", page)]


def test_a_hit_bears_its_address_and_its_citation(reader: FlaskClient) -> None:
    page = reader.get("/search?q=会宁府&mode=exact").text
    (address,) = addresses(page)
    assert address == Address("jin", 1, "024-1b", START, TEXT[START:])
    (text,) = citations(page)
    assert text.startswith("〔元〕脫脫等. 金史：卷二十四[M/OL]. 文淵閣四庫全書本. 024-1b[")
    assert text.endswith(f"http://localhost{address_url(address)}.")
    assert "Permanent address" in reader.get("/search?q=会宁府&lang=en").text
    reader.get("/?lang=zh")


@pytest.mark.parametrize(
    ("query", "address", "page"),
    [
        ("", Address("jin", 1, "024-1a", 0, TEXT[:START]), ""),
        ("?at=3", Address("jin", 1, "024-1a", 0, TEXT[:START]), "024-1a"),
        (f"?at={START + 6}", Address("jin", 1, "024-1b", START, TEXT[START:]), "024-1b"),
        (f"?at={START}&to={START + 3}", Address("jin", 1, "024-1b", START, "會寧府"), "024-1b"),
        ("?at=99999&to=3", Address("jin", 1, "024-1a", 0, TEXT[:START]), ""),
        (f"?at={START}&to=99999", Address("jin", 1, "024-1b", START, TEXT[START:]), "024-1b"),
        ("?at=5&to=2", Address("jin", 1, "024-1a", 0, TEXT[:START]), "024-1a"),
    ],
)
def test_a_reading_page_cites_what_it_points_at(reader: FlaskClient, query: str, address: Address, page: str) -> None:
    shown = reader.get(f"/read/jin/1{query}").text
    assert addresses(shown) == [address]
    assert f"文淵閣四庫全書本. {page}[" in citations(shown)[0]
    assert 'href="/read/jin/1?at=0#cite"' in shown


@pytest.mark.parametrize(
    ("address", "place"),
    [
        (Address("jin", 1, "024-1b", START, "會寧府"), f"at={START}&to={START + 3}"),
        (Address("jin", 1, "024-1a", 4, "海古之地，\n金之舊土也"), "at=4&to=15"),
        (Address("jin", 1, "024-1b", START, TEXT[START:]), f"at={START}"),  # a whole page is not marked
    ],
)
def test_an_address_leads_to_its_place(reader: FlaskClient, address: Address, place: str) -> None:
    answer = reader.get(address_url(address))
    assert answer.status_code == 302
    assert answer.location == f"/read/jin/1?{place}#hit"
    assert 'id="hit"' in reader.get(answer.location).text


@pytest.mark.parametrize(
    ("old", "new", "told"), [("舊土", "故舊之土", "不在原处"), ("初為會寧州", "初為會平州", "已经不同")]
)
def test_in_an_index_built_anew_it_says_what_became_of_its_words(tmp_path: Path, old: str, new: str, told: str) -> None:
    words = "會寧府下，初為會寧州"
    client = changed(tmp_path, old, new)
    answer = client.get(address_url(Address("jin", 1, "024-1b", START, words)))
    assert answer.status_code == 200
    assert told in answer.text
    assert words in answer.text
    assert words.replace(old, new) in answer.text.partition("现在的文字")[2]
    (url,) = re.findall(r'href="(/read/jin/1[^"]+)#hit"', answer.text)
    assert re.search(r'id="hit"></span>[^會]{0,30}會寧府下', client.get(html.unescape(url)).text)


def test_of_a_work_that_is_not_there_it_says_so_and_offers_a_search(reader: FlaskClient) -> None:
    answer = reader.get("/at/liao/0/@0+2:上京")
    assert answer.status_code == 404
    assert "没有这部著作" in answer.text
    assert 'href="/search?q=%E4%B8%8A%E4%BA%AC"' in answer.text


@pytest.mark.parametrize(
    "written", ["jin", "jin/1", "jin/x/@1+1:上", "jin/1/@1+1", "jin/99999999999/@1+1:上", "jin//@0+0:", "%00", "/"]
)
def test_what_is_no_address_is_not_found(reader: FlaskClient, written: str) -> None:
    assert reader.get(f"/at/{written}").status_code in (400, 404)


def test_hostile_words_stay_words(reader: FlaskClient) -> None:
    hostile = '"><script>alert(1)</script>//../%2e%2e/{{7*7}}'
    for work in ("jin", "liao"):
        answer = reader.get(address_url(Address(work, 1, hostile, 3, hostile)))
        assert answer.status_code in (200, 404)
        assert "<script>alert" not in answer.text
        assert "{{7*7}}" in html.unescape(answer.text)
