"""Readers report errors where they stand; the desk decides on them; the text is as it was."""

from __future__ import annotations

import html
import re
from pathlib import Path
from urllib.parse import quote

import pytest
from databases import KINDS, new_database
from desk_people import Desk
from flask import Flask
from flask.testing import FlaskClient
from open_index import build
from people import token
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from corpora.model import Access
from indexer.upkeep.declaring import declare
from web.accounts import attempts
from web.accounts.models import AuditEntry
from web.app import create_app
from web.database.storage import Storage
from web.errata.models import Erratum

TEXT = "上京即海古之地金之舊土也國言金曰按出虎\n以按出虎水源於此故名金源建國之號蓋取諸此"
SENT = {"words": "海古之地", "suggestion": "海古勒之地", "reason": "《金史》作海古勒", "contact": "reader@example.org"}


@pytest.fixture(params=KINDS)
def site(request: pytest.FixtureRequest, tmp_path: Path) -> object:
    (tmp_path / "上京.txt").write_text(TEXT, "utf-8")
    build([tmp_path / "上京.txt"], tmp_path / "index")
    with new_database(request.param, tmp_path) as address:
        yield create_app(tmp_path / "index", address)


@pytest.fixture
def app(site: Flask) -> Flask:
    site.config["WTF_CSRF_ENABLED"] = False
    return site


def visible(page: str) -> str:
    """What a page says, on one line."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page)).split())


def work_of(client: FlaskClient) -> str:
    return str(client.get("/api/v1/works").json["works"][0]["id"])  # type: ignore[index]  # there is one


def form_of(client: FlaskClient) -> str:
    return f"/errata/new?work={quote(work_of(client))}&section=0&range=0-{len(TEXT)}"


def place_of(client: FlaskClient) -> str:
    found = re.search(r'name="place"[^>]* value="([^"]+)"', client.get(form_of(client)).text)
    assert found
    return found[1]


def reported(client: FlaskClient, **changes: str) -> tuple[str, str]:
    """The number and the secret of a report."""
    answer = client.post("/errata/new", data={"place": place_of(client), **SENT, **changes})
    assert answer.status_code == 302, visible(answer.text)
    told = client.get(answer.location).text
    number = re.search(r"E\d{4}-\d{4}", told)
    secret = re.search(r"<code>([^<]+)</code>", told)
    assert number
    assert secret
    return number[0], secret[1]


def look(app: Flask, number: str) -> Erratum:
    storage: Storage = app.extensions["storage"]
    with storage.session() as session:
        return session.scalars(select(Erratum).where(Erratum.sequence == int(number[6:]))).one()


def status(client: FlaskClient, number: str, secret: str) -> str:
    answer = client.post("/errata/status", data={"number": number, "secret": secret})
    return visible(answer.text) if answer.status_code == 200 else ""


def test_a_report_says_where_the_words_are_and_what_they_should_be(app: Flask) -> None:
    number, _ = reported(app.test_client(), words="海古 之地")
    held = look(app, number)
    start = TEXT.index("海古之地")
    assert (held.address.start, held.address.length, held.words) == (start, 4, "海古之地")
    assert TEXT[: start + 4] in held.passage
    assert held.suggestion == SENT["suggestion"]


def test_what_was_typed_in_simplified_characters_is_found_as_the_edition_has_it(app: Flask) -> None:
    assert look(app, reported(app.test_client(), words="金之旧土")[0]).words == "金之舊土"


def test_words_over_a_line_end_are_one_place(app: Flask) -> None:
    assert look(app, reported(app.test_client(), words="按出虎以按出虎")[0]).words == "按出虎\n以按出虎"


@pytest.mark.parametrize(("words", "told"), [("魚", "没有这些字句"), ("按出虎", "有 2 处"), ("，", "没有这些字句")])
def test_words_that_name_no_one_place_are_asked_for_again(app: Flask, words: str, told: str) -> None:
    client = app.test_client()
    answer = client.post("/errata/new", data={"place": place_of(client), **SENT, "words": words})
    assert told in answer.text
    assert SENT["reason"] in answer.text
    assert client.get("/errata/received").status_code == 302


def test_a_place_that_is_not_there_has_no_form(app: Flask) -> None:
    client = app.test_client()
    for given in ("work=no&section=0&range=0-4", "work=x", "place=x", "place=no/0/@0+2:上京", "section=0&work=no"):
        assert client.get(f"/errata/new?{given}").status_code == 404, given
    for bad in ("9-4", "0-0", "0-999", "a-b", "0-99999999999"):
        assert client.get(form_of(client).replace(f"0-{len(TEXT)}", bad)).status_code == 404, bad
    assert client.get("/errata/new").status_code == 200


def test_its_fate_is_told_to_who_has_number_and_secret_alone(app: Flask) -> None:
    desk, client = Desk(app), app.test_client()
    number, secret = reported(client)
    assert "等候馆员查核" in status(client, number, secret)
    for wrong in ((number, "aaaa-bbbb-cccc-dddd"), ("E2026-9999", secret), ("x", secret)):
        assert status(client, *wrong) == ""
    desk.li.post(f"/desk/errata/{number}", data={"seen": "0", "state": "declined", "answer": "底本如此。"})
    told = status(client, number, secret)
    assert "没有采纳" in told
    assert "底本如此。" in told
    desk.zhao.post(f"/desk/errata/{number}", data={"seen": "1", "state": "mended", "answer": "已對書影改正。"})
    assert "已经改正" in status(client, number, secret)


def test_the_desk_lists_decides_and_keeps_who_did_it(app: Flask) -> None:
    desk = Desk(app)
    number, _ = reported(app.test_client())
    assert number in desk.li.get("/desk/errata").text
    assert number not in desk.li.get("/desk/errata?state=mended").text
    assert number in desk.li.get("/desk/errata?q=海古").text
    assert number not in desk.li.get("/desk/errata?q=海古 魚").text
    desk.li.post(f"/desk/errata/{number}", data={"seen": "0", "state": "accepted", "answer": ""})
    page = visible(desk.zhao.get(f"/desk/errata/{number}").text)
    assert "li氏 采纳，待改" in page
    assert "原文现在仍然如此" in page
    with desk.storage.session() as session:
        done = session.execute(
            select(AuditEntry.who, AuditEntry.action).where(AuditEntry.subject == f"erratum:{number}")
        ).all()
    assert done == [("li", "erratum.accepted")]


def test_of_two_who_decide_at_once_the_second_is_told(app: Flask) -> None:
    desk = Desk(app)
    number, _ = reported(app.test_client())
    desk.li.post(f"/desk/errata/{number}", data={"seen": "0", "state": "mended", "answer": "改好了"})
    answer = desk.zhao.post(f"/desk/errata/{number}", data={"seen": "0", "state": "declined", "answer": "底本如此"})
    assert "刚才有人处理了" in answer.text
    assert "底本如此" in answer.text
    assert look(app, number).answer == "改好了"


def test_who_declines_says_why(app: Flask) -> None:
    desk = Desk(app)
    number, _ = reported(app.test_client())
    answer = desk.li.post(f"/desk/errata/{number}", data={"seen": "0", "state": "declined", "answer": " "})
    assert "请写明缘由" in answer.text
    assert look(app, number).state.value == "new"


def test_the_contact_is_seen_by_librarians_and_can_be_forgotten(app: Flask) -> None:
    desk, client = Desk(app), app.test_client()
    number, secret = reported(client)
    assert SENT["contact"] in desk.li.get(f"/desk/errata/{number}").text
    assert SENT["contact"] not in status(client, number, secret)
    assert "不能恢复" in desk.li.post(f"/desk/errata/{number}/forget").text
    desk.li.post(f"/desk/errata/{number}/forget", data={"sure": "1"})
    assert SENT["contact"] not in desk.li.get(f"/desk/errata/{number}").text
    assert "等候馆员查核" in status(client, number, secret)


def test_readers_see_no_queue(app: Flask) -> None:
    desk = Desk(app)
    number, _ = reported(app.test_client())
    for path in ("/desk/errata", f"/desk/errata/{number}"):
        assert desk.sun.get(path).status_code == 403
        assert app.test_client().get(path).status_code == 302
    assert desk.sun.post(f"/desk/errata/{number}", data={"seen": "0", "state": "mended"}).status_code == 403
    assert look(app, number).state.value == "new"


def test_programs_that_fill_in_everything_are_refused(app: Flask) -> None:
    client = app.test_client()
    answer = client.post("/errata/new", data={"place": place_of(client), **SENT, "website": "https://spam.example"})
    assert "防自动填写" in answer.text


def test_too_many_from_one_network_wait(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "REPORTS_AN_HOUR", (2, 60))
    client = app.test_client()
    reported(client)
    reported(client)
    answer = client.post("/errata/new", data={"place": place_of(client), **SENT})
    assert answer.status_code == 429
    assert SENT["reason"] in answer.text


def test_a_form_without_its_token_is_refused(site: Flask) -> None:
    client = site.test_client()
    sent = {"place": place_of(client), **SENT}
    assert client.post("/errata/new", data=sent).status_code == 400
    path = form_of(client)
    assert client.post("/errata/new", data={**sent, "csrf_token": token(client, path)}).status_code == 302


def test_the_text_is_as_it_was(app: Flask) -> None:
    desk, client = Desk(app), app.test_client()
    number, _ = reported(client)
    desk.li.post(f"/desk/errata/{number}", data={"seen": "0", "state": "mended", "answer": ""})
    assert "海古之地" in client.get(f"/read/{work_of(client)}/0").text


def test_the_history_only_grows(app: Flask) -> None:
    reported(app.test_client())
    for statement in ("UPDATE erratum_event SET detail = 'x'", "DELETE FROM erratum_event"):
        with pytest.raises(DBAPIError), app.extensions["storage"].session.begin() as session:
            session.execute(text(statement))


def test_of_what_was_closed_since_only_the_fate_is_told(app: Flask, tmp_path: Path) -> None:
    client = app.test_client()
    path = form_of(client)
    number, secret = reported(client)
    assert "海古勒之地" in status(client, number, secret)
    declare(tmp_path / "index", "local", Access.STAFF)
    told = status(client, number, secret)
    assert "等候馆员查核" in told
    assert "海古" not in told
    assert client.get(path).status_code == 404


def test_a_text_leads_to_the_form(app: Flask) -> None:
    client = app.test_client()
    found = re.search(r'href="(/errata/new[^"]+)"', client.get(f"/read/{work_of(client)}/0").text)
    assert found
    page = client.get(html.unescape(found[1]))
    assert page.status_code == 200
    assert re.search(r'name="words"[^>]* value=""', page.text)  # the words are for the reader to name
