"""Pages as a screen reader and a keyboard meet them: headings, landmarks, labels, names."""

from __future__ import annotations

from collections import Counter
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from people import logged_in

from web.accounts.models import AccountRole
from web.app import create_app

EMPTY = {"br", "hr", "img", "input", "link", "meta", "wbr"}
"""Elements without an end tag."""
NAMED = {"a", "button", "summary", "label", "legend", "option", "title", "h1", "h2", "h3"}
"""Elements that must say something."""


class Outline(HTMLParser):
    """Elements with their attributes and, once they end, what they say."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str], list[str], set[str]]] = []
        self._open: list[int] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        said = [values[name] for name in ("alt", "aria-label") if values.get(name)]
        self.elements.append((tag, values, said, {self.elements[number][0] for number in self._open}))
        for number in self._open:
            self.elements[number][2].extend(said)
        if tag not in EMPTY:
            self._open.append(len(self.elements) - 1)

    def handle_endtag(self, tag: str) -> None:
        assert self.elements[self._open.pop()][0] == tag

    def handle_data(self, data: str) -> None:
        for number in self._open:
            self.elements[number][2].append(data)


@pytest.fixture(scope="module")
def administrator(index: Path) -> FlaskClient:
    return logged_in(create_app(index), AccountRole.ADMINISTRATOR)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("path", ["/", "/account/", "/administration/accounts?", "/administration/audit?who=x"])
def test_a_page_for_people_with_an_account_says_what_it_is(
    administrator: FlaskClient, path: str, language: str
) -> None:
    look_at(administrator, path, language)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/search?",
        "/search?q=完颜",
        "/search?q=完颜&limit=1&author=佚名",
        "/search?q=魚魚魚&mode=exact",
        "/search?q=***",
        "/read/惡本/0?q=完颜",
        "/read/惡本/0?layout=vertical",
        "/search?q=(完颜) AND (阿固達)",
        "/compose",
        "/compose?every=完颜&slip=true&phrase=完",
        "/concordance",
        "/concordance?q=完颜",
        "/concordance?q=阿固達&limit=1&layout=vertical&order=year&sample=9&without=work:惡本",
        "/concordance?q=魚魚魚",
        "/collocates",
        "/collocates?q=完颜&least=1&limit=2&beside=both:20:阿",
        "/keywords",
        "/keywords?work=惡本&least=1&limit=2",
        "/keywords?work=惡本&unit=word",
        "/distribution",
        "/distribution?q=完颜&q=阿固達&without=work:惡本",
        "/distribution?q=完颜&group=section&order=place&limit=1",
        "/distribution?q=完颜&group=event&order=place",
        "/parallels",
        "/parallels?q=完颜部人也&least=5",
        "/parallels?q=龘龘龘",
        "/parallels/works",
        "/parallels/works?work=惡本&with=惡本",
        "/parallels/works?collection=local",
        "/jobs/",
        "/works",
        "/works?q=惡&order=title",
        "/works?q=nothing",
        "/works?start=99",
        "/works/惡本",
        "/about",
        "/nowhere",
        "/account/log-in",
        "/account/invitation",
    ],
)
def test_a_page_says_what_it_is(client: FlaskClient, path: str, language: str) -> None:
    look_at(client, path, language)


def look_at(client: FlaskClient, path: str, language: str) -> None:
    page = Outline()
    page.feed(client.get(f"{path}{'&' if '?' in path else '?'}lang={language}").text)
    tags = Counter(tag for tag, *_, around in page.elements if "svg" not in around)  # a drawing has titles of its own
    assert all(tags[tag] == 1 for tag in ("title", "header", "main", "footer", "h1"))
    (root,) = (values for tag, values, *_ in page.elements if tag == "html")
    assert root["lang"] == {"zh": "zh-Hans", "en": "en"}[language]

    levels = [int(tag[1]) for tag, *_ in page.elements if tag in ("h1", "h2", "h3", "h4")]
    assert all(deeper - level <= 1 for level, deeper in pairwise([0, *levels]))

    ids = [values["id"] for _, values, *_ in page.elements if "id" in values]
    assert len(ids) == len(set(ids))
    labelled = {values["for"] for tag, values, *_ in page.elements if tag == "label" and "for" in values}
    for tag, values, said, around in page.elements:
        if tag in NAMED:
            assert "".join(said).strip(), (tag, values)
        if tag in ("input", "select", "textarea") and values.get("type") != "hidden":
            assert values.get("id") in labelled or "aria-label" in values or "label" in around, values
        if tag == "img":
            assert "alt" in values
        if tag == "nav":
            assert values["aria-label"]
        assert int(values.get("tabindex", 0)) <= 0
        for reference in ("for", "aria-labelledby", "aria-describedby", "aria-controls"):
            assert set(values.get(reference, "").split()) <= set(ids), (reference, values)
        if values.get("href", "").startswith("#"):
            assert values["href"][1:] in ids


def test_the_leaves_of_a_section_can_be_passed_by(client: FlaskClient) -> None:
    page = Outline()
    page.feed(client.get("/read/惡本/0").text)
    (skip,) = [values for tag, values, _, _ in page.elements if values.get("class") == "skip past"]
    (after,) = [values for _, values, _, _ in page.elements if values.get("id") == skip["href"][1:]]
    assert after["tabindex"] == "-1"
