"""The English interface is complete: what is still Chinese on its pages is quoted, or says that it is Chinese."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote_plus, urldefrag, urljoin, urlsplit

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from flask.testing import FlaskClient
from people import logged_in, token

import web
from search.library import Library
from web.accounts.models import AccountRole
from web.app import create_app

CATALOGUE = Path(web.__file__).parent / "translations" / "en" / "LC_MESSAGES"
HAN = re.compile("[\u3400-\u9fff\U00020000-\U0003ffff]+")
PLACEHOLDER = re.compile(r"%\(\w+\)s")
EMPTY = {"br", "hr", "img", "input", "link", "meta", "wbr"}
"""Elements without an end tag."""
SPOKEN = {"alt", "aria-label", "content", "placeholder", "title"}
"""Attributes whose values are read out or shown."""
FIRST = (
    "/?lang=en",
    "/nowhere",
    "/search",
    "/search?q=完颜&mode=exact&author=佚名",
    "/search?q=魚魚魚&mode=exact&strict=true&scope=notes",
    "/search?q=***",
    "/search?q=(完颜 OR NEAR 金",
    "/search?q=完颜&cursor=x",
)
MOST = 200
"""Pages that are looked at."""


class Reading(HTMLParser):
    """What an English reader is told on a page: all but what is announced as Chinese, and code."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[str] = []
        self.links: list[str] = []
        self._quoted = [False]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        quoted = values["lang"].startswith("zh") if "lang" in values else self._quoted[-1]
        self._quoted.append(quoted or tag == "code")
        machines = tag == "meta" and values.get("name") != "description"  # titles and addresses for programs
        for name in () if machines else sorted(SPOKEN & values.keys()):
            self.handle_data(values[name])
        if tag == "a":
            self.links.append(values["href"])
        if tag in EMPTY:
            self._quoted.pop()

    def handle_endtag(self, tag: str) -> None:
        self._quoted.pop()

    def handle_data(self, data: str) -> None:
        if not self._quoted[-1]:
            self.told.append(data)


@pytest.fixture(scope="module")
def written() -> Catalog:
    with (CATALOGUE / "messages.po").open("rb") as file:
        return read_po(file)


def texts(catalogue: Catalog) -> dict[tuple[str, ...], tuple[str, ...]]:
    """Each message with its translation, singular and plural."""
    return {forms(message.id): forms(message.string) for message in catalogue if message.id}


def forms(text: Iterable[str] | None) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text or ())


def test_every_message_is_translated_for_good(written: Catalog) -> None:
    assert [message.id for message in written if message.fuzzy and message.id] == []
    for message, translation in texts(written).items():
        assert all(translation), message
        assert {*PLACEHOLDER.findall(str(translation))} == {*PLACEHOLDER.findall(str(message))}, message


def test_what_is_shown_is_what_is_written(written: Catalog) -> None:
    with (CATALOGUE / "messages.mo").open("rb") as file:
        assert texts(read_mo(file)) == texts(written), "compile messages.po anew"


def test_english_pages_speak_english(index: Path, written: Catalog, client: FlaskClient) -> None:
    cards = Library.open(index).works()
    examples = map(str, texts(written).values())
    own = {run for text in (*map(str, cards), *examples, "简体繁體") for run in HAN.findall(text)}
    waiting = list(FIRST)
    for address in waiting:  # which grows
        response = client.get(address, follow_redirects=True)
        if response.mimetype != "text/html":
            continue
        assert '<html lang="en">' in response.text
        page = Reading()
        page.feed(response.text)
        typed = set(HAN.findall(unquote_plus(address)))
        for text in page.told:
            assert set(HAN.findall(text)) <= own | typed, (address, text)
        targets = [urldefrag(urljoin(address, link)).url for link in page.links]
        fresh = [each for each in dict.fromkeys(targets) if not urlsplit(each).netloc and each not in waiting]
        waiting += [each for each in fresh if "lang=zh" not in each][: MOST - len(waiting)]
    assert any(address.startswith("/read/") for address in waiting)


def test_english_pages_of_people_speak_english(index: Path) -> None:
    client = logged_in(create_app(index), AccountRole.ADMINISTRATOR)
    client.get("/?lang=en")
    answers = [client.get(path) for path in ("/account/", "/administration/audit", "/account/invitation")]
    answers.append(client.post("/account/", data={"csrf_token": token(client, "/account/"), "current": "x"}))
    invite, reset = {"doing": "invite", "role": "reader"}, {"doing": "reset"}
    disable = {"doing": "disable", "sure": "1"}
    for doing in (invite, reset, disable):
        path = "/administration/accounts"
        answers.append(client.post(path, data={"csrf_token": token(client, path), "account": 1, **doing}))
    client.post("/account/log-out", data={"csrf_token": token(client, "/account/")})
    answers.append(client.post("/account/log-in", data={"csrf_token": token(client, "/account/log-in"), "login": "x"}))
    assert [each.status_code for each in answers] == [200, 200, 200, 200, 200, 200, 400, 401]
    for response in answers:
        page = Reading()
        page.feed(response.text)
        assert set(HAN.findall("".join(page.told))) <= {"简体", "繁體"}, response.request.path
