"""A reader's own marks: on the text where it says what was marked, theirs alone, and exported as W3C has them."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from databases import KINDS, new_database
from flask import Flask
from flask.testing import FlaskClient
from html_of import HOSTILE, Reading
from open_index import build
from people import add, log_in, token
from sqlalchemy import func, select, update

from corpora.model import Access
from web.accounts import belongings
from web.accounts.models import Account, AccountRole
from web.app import create_app
from web.database.storage import now
from web.marginalia import keeping
from web.marginalia.models import Marginal

TEXT = "上京即海古之地金之舊土也國言金曰按出虎\n以按出虎水源於此故名金源建國之號蓋取諸此"
START = TEXT.index("海古之地")


class Site:
    """A site with one work, whose text changes."""

    def __init__(self, folder: Path, database: str) -> None:
        self.folder = folder
        self.publish(TEXT)
        self.app: Flask = create_app(folder / "index", database)

    def publish(self, text: str, work: str = "W", access: Access = Access.OPEN, **options: Any) -> None:
        file = self.folder / f"{work}.jsonl"
        file.write_text(json.dumps({"id": work, "title": "金史", "text": text}, ensure_ascii=False), "utf-8")
        build([file], self.folder / "index", access=access, **options)

    def client(self, login: str = "wang") -> FlaskClient:
        add(self.app, login, AccountRole.READER)
        client = self.app.test_client()
        assert log_in(client, login) == 302
        return client


@pytest.fixture(params=KINDS)
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    with new_database(request.param, tmp_path) as address:
        yield Site(tmp_path, address)


def form_of(start: int = 0, end: int = len(TEXT)) -> str:
    return f"/shelf/notes/new?work=W&section=0&range={start}-{end}"


def marked(client: FlaskClient, start: int = START, end: int = START + 4, **fields: str) -> str:
    """Mark a passage; where that leads, or what the page says that refuses it."""
    page = client.get(form_of(start, end)).text
    place = re.search(r'name="place"[^>]* value="([^"]+)"', page)
    assert place
    sent = {"place": html.unescape(place[1]), "colour": "yellow", "csrf_token": token(client, form_of()), **fields}
    answer = client.post("/shelf/notes/new", data=sent)
    return str(answer.location or answer.text)


def in_text(client: FlaskClient, path: str = "/read/W/0") -> list[tuple[str, str]]:
    """The classes of marks on a page, and what is marked."""
    found = re.findall(r'<a class="own ([a-z]+)"[^>]*>(.*?)</a>', client.get(path).text)
    return [(css, re.sub("<[^>]+>", "", body)) for css, body in found]


def said(client: FlaskClient, path: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", client.get(path).text)).split())


def post(client: FlaskClient, path: str, **fields: str) -> int:
    return client.post(path, data={**fields, "csrf_token": token(client, form_of())}).status_code


def exported(client: FlaskClient) -> list[dict[str, Any]]:
    return list(json.loads(client.get("/shelf/notes.jsonld").data)["first"]["items"])


def test_a_mark_stands_on_the_text_and_leads_to_its_note(site: Site) -> None:
    client = site.client()
    assert marked(client, colour="green", note="參《金史·地理志》") == f"/read/W/0?at={START}&to={START + 4}#hit"
    assert in_text(client) == [("green", "海古之地")]
    page = client.get("/read/W/0").text
    assert 'href="#note-1"' in page
    assert 'id="note-1"' in page
    assert 'id="mark-1"' in page
    assert "參《金史·地理志》" in said(client, "/read/W/0")


def test_a_mark_goes_over_a_line_end_and_others_within_it_are_cut(site: Site) -> None:
    client = site.client()
    middle = TEXT.index("\n")
    marked(client, middle - 3, middle + 4)
    marked(client, middle - 1, middle + 6, colour="red")
    assert in_text(client) == [("yellow", "按出虎以按出"), ("red", "虎水")]
    assert re.findall(r"<a [^>]*>[^<]*<a ", client.get("/read/W/0").text) == []


def test_the_words_can_be_named_where_nothing_can_be_selected(site: Site) -> None:
    client = site.client()
    marked(client, 0, len(TEXT), words="金之旧土")
    assert in_text(client) == [("yellow", "金之舊土")]
    assert "有 2 处" in marked(client, 0, len(TEXT), words="按出虎")
    assert "没有这些字句" in marked(client, 0, len(TEXT), words="魚")


def test_a_mark_has_an_end(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.marginalia.pages.LONGEST_PASSAGE", 8)
    client = site.client()
    assert "最多划 8 字" in marked(client, 0, len(TEXT))
    monkeypatch.setattr(keeping, "MOST", 1)
    marked(client)
    assert "最多 1 条" in marked(client)


def test_nobody_else_sees_it(site: Site) -> None:
    wang, zhao, reader = site.client("wang"), site.client("zhao"), site.app.test_client()
    plain = said(reader, "/read/W/0")
    marked(wang, note="私記")
    assert said(reader, "/read/W/0") == plain
    for client in (zhao, reader):
        assert in_text(client) == []
        assert "私記" not in client.get("/read/W/0").text + client.get("/shelf/notes").text
    assert zhao.get("/shelf/notes/1").status_code == 404
    for action in ("", "/remove", "/restore"):
        assert post(zhao, f"/shelf/notes/1{action}", colour="red", note="x") == 404
    assert exported(zhao) == []
    assert in_text(wang) == [("yellow", "海古之地")]


def test_without_an_account_it_is_said_that_one_is_needed(site: Site) -> None:
    reader = site.app.test_client()
    assert "划线与批注（要登录）" in reader.get("/read/W/0").text
    assert "/account/log-in" in str(reader.get(form_of()).location)
    assert reader.post("/shelf/notes/new", data={}).status_code in (400, 401)


def test_what_moves_is_found_again_and_what_is_gone_stays_listed(site: Site) -> None:
    client = site.client()
    marked(client, note="在此")
    site.publish(f"序言一段\n{TEXT}")
    assert in_text(client) == [("yellow", "海古之地")]
    assert exported(client)[0]["target"]["selector"][1] == {
        "type": "TextPositionSelector",
        "start": START + 5,
        "end": START + 9,
    }
    site.publish("全文已經改寫，無一字相同。")
    assert in_text(client) == []
    told = said(client, "/shelf/notes")
    assert "现在找不到这些字句" in told
    assert "海古之地" in told
    assert "在此" in told
    site.publish("又一種", "V", remove=["W"])
    assert "现在找不到这些字句" in said(client, "/shelf/notes")


def test_a_closed_work_is_as_one_that_is_gone(site: Site) -> None:
    client = site.client()
    marked(client, note="在此")
    site.publish(TEXT, "W", Access.STAFF)
    assert "现在找不到这些字句" in said(client, "/shelf/notes")
    assert client.get("/read/W/0").status_code == 404
    assert client.get(f"/shelf/notes/new?place={quote('W/0/@0+2:上京')}").status_code == 404


def test_a_mark_is_changed_removed_and_restored(site: Site) -> None:
    client = site.client()
    marked(client)
    assert post(client, "/shelf/notes/1", colour="blue", note="改了") == 302
    assert in_text(client) == [("blue", "海古之地")]
    assert post(client, "/shelf/notes/1/remove") == 302
    assert in_text(client) == []
    assert "恢复" in said(client, "/shelf/notes")
    assert client.get("/shelf/notes/1").status_code == 404
    assert post(client, "/shelf/notes/1/restore") == 302
    assert in_text(client) == [("blue", "海古之地")]


def test_what_was_removed_long_ago_goes_for_good(site: Site) -> None:
    client = site.client()
    marked(client)
    marked(client, 0, 2)
    post(client, "/shelf/notes/1/remove")
    storage = site.app.extensions["storage"]
    with storage.session.begin() as session:
        session.execute(update(Marginal).where(Marginal.id == 1).values(removed=now() - keeping.UNDO))
    assert "/restore" not in client.get("/shelf/notes").text
    post(client, "/shelf/notes/2/remove")
    with storage.session() as session:
        assert session.scalars(select(Marginal.id)).all() == [2]


def test_marks_are_exported_as_web_annotations(site: Site) -> None:
    client = site.client()
    marked(client, note="註")
    marked(client, 0, 2, colour="red")
    answer = client.get("/shelf/notes.jsonld")
    assert answer.headers["Content-Type"] == 'application/ld+json; profile="http://www.w3.org/ns/anno.jsonld"'
    held = json.loads(answer.data)
    assert (held["type"], held["total"], held["first"]["type"]) == ("AnnotationCollection", 2, "AnnotationPage")
    for each in held["first"]["items"]:
        assert each["@context"] == "http://www.w3.org/ns/anno.jsonld"
        assert each["type"] == "Annotation"
        assert each["id"].startswith("http://localhost/shelf/notes/")
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", each["created"])
        by_words, by_place = each["target"]["selector"]
        assert (by_words["type"], by_place["type"]) == ("TextQuoteSelector", "TextPositionSelector")
        assert TEXT[by_place["start"] : by_place["end"]] == by_words["exact"]
        assert f"{by_words['prefix']}{by_words['exact']}{by_words['suffix']}" in TEXT
        assert client.get(each["target"]["source"].removeprefix("http://localhost")).status_code == 200
    first, second = held["first"]["items"]
    assert (first["motivation"], second["motivation"]) == ("commenting", "highlighting")
    assert first["body"][1] == {"type": "TextualBody", "value": "註", "format": "text/plain", "purpose": "commenting"}


def test_what_is_noted_is_text(site: Site) -> None:
    client = site.client()
    marked(client, note=HOSTILE)
    for path in ("/read/W/0", "/shelf/notes", "/shelf/notes/1"):
        reading = Reading()
        reading.feed(client.get(path).text)
        assert [each for each in reading.dangers if "schema.DC" not in each] == [], path  # that names a vocabulary


def test_forms_without_their_token_are_refused(site: Site) -> None:
    client = site.client()
    marked(client)
    for path in ("/shelf/notes/new", "/shelf/notes/1", "/shelf/notes/1/remove", "/shelf/notes/1/restore"):
        assert client.post(path, data={"place": "W/0/@0+2:上京", "colour": "red"}).status_code == 400
    assert in_text(client) == [("yellow", "海古之地")]


def test_all_of_it_goes_with_the_account(site: Site) -> None:
    wang, zhao = site.client("wang"), site.client("zhao")
    marked(wang)
    marked(zhao)
    storage = site.app.extensions["storage"]
    with site.app.test_request_context(), storage.session.begin() as session:
        account = session.scalars(select(Account).where(Account.login == "wang")).one()
        (told,) = belongings.export(session, account)["notes"]
        assert told["target"]["selector"][0]["exact"] == "海古之地"
        belongings.remove(session, account)
    with storage.session() as session:
        assert session.scalar(select(func.count()).select_from(Marginal)) == 1
