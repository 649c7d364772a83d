"""Other names of what is named: told on the page, switched off by one link, kept while one reads on."""

from __future__ import annotations

import re

from flask.testing import FlaskClient


def test_the_page_says_what_was_also_searched_and_one_click_switches_it_off(client: FlaskClient) -> None:
    page = client.get("/search?q=阿固達").text
    assert '另查：<span lang="zh-Hant">阿骨打</span>' in page
    assert '<mark class="found">阿骨打</mark>' in page
    assert "异名同指" in page
    link = re.search(r'<a href="([^"]*aliases=false[^"]*)"', page)
    assert link
    off = client.get(link[1].replace("&amp;", "&")).text
    assert "另查" not in off
    assert 'name="aliases" value="false" checked' in off


def test_the_reading_page_keeps_the_choice(client: FlaskClient) -> None:
    page = client.get("/search?q=阿固達").text
    link = re.search(r'<h2><a href="([^"]+)"', page)
    assert link
    address = link[1].replace("&amp;", "&").partition("#")[0]
    assert '<mark class="found">阿骨打</mark>' in client.get(address).text
    assert '<mark class="found">' not in client.get(f"{address}&aliases=false").text


def test_the_english_page_says_it_in_english(client: FlaskClient) -> None:
    assert "Also searched: " in client.get("/search?q=阿固達&lang=en").text


def test_programs_get_the_names_and_can_do_without(client: FlaskClient) -> None:
    assert client.get("/api/v1/search?q=阿固達").get_json()["expanded_names"] == ["阿骨打"]
    assert client.get("/api/v1/search?q=阿固達&aliases=false").get_json()["expanded_names"] == []
    assert client.get("/api/v1/search?q=阿固達&strict=true").get_json()["expanded_names"] == []
