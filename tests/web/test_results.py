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
