"""The list of works, which holds thousands, and the page of each."""

from __future__ import annotations

import json
import re
from html import unescape

import pytest
from flask.testing import FlaskClient
from open_index import build

from search.shelves import ShelvesRequest
from web.app import create_app

MANY = 2 * ShelvesRequest().limit + 3
WORKS = [
    {
        "id": "W1",
        "title": "遼東志",
        "author": "畢恭",
        "dynasty": "明",
        "year": 1443,
        "category": "史部/地理類",
        "sections": [{"title": "卷一", "text": "遼東古營州也", "notes": [[4, 6]]}, {"title": "卷二", "text": "開原城"}],
    },
    {"id": "W2", "title": "北征錄", "author": "金幼孜", "dynasty": "明", "year": 1410, "text": "北征出塞"},
    {"id": "W3", "title": "柳邊紀略", "author": "楊賓", "dynasty": "清", "text": "出柳條邊"},
    *({"id": f"X{number:03}", "title": f"雜記{number}", "text": "雜記"} for number in range(MANY - 3)),
]


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    folder = tmp_path_factory.mktemp("works")
    (folder / "works.jsonl").write_text("\n".join(json.dumps(work, ensure_ascii=False) for work in WORKS), "utf-8")
    build([folder / "works.jsonl"], folder / "index")
    return create_app(folder / "index").test_client()


def titles(page: str) -> list[str]:
    return re.findall(r"<cite>([^<]+)</cite></a>", page.partition("<main")[2])


def test_every_work_is_on_one_page_of_the_list(reader: FlaskClient) -> None:
    url, found = "/works", []
    for _ in range(3):
        page = reader.get(url).text
        found += titles(page)
        following = re.search('<a href="([^"]+)" rel="next"', page)
        url = unescape(following[1]) if following else ""
    assert url == ""
    assert sorted(found) == sorted(str(work["title"]) for work in WORKS)
    assert f"第 1–60 种，共 {MANY} 种" in reader.get("/works").text


@pytest.mark.parametrize("q", ["辽东志", "畢恭", "毕恭 地理", "W1"])
def test_a_work_is_found_by_its_record_in_any_script(reader: FlaskClient, q: str) -> None:
    assert titles(reader.get("/works", query_string={"q": q}).text) == ["遼東志"]


def test_works_are_sorted_by_how_titles_are_read_and_by_year(reader: FlaskClient) -> None:
    by_title = titles(reader.get("/works?order=title").text)
    assert by_title[:3] == ["北征錄", "遼東志", "柳邊紀略"]
    assert titles(reader.get("/works?order=date").text)[:3] == ["北征錄", "遼東志", "柳邊紀略"]
    assert titles(reader.get("/works?q=明&order=class").text) == ["北征錄", "遼東志"]


def test_what_is_not_there_is_told_with_a_way_out(reader: FlaskClient) -> None:
    for url in ("/works?q=宋史", "/works?start=999", "/works?collection=nowhere"):
        page = reader.get(url).text
        assert "没有找到" in page
        outs = re.findall('<a href="([^"]+)">(?:看全部|第一页)', page)
        assert all(titles(reader.get(out).text) for out in outs)
        assert outs
    assert reader.get("/works?order=size").status_code == 400
    assert reader.get("/works/nowhere").status_code == 404


def test_a_work_has_a_page_that_leads_into_it(reader: FlaskClient) -> None:
    (link,) = re.findall('<a href="([^"]+)"><cite>遼東志', reader.get("/works?q=W1").text)
    page = reader.get(link).text
    assert "正文 7 字，夹注 2 字" in page
    assert re.findall('<a href="(/read/W1/[01])">(卷.)</a>', page) == [
        ("/read/W1/0", "卷一"),
        ("/read/W1/1", "卷二"),
    ]
    form = page.partition('class="within-work"')[2].partition("</form>")[0]
    assert 'name="work" value="W1"' in form
    for path in re.findall('(?:form)?action="([^"]+)"', f'action="/search" {form}'):
        assert reader.get(f"{path}?q=開原&work=W1&group=section").status_code == 200
    assert f'href="{link}"' in reader.get("/read/W1/1").text
