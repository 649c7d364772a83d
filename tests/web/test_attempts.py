"""Attempts are counted for all processes together, and nobody's failures shut out somebody else."""

from __future__ import annotations

import http.client
import re
import threading
from collections import Counter
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from people import PASSWORD, add, log_in, logged_in, token
from refusing import unwritable
from serving import Server, serving
from sqlalchemy import select, update

from web.accounts import attempts
from web.accounts.attempts import MOST_OF_ACCOUNT, MOST_OF_BROWSER, MOST_OF_NETWORK, MOST_OF_PAIR, Bound
from web.accounts.models import AccountRole, Attempts
from web.app import create_app
from web.database.storage import Storage, now
from web.desk.models import Case

ASKED = {"question": "會寧府在哪裡？", "name": "王", "contact": "wang@example.org"}


@pytest.fixture
def sites(index: Path, database: str, monkeypatch: pytest.MonkeyPatch) -> list[Flask]:
    """Two applications over one database, as two processes have them."""
    monkeypatch.setenv("WENYUAN_SECRET_KEY", "one key for both of the processes")
    return [create_app(index, database) for _ in range(2)]


@pytest.fixture
def site(sites: list[Flask]) -> Flask:
    return sites[0]


@pytest.fixture
def storage(site: Flask) -> Storage:
    opened: Storage = site.extensions["storage"]
    return opened


def guess(app: Flask, login: str = "wang", address: str = "192.0.2.1", client: FlaskClient | None = None) -> int:
    client = client or app.test_client()
    sent = {"login": login, "password": "wrong", "csrf_token": token(client, "/account/log-in")}
    return client.post("/account/log-in", data=sent, environ_base={"REMOTE_ADDR": address}).status_code


def ask(app: Flask, address: str = "192.0.2.1", **fields: str) -> tuple[int, str]:
    client = app.test_client()
    sent = {**ASKED, **fields, "csrf_token": token(client, "/ask")}
    answer = client.post("/ask", data=sent, environ_base={"REMOTE_ADDR": address})
    return answer.status_code, answer.text


def pass_time(storage: Storage) -> None:
    with storage.session.begin() as session:
        session.execute(update(Attempts).values(expires=now() - timedelta(seconds=1)))


def test_processes_count_together(sites: list[Flask]) -> None:
    statuses = [guess(sites[number % 2], f"a{number}") for number in range(MOST_OF_NETWORK[0] + 4)]
    assert Counter(statuses) == {401: MOST_OF_NETWORK[0], 429: 4}


def test_of_many_attempts_at_once_no_more_than_the_bound_are_made(sites: list[Flask]) -> None:
    bound = Bound("of-many", 10)
    waits: list[int] = []

    def try_it(app: Flask) -> None:
        for _ in range(8):
            with app.extensions["storage"].session.begin() as session:
                waits.append(attempts.take(session, [bound]).wait)

    threads = [threading.Thread(target=try_it, args=(sites[number % 2],)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(waits) == 32
    assert waits.count(0) == 10


def test_an_account_that_is_not_there_waits_as_one_that_is(site: Flask) -> None:
    add(site)
    there, nowhere = ([guess(site, login) for _ in range(MOST_OF_PAIR + 2)] for login in ("wang", "nobody"))
    assert there == nowhere == [401] * MOST_OF_PAIR + [429] * 2


def test_a_strangers_failures_do_not_lock_the_owner_out(site: Flask) -> None:
    add(site)
    for _ in range(MOST_OF_PAIR + 1):
        guess(site, address="198.51.100.7")
    assert guess(site, address="198.51.100.7") == 429
    assert log_in(site.test_client()) == 302  # from elsewhere, in a browser that was never here


def test_a_browser_that_logged_in_before_gets_in_whatever_strangers_do(site: Flask) -> None:
    add(site)
    client = site.test_client()
    assert log_in(client) == 302
    client.post("/account/log-out", data={"csrf_token": token(client, "/account/")})
    for _ in range(MOST_OF_PAIR + 1):  # in the same room, behind the same address
        guess(site, address="127.0.0.1")
    for number in range(MOST_OF_ACCOUNT):  # and from everywhere
        guess(site, address=f"203.0.113.{number}")
    assert log_in(site.test_client()) == 429
    assert log_in(client) == 302
    cookie = client.get_cookie("wenyuan-browser")
    assert cookie
    assert cookie.http_only


def test_a_browser_is_known_only_to_its_own_account_and_until_the_password_is_another(site: Flask) -> None:
    add(site)
    add(site, "li")
    client = site.test_client()
    assert log_in(client) == 302
    fields = {"current": PASSWORD, "password": "another, longer", "again": "another, longer"}
    other = site.test_client()
    assert log_in(other, "li") == 302
    assert other.post("/account/", data={**fields, "csrf_token": token(other, "/account/")}).status_code == 200
    stranger = site.test_client()
    kept = client.get_cookie("wenyuan-browser")
    assert kept
    stranger.set_cookie("wenyuan-browser", kept.value)
    for _ in range(MOST_OF_PAIR):
        assert guess(site, "li", "127.0.0.1", stranger) == 401
    assert log_in(stranger, "li", "another, longer") == 429
    assert log_in(other, "li", "another, longer") == 302
    stranger.set_cookie("wenyuan-browser", kept.value[:-4] + "AAAA")
    for _ in range(MOST_OF_PAIR):
        assert guess(site, "wang", "127.0.0.1", stranger) == 401
    assert log_in(stranger) == 429


def test_a_browser_that_is_known_may_not_guess_for_ever(site: Flask) -> None:
    add(site)
    client = site.test_client()
    assert log_in(client) == 302
    statuses = [guess(site, "wang", "127.0.0.1", client) for _ in range(MOST_OF_BROWSER + MOST_OF_PAIR + 1)]
    assert statuses == [401] * (MOST_OF_BROWSER + MOST_OF_PAIR) + [429]


def test_an_attack_from_everywhere_meets_the_bound_of_the_account(site: Flask, storage: Storage) -> None:
    add(site)
    statuses = Counter(guess(site, address=f"203.0.113.{number}") for number in range(MOST_OF_ACCOUNT + 3))
    assert statuses == {401: MOST_OF_ACCOUNT, 429: 3}
    administrator = logged_in(site, AccountRole.ADMINISTRATOR)
    assert "暂停登录" in administrator.get("/administration/accounts").text
    pass_time(storage)
    assert "暂停登录" not in administrator.get("/administration/accounts").text
    assert log_in(site.test_client()) == 302


def test_a_customers_networks_are_counted_together(site: Flask) -> None:
    small = [guess(site, f"a{number}", f"2001:db8:1::{number + 1:x}") for number in range(MOST_OF_NETWORK[0] + 1)]
    assert small == [401] * MOST_OF_NETWORK[0] + [429]
    left = MOST_OF_NETWORK[1] - MOST_OF_NETWORK[0]
    large = [guess(site, f"b{number}", f"2001:db8:1:{number + 1:x}::1") for number in range(left + 1)]
    assert large == [401] * left + [429]
    assert guess(site, "c", "2001:db8:2::1") == 401


def test_trying_out_links_is_counted(site: Flask) -> None:
    client = site.test_client()
    sent = {"secret": "x" * 32, "csrf_token": token(client, "/account/invitation")}
    statuses = [client.post("/account/invitation", data=sent).status_code for _ in range(MOST_OF_NETWORK[0] + 1)]
    assert statuses == [410] * MOST_OF_NETWORK[0] + [429]


def test_who_has_to_wait_is_told_how_long(site: Flask) -> None:
    add(site)
    client = site.test_client()
    for _ in range(MOST_OF_PAIR):
        log_in(client, password="wrong")
    sent = {"login": "wang", "password": PASSWORD, "csrf_token": token(client, "/account/log-in")}
    answer = client.post("/account/log-in", data=sent)
    assert 600 < int(answer.headers["Retry-After"]) <= 900
    assert "请过 15 分钟再试" in answer.text


def test_questions_are_counted_for_all_processes_and_none_is_lost(sites: list[Flask], storage: Storage) -> None:
    most = attempts.QUESTIONS_AN_HOUR[0]
    answers = [ask(sites[number % 2]) for number in range(most + 1)]
    assert [status for status, _ in answers] == [302] * most + [429]
    assert "會寧府在哪裡？" in answers[-1][1]
    assert "wang@example.org" in answers[-1][1]
    assert ask(sites[0], "198.51.100.7")[0] == 302
    with storage.session() as session:
        assert len(session.scalars(select(Case)).all()) == most + 1


def test_questions_have_a_total_for_the_day(site: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "QUESTIONS_IN_ALL", 3)
    assert [ask(site, f"198.51.100.{number}")[0] for number in range(4)] == [302, 302, 302, 429]


def test_a_program_that_fills_in_every_field_asks_nothing_and_a_person_is_told(site: Flask, storage: Storage) -> None:
    status, page = ask(site, website="https://spam.example")
    assert status == 200
    assert "請清空" in page or "请清空后再提交" in page
    assert "會寧府在哪裡？" in page
    with storage.session() as session:
        assert session.scalars(select(Case)).all() == []
    assert 'class="hidden" aria-hidden="true"' in site.test_client().get("/ask").text


def test_what_counts_no_more_is_removed(site: Flask, storage: Storage) -> None:
    guess(site, "nobody")
    pass_time(storage)
    logged_in(site, AccountRole.READER)
    with storage.session() as session:
        assert [row.key for row in session.scalars(select(Attempts)) if row.count] == []


def test_nothing_is_tried_that_can_not_be_counted(site: Flask, storage: Storage) -> None:
    add(site)
    with unwritable(storage):
        assert guess(site) == 503
        assert log_in(site.test_client()) == 503
    assert log_in(site.test_client()) == 302


class _Browser:
    """A client of a real server that keeps its cookies, and a connection for each request."""

    def __init__(self, server: Server) -> None:
        self.port = server.port
        self.cookies: dict[str, str] = {}

    def send(self, method: str, path: str, fields: dict[str, str] | None = None) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if fields is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(method, path, urlencode(fields or {}) if fields is not None else None, headers)
        answer = connection.getresponse()
        for name, value in answer.getheaders():
            if name == "Set-Cookie":
                key, _, rest = value.partition("=")
                self.cookies[key] = rest.partition(";")[0]
        page = answer.read().decode()
        connection.close()
        return answer.status, page

    def post(self, path: str, **fields: str) -> int:
        found = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', self.send("GET", path)[1])
        assert found
        return self.send("POST", path, {**fields, "csrf_token": found[1]})[0]


def test_a_real_server_counts_and_ends_sessions_in_all_its_processes(
    index: Path, tmp_path: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WENYUAN_SECRET_KEY", "one key for all of the processes")
    add(create_app(index, database))
    with serving(index, tmp_path / "log", workers=4, database=database) as server:
        browser = _Browser(server)
        assert browser.post("/account/log-in", login="wang", password=PASSWORD) == 302
        kept = _Browser(server)
        kept.cookies = dict(browser.cookies)
        assert kept.send("GET", "/account/")[0] == 200
        found = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', browser.send("GET", "/account/")[1])
        assert found
        assert browser.send("POST", "/account/log-out", {"csrf_token": found[1]})[0] == 302
        assert {kept.send("GET", "/account/")[0] for _ in range(12)} == {302}  # whichever process answers
        most = MOST_OF_NETWORK[0]
        statuses = [_Browser(server).post("/account/log-in", login=f"a{n}", password="wrong") for n in range(most + 5)]
        assert Counter(statuses) == {401: most, 429: 5}
        secret = "s" * 32
        assert kept.send("GET", f"/account/invitation%23{secret}")[0] == 404
    assert secret not in (tmp_path / "log").read_text("utf-8")
