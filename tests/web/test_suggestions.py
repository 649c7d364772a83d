"""Classical words for modern ones, as a reader, a program and the command line get them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from open_index import build

from web.app import create_app
from web.commands.main import main


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("old")
    (folder / "北志.txt").write_text("羣臣懼而畏之遂降\n王薨其子立", "utf-8")
    build([folder], folder / "index")
    return folder / "index"


@pytest.fixture(scope="module")
def reader(old: Path) -> FlaskClient:
    return create_app(old).test_client()


def links(page: str) -> dict[str, str]:
    """What the page suggests: each classical word with its address."""
    (section,) = re.findall(r'<section class="words".*?</section>', page, re.DOTALL) or [""]
    found = re.findall(r'<a href="([^"]+)"[^>]*>([^<]+)</a>', section)
    return {word: address.replace("&amp;", "&") for address, word in found}


def test_a_suggestion_takes_the_place_of_its_word_and_keeps_the_rest(reader: FlaskClient) -> None:
    page = reader.get("/search?q=羣臣害怕&mode=exact&collection=local&limit=7").text
    assert "古籍用词" in page
    assert '<dt lang="zh">害怕</dt>' in page
    found = links(page)
    assert list(found) == ["懼", "畏"]
    then = reader.get(found["懼"]).text
    assert '<mark class="found">羣臣懼</mark>' in then
    assert 'value="羣臣懼"' in then
    assert "limit=7" in found["懼"]
    assert "collection=local" in found["懼"]


def test_suggestions_stand_beside_an_empty_answer_and_in_english(reader: FlaskClient) -> None:
    page = reader.get("/search?q=害怕&mode=exact&lang=en").text
    assert "In old texts" in page
    assert links(page)


@pytest.mark.parametrize("q", ["羣臣懼而畏之", "", "***", "title:害怕"])
def test_without_modern_words_nothing_is_shown(reader: FlaskClient, q: str) -> None:
    assert 'class="words"' not in reader.get("/search", query_string={"q": q}).text


def test_the_endpoint_and_the_command_line_say_the_same(reader: FlaskClient, old: Path) -> None:
    answer = reader.get("/api/v1/search?q=他害怕").json
    assert answer is not None
    assert answer["suggestions"] == [{"word": "害怕", "classical": ["懼", "畏"]}]
    done = CliRunner().invoke(main, ["search", "他害怕", "--index", str(old)])
    assert "In old texts: 害怕 → 懼 畏\n" in done.stdout


def test_what_was_likely_meant_is_a_link_that_keeps_the_rest(reader: FlaskClient, old: Path) -> None:
    for typed, meant in (("王薨其紫立", "王薨其子立"), ("qunchen", "群臣"), ("懼 or 畏", "懼 OR 畏")):
        page = reader.get("/search", query_string={"q": typed, "mode": "exact", "limit": 7, "lang": "zh"}).text
        told = page.partition("是否要找")[2].partition("</div>")[0]
        (link,) = re.findall('href="([^"]+)"', told)
        assert f'<span lang="zh">{meant}</span>' in told
        assert "limit=7" in link
        assert "1 段 ·" in reader.get(link.replace("&amp;", "&")).text
        answer = reader.get("/api/v1/search", query_string={"q": typed}).json
        assert answer is not None
        assert [(each["q"], each["passages"]) for each in answer["proposals"]] == [(meant, 1)]
        done = CliRunner().invoke(main, ["search", typed, "--index", str(old)])
        assert f"Did you mean: {meant} (1 passages)\n" in done.stdout
    assert "是否要找" not in reader.get("/search?q=王薨&lang=zh").text


@pytest.mark.parametrize("path", ["/concordance?q=懼 or 畏", "/collocates?q=懼 or 畏", "/distribution?q=懼 or 畏&q=王"])
def test_every_page_of_an_analysis_says_how_it_was_likely_meant(reader: FlaskClient, path: str) -> None:
    told = reader.get(f"{path}&lang=zh").text.partition("是否要找")[2].partition("</div>")[0]
    (link,) = re.findall('href="([^"]+)"', told)
    assert "q=%E6%87%BC+OR+%E7%95%8F" in link
    assert "是否要找" not in reader.get(link.replace("&amp;", "&")).text


def test_another_language_is_told_once(reader: FlaskClient) -> None:
    page = reader.get("/search?q=Where was the capital?&lang=en").text
    assert page.count("The collection is in Chinese") == 1
    assert "Nowhere in the collection" not in page
    assert "mode=semantic" not in page
