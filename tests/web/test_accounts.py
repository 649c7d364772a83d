"""People log in and out, and nobody else gets in."""

from __future__ import annotations

import re
import stat
from pathlib import Path

import pytest
from databases import empty_database
from flask import Flask
from people import PASSWORD, add, log_in, token
from sqlalchemy import event, select

from web.accounts.guard import requires
from web.accounts.keys import VARIABLE, key_in, key_of
from web.accounts.models import Account, AccountRole, AuditEntry
from web.app import create_app
from web.database.failure import StorageFailure
from web.database.storage import Storage


def actions(app: Flask) -> list[str]:
    storage: Storage = app.extensions["storage"]
    with storage.session() as session:
        return [entry.action for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.id))]


@pytest.fixture
def site(index: Path, database: str) -> Flask:
    """An application with a page for each role."""
    app = create_app(index, database)
    for role in AccountRole:
        app.add_url_rule(f"/for/{role.code}", role.code, requires(role)(lambda: "welcome"))
    return app


def test_one_logs_in_and_out(site: Flask) -> None:
    add(site)
    client = site.test_client()
    assert "wang&lt;b&gt;" not in client.get("/").text
    assert log_in(client) == 302
    assert "wang&lt;b&gt;" in client.get("/").text
    assert client.post("/account/log-out", data={"csrf_token": token(client, "/")}).status_code == 302
    assert "wang&lt;b&gt;" not in client.get("/").text
    assert actions(site) == ["account.log-in", "account.log-out"]


def test_a_login_is_the_same_in_capitals(site: Flask) -> None:
    add(site)
    assert log_in(site.test_client(), " WANG ") == 302


@pytest.mark.parametrize(
    ("login", "password"), [("wang", "wrong password"), ("nobody", PASSWORD), ("wang", ""), ("", "")]
)
def test_nobody_else_gets_in(site: Flask, login: str, password: str) -> None:
    add(site)
    client = site.test_client()
    assert log_in(client, login, password) == 401
    assert client.get("/for/reader").status_code == 302


def test_what_is_wrong_is_not_told(site: Flask) -> None:
    add(site)
    pages = []
    for login in ("wang", "nobody"):
        client = site.test_client()
        sent = {"login": login, "password": "x" * 12, "csrf_token": token(client, "/account/log-in")}
        page = client.post("/account/log-in", data=sent).text
        pages.append(re.sub(r'value="[^"]*"', "", page))
    assert pages[0] == pages[1]


def test_without_its_token_a_form_is_refused(site: Flask) -> None:
    add(site)
    client = site.test_client()
    assert client.post("/account/log-in", data={"login": "wang", "password": PASSWORD}).status_code == 400
    assert log_in(client) == 302
    assert client.post("/account/log-out").status_code == 400
    assert client.get("/for/reader").status_code == 200


@pytest.mark.parametrize("role", AccountRole)
def test_a_role_may_what_the_ones_before_may(site: Flask, role: AccountRole) -> None:
    add(site, role=role)
    client = site.test_client()
    log_in(client)
    for asked in AccountRole:
        assert client.get(f"/for/{asked.code}").status_code == (200 if asked <= role else 403)


def test_one_is_asked_to_log_in_and_led_on(site: Flask) -> None:
    add(site)
    client = site.test_client()
    asked = client.get("/for/reader?a=1&b=2")
    assert asked.status_code == 302
    page = client.get(asked.location)
    assert 'value="/for/reader?a=1&amp;b=2"' in page.text
    sent = {"login": "wang", "password": PASSWORD, "next": "/for/reader?a=1&b=2"}
    led = client.post("/account/log-in", data={**sent, "csrf_token": token(client, "/account/log-in")})
    assert led.location == "/for/reader?a=1&b=2"


@pytest.mark.parametrize(
    "next_", ["https://example.org/", "//example.org/", "/\\example.org", "javascript:1", "/a\nb", ""]
)
def test_one_is_not_led_to_another_site(site: Flask, next_: str) -> None:
    add(site)
    client = site.test_client()
    sent = {"login": "wang", "password": PASSWORD, "next": next_, "csrf_token": token(client, "/account/log-in")}
    assert client.post("/account/log-in", data=sent).location == "/"


def test_a_session_ends_with_the_account_and_with_its_stamp(site: Flask) -> None:
    number = add(site)
    storage: Storage = site.extensions["storage"]
    for change in ({"stamp": "another"}, {"active": False}):
        with storage.session.begin() as session:
            session.get_one(Account, number).active = True
        client = site.test_client()
        log_in(client)
        assert client.get("/for/reader").status_code == 200
        with storage.session.begin() as session:
            for name, value in change.items():
                setattr(session.get_one(Account, number), name, value)
        assert client.get("/for/reader").status_code == 302
    assert log_in(site.test_client()) == 401


def test_a_forged_session_is_none(site: Flask) -> None:
    add(site)
    client = site.test_client()
    client.set_cookie("wenyuan", "eyJfdXNlcl9pZCI6IjEuYWJjIn0.aaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbb")
    assert client.get("/for/reader").status_code == 302


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_cookies_are_kept_from_scripts_and_other_sites(site: Flask, scheme: str) -> None:
    client = site.test_client()
    (cookie,) = client.get("/account/log-in", base_url=f"{scheme}://localhost").headers.getlist("Set-Cookie")
    parts = cookie.split("; ")
    assert "HttpOnly" in parts
    assert "SameSite=Lax" in parts
    assert ("Secure" in parts) == (scheme == "https")


def test_readers_without_an_account_do_not_touch_the_database(site: Flask) -> None:
    asked: list[str] = []
    event.listen(site.extensions["storage"].engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    client = site.test_client()
    for path in ("/", "/works", "/search?q=完颜", "/read/惡本/0", "/api/v1/search?q=完颜"):
        assert client.get(path).status_code == 200
    assert asked == []


def test_what_is_open_is_searched_while_the_database_is_away(site: Flask) -> None:
    add(site)
    client = site.test_client()
    log_in(client)
    site.extensions["storage"] = Storage.at("postgresql://nobody@127.0.0.1:1/none")
    assert client.get("/search?q=完颜").status_code == 200
    assert client.get("/account/session").status_code == 503  # not 0 seconds: nobody knows
    assert client.get("/for/reader").status_code == 302
    assert log_in(client) == 503


def test_on_a_server_the_key_is_that_of_all_machines(tmp_path: Path) -> None:
    with empty_database("postgresql", tmp_path) as address:
        machines = [Storage.open(address) for _ in range(2)]
        keys = {key_of(each, tmp_path / str(number) / "wenyuan.key") for number, each in enumerate(machines)}
        for each in machines:
            each.engine.dispose()
    assert len(keys) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_key_in_a_file_of_before_becomes_the_servers(tmp_path: Path) -> None:
    kept = tmp_path / "wenyuan.key"
    key = key_in(kept)
    with empty_database("postgresql", tmp_path) as address:
        storage = Storage.open(address)
        assert key_of(storage, kept) == key
        kept.unlink()
        assert key_of(storage, kept) == key
        storage.engine.dispose()


def test_the_key_is_made_once_for_its_owner_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = tmp_path / "state" / "wenyuan.key"
    key = key_in(kept)
    assert len(key) >= 32
    assert key_in(kept) == key
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    monkeypatch.setenv(VARIABLE, "another key that is just as long as it has to be")
    assert key_in(kept) != key
    monkeypatch.setenv(VARIABLE, "short")
    with pytest.raises(StorageFailure, match="at least 32 bytes"):
        key_in(kept)
