"""Pages as a browser without scripts gets them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from flask import Flask
from flask.testing import FlaskClient
from open_index import build

import web
from corpora.model import Section
from indexer.store.pack import Pack
from web.app import create_app

WEB = Path(web.__file__).parent
HOSTILE = '<script>alert("x")</script>'
"""Stands in one of the works, too."""
CATALOGUE = WEB / "translations" / "en" / "LC_MESSAGES"


def test_simplified_finds_traditional_and_shows_the_original(client: FlaskClient) -> None:
    page = client.get("/search?q=会宁府&mode=exact").text
    assert '<mark class="found">會寧府</mark>' in page
    assert "1 段 · 1 处" in page
    assert "异体同文" in page


def test_a_hit_is_read_in_its_section(client: FlaskClient) -> None:
    page = client.get("/search?q=会宁府&mode=exact").text
    link = re.search(r'<h2><a href="([^"]+)"', page)
    assert link
    read = client.get(link[1].replace("&amp;", "&"))
    assert read.status_code == 200
    assert '<span id="hit"></span><mark class="found">會寧府</mark>' in read.text


@pytest.mark.parametrize("path", ["/search?q=完颜", "/search?q=黑龙江&mode=semantic"])
def test_corpus_text_is_escaped(client: FlaskClient, path: str) -> None:
    page = client.get(path).text
    assert HOSTILE not in page
    assert "&lt;script&gt;" in page


@pytest.mark.parametrize("mode", ["hybrid", "exact"])
def test_the_query_is_escaped(client: FlaskClient, mode: str) -> None:
    page = client.get("/search", query_string={"mode": mode, "q": f'"{HOSTILE}', "work": HOSTILE}).text
    assert "<script>" not in page


@pytest.mark.parametrize("path", ["/", "/search", "/search?q=完颜", "/works", "/about", "/nowhere"])
def test_nothing_is_inline(client: FlaskClient, path: str) -> None:
    response = client.get(path)
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", response.text)


def test_filters_are_addresses_that_can_be_taken_back(client: FlaskClient) -> None:
    page = client.get("/search?q=完颜&work=no-such-work").text
    assert 'class="chips"' in page
    assert "去掉全部条件" in page


def test_english_is_remembered(client: FlaskClient) -> None:
    first = client.get("/about?lang=en")
    cookie = first.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie
    assert "How to search" in client.get("/about").text
    assert "检索说明" in client.get("/about?lang=zh").text


def test_the_cookie_is_secure_over_https(app: Flask) -> None:
    response = app.test_client().get("/about?lang=en", base_url="https://localhost")
    assert "Secure" in response.headers["Set-Cookie"]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/nowhere", 404),
        ("/read/nothing/0", 404),
        ("/read/nothing/" + "9" * 5000, 404),
        ("/search?q=x&mode=fuzzy", 400),
        ("/search?q=" + "x" * 1001, 400),
        ("/search?q=***", 400),
        ("/search?q=x&cursor=nonsense", 400),
    ],
)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_failures_are_helpful_pages(client: FlaskClient, path: str, status: int, lang: str) -> None:
    response = client.get(path + ("&" if "?" in path else "?") + f"lang={lang}")
    assert response.status_code == status
    assert response.mimetype == "text/html"
    assert 'href="/"' in response.text


def test_an_unexpected_failure_is_a_page_without_its_reason(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = create_app(index)

    def fail(*_: object) -> None:
        raise RuntimeError("a secret")

    monkeypatch.setattr("web.pages.works.library", fail)
    response = app.test_client().get("/works")
    assert response.status_code == 500
    assert "a secret" not in response.text


def test_every_chinese_text_has_an_english_one() -> None:
    words = {"_": None, "gettext": None, "ngettext": (1, 2), "lazy_gettext": None}
    with (CATALOGUE / "messages.po").open("rb") as file:
        written = read_po(file)
    with (CATALOGUE / "messages.mo").open("rb") as file:
        compiled = read_mo(file)
    methods = [("**.py", "python"), ("templates/**.html", "jinja2"), ("templates/**.txt", "jinja2")]
    used = {
        message if isinstance(message, str) else message[0]
        for _, _, message, _, _ in extract_from_dir(str(WEB), method_map=methods, keywords=words)
    }
    assert used == {message.id if isinstance(message.id, str) else message.id[0] for message in written if message.id}
    for message in written:
        if not message.id:  # the header
            continue
        strings = [message.string] if isinstance(message.string, str) else list(message.string)
        assert all(strings), message.id
        known = compiled.get(message.id)
        assert known is not None, message.id
        assert list(known.string) == list(message.string), "compile messages.po anew"


def test_what_is_not_close_is_not_shown_as_if_it_were(client: FlaskClient) -> None:
    page = client.get("/search", query_string={"q": "高速铁路时刻表", "mode": "semantic"}).text
    assert "没有找到切近的段落" in page
    assert "「高速铁路」</span>" in page
    assert page.index('<details class="distant">') < page.index('class="hits"')
    near = client.get("/search", query_string={"q": "冬天凿冰捕鱼", "mode": "semantic"}).text
    assert "distant" not in near
    answer = client.get("/api/v1/search", query_string={"q": "高速铁路时刻表"}).get_json()
    assert (answer["has_close_match"], answer["unknown_words"]) == (False, ["高速铁路", "时刻表"])


def test_contents_are_listed_without_reading_other_sections(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sections = [{"title": f"卷{number}", "text": f"江水{number}"} for number in range(9)]
    (tmp_path / "江.jsonl").write_text(json.dumps({"id": "江", "title": "江志", "sections": sections}), "utf-8")
    build([tmp_path / "江.jsonl"], tmp_path / "index")
    read: list[int] = []
    section = Pack.section

    def counting(self: Pack, row: int) -> Section:
        read.append(row)
        return section(self, row)

    monkeypatch.setattr(Pack, "section", counting)
    page = create_app(tmp_path / "index").test_client().get("/read/江/4").text
    assert all(f"卷{number}</a>" in page for number in range(9))
    assert read == [4]
