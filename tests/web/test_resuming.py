"""A form that could not be taken keeps its text, says why, and can be sent again; nobody else's click sends it."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from html_of import HOSTILE, seen
from people import PASSWORD, add, log_in, logged_in, token
from sqlalchemy import select
from werkzeug.test import TestResponse

from web.accounts.models import AccountRole
from web.app import create_app
from web.database.storage import Storage
from web.desk.cases import open_case
from web.desk.models import Case
from web.desk.states import Status

TEXT = '在阿城區。\n\n  上京 & <b>會寧府</b> "四里"'


@pytest.fixture
def site(index: Path) -> Flask:
    app = create_app(index)
    storage: Storage = app.extensions["storage"]
    with storage.session() as session:
        case = open_case(session, "上京在哪裡？", None)
        case.status = Status.IN_PROGRESS
        session.commit()
    return app


@pytest.fixture
def reply(site: Flask) -> str:
    """The address of a reply's editor."""
    with site.extensions["storage"].session() as session:
        return f"/desk/cases/{session.scalars(select(Case)).one().number}/reply"


def drafts(site: Flask) -> list[str]:
    with site.extensions["storage"].session() as session:
        return [each.text for each in session.scalars(select(Case)).one().revisions]


def cookie_lost(client: FlaskClient) -> None:
    client.delete_cookie("wenyuan")


def offered(answer: TestResponse) -> dict[str, str]:
    """The fields of the form that a page offers to send again, as a browser would send them."""
    form = re.search(r'<form class="sheet again" method="post" action="([^"]*)".*?</form>', answer.text, re.DOTALL)
    assert form, answer.text
    assert form[1] == answer.request.path
    fields = {
        unescape(name): unescape(value)
        for name, value in re.findall(r'<input [^>]*?name="([^"]*)"(?: value="([^"]*)")?', form[0])
    }
    boxes = re.findall(r'<textarea [^>]*?name="([^"]*)"[^>]*>\n(.*?)</textarea>', form[0], re.DOTALL)
    return fields | {unescape(name): unescape(text) for name, text in boxes}


def test_a_reply_is_saved_after_logging_in_on_the_page_that_kept_it(site: Flask, reply: str) -> None:
    client = logged_in(site, AccountRole.LIBRARIAN)
    sent = {"text": TEXT, "after": "0", "csrf_token": token(client, reply)}
    cookie_lost(client)
    answer = client.post(reply, data=sent)
    assert answer.status_code == 401
    assert "您现在没有登录" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    form = offered(answer)
    assert (form["text"], form["after"], drafts(site)) == (TEXT, "0", [])

    wrong = client.post(reply, data=form | {"login": "librarian", "password": "not mine"})
    assert wrong.status_code == 401
    assert "not mine" not in wrong.text
    form = offered(wrong)
    assert (form["text"], form["login"], drafts(site)) == (TEXT, "librarian", [])

    saved = client.post(reply, data=form | {"password": PASSWORD})
    assert (saved.status_code, saved.headers["Location"]) == (302, reply)
    assert drafts(site) == [TEXT]
    assert client.get(reply).status_code == 200  # logged in


def test_a_page_that_is_shown_after_logging_in_has_a_token_that_serves(site: Flask, reply: str) -> None:
    client = logged_in(site, AccountRole.LIBRARIAN)
    cookie_lost(client)
    form = offered(client.post(reply, data={"text": TEXT, "after": "0", "preview": "1"}))
    shown = client.post(reply, data=form | {"login": "librarian", "password": PASSWORD})
    assert shown.status_code == 200
    fresh = re.search(r'name="csrf_token" value="([^"]+)"', shown.text)
    assert fresh
    assert client.post(reply, data={"text": TEXT, "csrf_token": fresh[1]}).status_code == 302
    assert drafts(site) == [TEXT]


def test_a_session_that_ended_at_the_server_keeps_the_text(site: Flask, reply: str) -> None:
    client = logged_in(site, AccountRole.LIBRARIAN)
    sent = {"text": TEXT, "csrf_token": token(client, reply)}
    with client.session_transaction() as cookie:
        cookie.pop("_user_id")
    answer = client.post(reply, data=sent)
    assert answer.status_code == 401
    form = offered(answer) | {"login": "librarian", "password": PASSWORD}
    assert client.post(reply, data=form).status_code == 302
    assert drafts(site) == [TEXT]


def test_a_page_of_an_earlier_session_is_sent_again_without_logging_in_twice(site: Flask, reply: str) -> None:
    client = logged_in(site, AccountRole.LIBRARIAN)
    stale = {"text": TEXT, "csrf_token": token(client, reply)}
    cookie_lost(client)
    assert log_in(client, "librarian") == 302  # in another window
    answer = client.post(reply, data=stale)
    assert answer.status_code == 400
    assert "表单已经失效" in answer.text
    assert "log-in-here" not in answer.text
    assert client.post(reply, data=offered(answer)).status_code == 302
    assert drafts(site) == [TEXT]


def test_a_question_of_the_public_is_kept_when_its_token_is_over(site: Flask) -> None:
    client = site.test_client()
    sent = {"question": TEXT, "name": "趙", "contact": "a@b", "csrf_token": token(client, "/ask")}
    cookie_lost(client)
    answer = client.post("/ask", data=sent)
    assert answer.status_code == 400
    form = offered(answer)
    assert (form["question"], form["name"], form["contact"]) == (TEXT, "趙", "a@b")
    assert client.post("/ask", data=form).status_code == 302


def test_whoever_logs_in_may_do_no_more_than_before(site: Flask, reply: str) -> None:
    add(site, "reader", AccountRole.READER)
    client = site.test_client()
    form = offered(client.post(reply, data={"text": TEXT}))
    answer = client.post(reply, data=form | {"login": "reader", "password": PASSWORD})
    assert answer.status_code == 403
    assert offered(answer)["text"] == TEXT
    assert drafts(site) == []


def test_nothing_is_done_without_the_token_of_the_page(site: Flask, reply: str) -> None:
    logged_in(site, AccountRole.LIBRARIAN)
    client = site.test_client()
    client.get("/account/log-in")
    forged = {"text": TEXT, "log-in-here": "1", "login": "librarian", "password": PASSWORD}
    for extra in ({}, {"csrf_token": "x"}):
        assert client.post(reply, data=forged | extra).status_code == 401
    assert drafts(site) == []
    assert client.get(reply).status_code == 302  # not logged in


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
def test_what_another_site_sends_is_not_offered(site: Flask, reply: str, headers: dict[str, str]) -> None:
    client = logged_in(site, AccountRole.LIBRARIAN)
    answer = client.post(reply, data={"text": TEXT}, headers=headers)
    assert answer.status_code == 400
    assert "again" not in answer.text
    assert "阿城" not in answer.text


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "same-origin"}, {"Origin": "http://localhost"}])
def test_what_this_site_sends_is_offered(site: Flask, reply: str, headers: dict[str, str]) -> None:
    client = logged_in(site, AccountRole.LIBRARIAN)
    assert offered(client.post(reply, data={"text": TEXT}, headers=headers))["text"] == TEXT


def test_secrets_are_asked_for_anew(site: Flask) -> None:
    client = logged_in(site, AccountRole.READER)
    sent = {"current": "secret-1", "password": "secret-2", "again": "secret-3"}
    for path in ("/account/", "/account/log-in"):
        answer = client.post(path, data=sent)
        assert answer.status_code == 400
        assert "secret-" not in answer.text
        assert offered(answer)["password"] == ""
    cookie_lost(client)
    answer = client.post("/account/", data=sent)  # logging in and another password on one page: not asked for at once
    assert answer.status_code == 401
    assert "secret-" not in answer.text
    assert '<form class="sheet again"' not in answer.text


def test_nothing_that_was_sent_runs_on_the_page_that_keeps_it(site: Flask, reply: str) -> None:
    client = site.test_client()
    for path in (reply, "/ask", "/desk/leave", "/account/log-in", f"/administration/accounts?next={HOSTILE}"):
        answer = client.post(path, data={"text": f"{HOSTILE}\n{HOSTILE}", HOSTILE: HOSTILE, "question": HOSTILE})
        page = seen(answer.text)
        assert not page.dangers, path
        assert HOSTILE in page.text


def test_more_fields_than_a_form_has_are_not_kept(site: Flask) -> None:
    answer = site.test_client().post("/ask", data={f"a{number}": "x" for number in range(200)})
    assert answer.status_code == 400
    assert '<form class="sheet again"' not in answer.text


def test_a_draft_that_is_too_large_is_told_where_its_text_is(site: Flask, reply: str) -> None:
    client = logged_in(site, AccountRole.LIBRARIAN)
    answer = client.post(reply, data={"text": "x" * (1 << 20)})
    assert answer.status_code == 413
    assert "后退" in answer.text


@pytest.mark.parametrize("path", ["note", "asker", "move"])
def test_a_case_that_changed_meanwhile_keeps_what_was_written(site: Flask, reply: str, path: str) -> None:
    client = logged_in(site, AccountRole.LIBRARIAN)
    written = {
        "note": {"work": "x", "section": "0", "range": "0-1", "note": TEXT},
        "asker": {"name": "長" * 300},
    }
    sent = written.get(path, {"move": "reopen", "reason": TEXT}) | {"csrf_token": token(client, reply)}
    address = reply.replace("reply", {"note": "evidence"}.get(path, path))
    answer = client.post(address, data=sent)
    assert answer.status_code == 409
    assert {name: value for name, value in sent.items() if name != "csrf_token"}.items() <= offered(answer).items()


def test_over_https_the_page_of_the_site_is_named(site: Flask) -> None:
    client = site.test_client()
    sent = {"question": TEXT, "name": "趙", "contact": "a@b"}
    page = client.get("/ask", base_url="https://localhost")
    found = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', page.text)
    assert found
    sent["csrf_token"] = found[1]

    def send(**headers: str) -> TestResponse:
        return client.post("/ask", data=sent, base_url="https://localhost", headers=headers)

    refused = send()
    assert refused.status_code == 400
    assert "Referer" in refused.text
    assert offered(refused)["question"] == TEXT
    assert send(Referer="https://localhost/").status_code == 302  # as with the policy `origin`
    assert send(Referer="https://localhost/ask").status_code == 302  # as with `same-origin`, which is ours
