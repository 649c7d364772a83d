"""The page of results, and the command line, tell where the words stand from what is only alike, and show excerpts."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from urllib.parse import unquote_plus

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from open_index import build

from web.app import create_app
from web.commands.main import main

LINE = "江水東流五百里，入於海，土人以漁獵為業。"
TEXTS = {
    "long": LINE * 12 + "上京會寧府，舊都也。" + LINE * 12,
    "short": "會寧府尹一人。",
    "town": "會寧縣，附郭，有市。",
    "ice": "冬月鑿冰取魚，謂之冬捕。",
}


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, index = tmp_path_factory.mktemp("texts"), tmp_path_factory.mktemp("index")
    for name, text in TEXTS.items():
        (folder / f"{name}.txt").write_text(text, "utf-8")
    build([folder], index)
    return index


@pytest.fixture(scope="module")
def results(texts: Path) -> FlaskClient:
    return create_app(texts).test_client()


def articles(page: str) -> list[str]:
    return re.findall(r'(?s)<article class="hit.*?</article>', page)


def test_the_status_counts_places_and_apart_what_is_alike(results: FlaskClient) -> None:
    page = results.get("/search?q=会宁府").text
    told = " ".join(re.sub("<[^>]+>", " ", page.partition('role="status"')[2].partition("</p>")[0]).split())
    assert re.search(r"2 段 · 2 处 · 另有 \d+ 段相近", told), told


def test_a_line_parts_what_is_only_alike(results: FlaskClient) -> None:
    before, _, after = results.get("/search?q=会宁府").text.partition("以下没有所查的字句，只是相近")
    assert len(articles(before)) == 2
    assert articles(after)
    assert all('class="hit alike"' in each for each in articles(after))
    assert "以下没有所查的字句" not in results.get("/search?q=会宁府&mode=exact").text


def test_filters_count_both_apart(results: FlaskClient) -> None:
    facets = results.get("/search?q=会宁府").text.partition('id="facets"')[2]
    counted = re.search(r'(?s)>town</span> <span class="count">(.*?)</span></a>', facets)
    assert counted
    assert re.sub("<[^>]+>", "", counted[1]) == "0 +1另有 1 段相近"


def test_where_nothing_stands_the_page_says_so(results: FlaskClient) -> None:
    page = results.get("/search?q=冬天凿开江上的冰捕鱼").text
    assert re.search(r"没有字句相合之处；\d+ 段相近", page)
    assert articles(page)


def test_sorted_by_date_a_link_leads_to_what_is_alike(results: FlaskClient) -> None:
    page = results.get("/search?q=冬天凿开江上的冰捕鱼&sort=date").text
    assert not articles(page)
    link = re.search(r'href="([^"]+)">按相关度看相近的', page)
    assert link
    assert articles(results.get(link[1].replace("&amp;", "&")).text)


def test_a_long_passage_shows_a_part_and_the_whole_on_demand(results: FlaskClient) -> None:
    shown = next(each for each in articles(results.get("/search?q=会宁府").text) if "舊都" in each)
    part, _, whole = shown.partition('<details class="whole">')
    assert part.count("（前略）") == part.count("（后略）") == 1
    assert part.count(LINE) < 8 < whole.count(LINE)
    for each in (part, whole):
        assert '<mark class="found">會寧府</mark>' in each
    assert "略" not in whole


def test_a_short_passage_is_shown_whole(results: FlaskClient) -> None:
    shown = next(each for each in articles(results.get("/search?q=会宁府").text) if "府尹" in each or "尹一人" in each)
    assert '<details class="whole"' not in shown
    assert "略）" not in shown


def test_the_command_line_shows_a_part_and_the_whole_on_demand(texts: Path) -> None:
    def told(*options: str) -> str:
        return CliRunner().invoke(main, ["search", "会宁府", "--index", str(texts), *options]).stdout

    assert told().count("……") == 2
    assert told("--whole").count(LINE) == 24 > told("--mode", "exact").count(LINE)
    assert re.search(r"2 passages, 2 occurrences; \d+ more alike", told())
    assert "more alike" not in told("--mode", "exact")


def test_results_are_searched_within_step_by_step_and_each_step_is_taken_back(results: FlaskClient) -> None:
    first = results.get("/search?q=江水 OR 會寧&mode=exact&within=会宁府")
    assert first.status_code == 302
    assert unquote_plus(first.headers["Location"]) == "/search?q=(江水 OR 會寧) AND (会宁府)&mode=exact"
    second = results.get(first.headers["Location"] + "&within=舊都", follow_redirects=True)
    assert second.request.args["q"] == "(江水 OR 會寧) AND (会宁府) AND (舊都)"
    assert len(articles(results.get(first.headers["Location"]).text)) == 2
    assert len(articles(second.text)) == 1
    steps = second.text.partition('aria-label="逐步缩小"')[2].partition("</ol>")[0]
    back = [unquote_plus(unescape(url)) for url in re.findall('href="([^"]*)"', steps)]
    assert back == [
        "/search?q=(会宁府) AND (舊都)&mode=exact",
        "/search?q=(江水 OR 會寧) AND (舊都)&mode=exact",
        "/search?q=(江水 OR 會寧) AND (会宁府)&mode=exact",
    ]
    one = results.get(back[1]).text.partition('aria-label="逐步缩小"')[2].partition("</ol>")[0]
    assert unquote_plus(unescape(re.findall('href="([^"]*)"', one)[1])) == "/search?q=江水 OR 會寧&mode=exact"


def test_what_is_only_alike_has_no_words_to_search_within(results: FlaskClient) -> None:
    assert 'name="within"' in results.get("/search?q=会宁府").text
    assert 'name="within"' not in results.get("/search?q=冬天凿冰捕鱼").text


def links(page: str, words: str) -> list[str]:
    """Where the links lead that say some words."""
    found = re.findall(r'<a [^>]*href="([^"]+)"[^>]*>([^<]*)', page)
    return [unescape(url) for url, said in found if said.strip().startswith(words)]


def test_what_is_marked_in_the_list_is_marked_where_it_is_read(results: FlaskClient) -> None:
    for shown in articles(results.get("/search?q=会宁府").text):
        url = re.search('<h2><a href="([^"]+)"', shown)
        assert url
        page = results.get(unescape(url[1]).replace("#hit", "")).text
        read = re.sub('<span id="[^"]+"></span>', "", page.partition("<article")[2])
        kind, other = ("shared", "found") if 'class="hit alike"' in shown else ("found", "shared")
        marks = set(re.findall(f'<mark class="{kind}">([^<]+)', shown))
        assert marks == set(re.findall(f'<mark class="{kind}">([^<]+)', read))
        assert not re.search(f'<mark class="{other}">', shown)
        assert ("标出的是与它相同的字词" in page) == (kind == "shared" and bool(marks))
    assert "没有字句相合之处" not in results.get("/read/town/0?q=title:town").text


def test_pages_are_turned_both_ways_and_say_where_one_is(results: FlaskClient) -> None:
    first = results.get("/search?q=会宁府&mode=exact&limit=1").text
    assert "第 1–1 条，共 2 条" in first
    assert not links(first, "上一页")
    second = results.get(links(first, "下一页")[0]).text
    assert "第 2–2 条，共 2 条" in second
    assert not links(second, "下一页")
    assert [unquote_plus(url) for url in links(second, "上一页")] == ["/search?q=会宁府&mode=exact&limit=1"]
    assert links(second, "上一页") == links(second, "第一页")
    assert re.search(r"共 \d+ 条 <small>2 条有所查的字句，\d+ 条只是相近", results.get("/search?q=会宁府").text)


def test_the_way_back_leads_to_the_hit_on_its_page(results: FlaskClient) -> None:
    second = results.get(links(results.get("/search?q=会宁府&limit=1").text, "下一页")[0]).text
    url = re.search('<h2><a href="([^"]+)"', second)
    assert url
    assert 'id="h-2"' in second
    read = results.get(unescape(url[1]).replace("#hit", "")).text
    (back,) = links(read, "回到检索结果")
    assert back.endswith("#h-2")
    assert 'id="h-2"' in results.get(back).text
    (turned,) = links(read, "直排")
    assert "hit=2" in turned


def test_the_reading_page_says_which_place_of_how_many_it_is_at(results: FlaskClient) -> None:
    page = results.get("/read/long/0?q=江水東流五百里&at=20").text
    assert "第 2 处，共 24 处" in page
    assert re.findall('<span id="(o-2|hit)"></span>', page) == ["o-2", "hit"]
    assert "本篇 24 处" in results.get("/read/long/0?q=江水東流五百里").text


def test_a_value_chosen_leaves_the_others_to_be_chosen_beside_it(results: FlaskClient) -> None:
    one = results.get("/search?q=会宁府&mode=exact&work=short").text
    facets = one.partition('id="facets"')[2]
    assert re.search(r'aria-current="true"[^>]*><span lang="zh">short</span>', facets)
    (both,) = [url for url in re.findall('href="([^"]+)"', facets) if "work=short" in url and "work=long" in url]
    assert len(articles(results.get(unescape(both)).text)) == 2


@pytest.mark.parametrize("path", ["/works", "/about", "/ask", "/faq", "/nowhere", "/read/short/0", "/parallels"])
def test_every_page_without_a_box_of_its_own_has_one_in_its_head(results: FlaskClient, path: str) -> None:
    head = results.get(path).text.partition('<header class="top">')[2].partition("</header>")[0]
    assert 'action="/search"' in head
    assert ('name="work" value="short"' in head) == (path == "/read/short/0")
    assert 'action="/search"' not in results.get("/search?q=江").text.partition("</header>")[0]


def test_what_was_asked_is_kept_and_nothing_is_followed_elsewhere(results: FlaskClient) -> None:
    page = results.get("/search?q=会宁府&scope=text&strict=true&work=town&work=short&limit=5&cursor=").text
    assert 'name="within"' not in page
    found = results.get("/search?q=會寧&scope=text&strict=true&work=town&work=short&limit=5").text
    form = found.partition('class="within"')[2].partition("</form>")[0]
    kept = re.findall('name="([a-z]+)" value="([^"]*)"', form)
    assert kept == [
        ("q", "會寧"),
        ("scope", "text"),
        ("limit", "5"),
        ("strict", "true"),
        ("work", "town"),
        ("work", "short"),
    ]
    away = results.get("/search?q=//example.org&within=//example.org/")
    assert away.headers["Location"].startswith("/search?q=%28%2F%2Fexample.org%29")
