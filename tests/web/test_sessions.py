"""A session can be ended, ends by itself, and says so in time."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from people import PASSWORD, add, log_in, logged_in, token
from refusing import unwritable
from sqlalchemy import event, select, update

from web.accounts import sessions
from web.accounts.models import AccountRole, AccountSession, AuditEntry
from web.app import create_app
from web.database.storage import Storage, now
from web.serving.config import Config


def is_in(client: FlaskClient) -> bool:
    status = client.get("/account/").status_code
    assert status in (200, 302)
    return status == 200


def copied(client: FlaskClient) -> FlaskClient:
    """Another browser with the same cookie."""
    cookie = client.get_cookie("wenyuan")
    assert cookie
    other = client.application.test_client()
    other.set_cookie("wenyuan", cookie.value)
    return other


def age(storage: Storage, **ages: timedelta) -> None:
    """Have every session be begun, or used, that long ago."""
    with storage.session.begin() as session:
        session.execute(update(AccountSession).values({name: now() - ago for name, ago in ages.items()}))


def rows(storage: Storage) -> list[AccountSession]:
    with storage.session() as session:
        return list(session.scalars(select(AccountSession)))


def test_a_kept_cookie_is_dead_after_logging_out(site: Flask, storage: Storage) -> None:
    add(site)
    here, elsewhere = site.test_client(), site.test_client()
    log_in(here)
    log_in(elsewhere)
    kept = copied(here)
    assert is_in(kept)
    here.post("/account/log-out", data={"csrf_token": token(here, "/account/")})
    assert not is_in(kept)
    assert is_in(elsewhere)
    assert len(rows(storage)) == 1


def test_logging_in_again_ends_the_session_of_before(site: Flask, storage: Storage) -> None:
    client = logged_in(site, AccountRole.READER)
    kept = copied(client)
    assert log_in(client, "reader") == 302
    assert [is_in(client), is_in(kept)] == [True, False]
    assert len(rows(storage)) == 1


def test_a_session_ends_however_much_it_is_used(site: Flask, storage: Storage) -> None:
    client = logged_in(site, AccountRole.READER)
    age(storage, created=timedelta(hours=11, minutes=59))
    assert is_in(client)
    age(storage, created=timedelta(hours=12))
    assert not is_in(client)


def test_a_session_ends_when_it_is_not_used(site: Flask, storage: Storage) -> None:
    client = logged_in(site, AccountRole.READER)
    age(storage, seen=sessions.IDLE - timedelta(minutes=1))
    assert is_in(client)
    age(storage, seen=sessions.IDLE)
    assert not is_in(client)


def test_the_configuration_says_how_long_a_session_lasts(index: Path, database: str) -> None:
    site = create_app(index, database, config=Config(session_hours=1))
    client = logged_in(site, AccountRole.READER)
    age(site.extensions["storage"], created=timedelta(hours=1))
    assert not is_in(client)


def test_sessions_that_are_over_are_removed(site: Flask, storage: Storage) -> None:
    logged_in(site, AccountRole.READER)
    age(storage, created=timedelta(hours=12))
    logged_in(site, AccountRole.LIBRARIAN)
    assert len(rows(storage)) == 1


def test_one_logs_out_everywhere(site: Flask, storage: Storage) -> None:
    add(site)
    browsers = [site.test_client(), site.test_client()]
    for client, name in zip(browsers, ("Firefox", "Chrome/1.0 Safari/1.0 Edg"), strict=True):
        client.environ_base["HTTP_USER_AGENT"] = f"Mozilla/5.0 {name}/1.0"
        log_in(client)
    stranger = logged_in(site, AccountRole.LIBRARIAN)
    page = browsers[0].get("/account/").text
    assert "Firefox" in page
    assert "Edge" in page
    sent = {"csrf_token": token(browsers[0], "/account/")}
    assert browsers[0].post("/account/sessions/end").status_code == 400
    assert browsers[0].post("/account/sessions/end", data=sent).status_code == 302
    assert [is_in(client) for client in (*browsers, stranger)] == [False, False, True]


def test_an_administrator_logs_somebody_out_everywhere(site: Flask, storage: Storage) -> None:
    number = add(site)
    client, administrator = site.test_client(), logged_in(site, AccountRole.ADMINISTRATOR)
    log_in(client)
    path = "/administration/accounts"
    sent = {"doing": "end-sessions", "account": number, "csrf_token": token(administrator, path)}
    assert administrator.post(path, data=sent).status_code == 302
    assert [is_in(client), is_in(administrator)] == [False, True]
    with storage.session() as session:
        last = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert last is not None
        assert (last.who, last.action, last.subject) == ("administrator", "account.end-sessions", f"account:{number}")


def test_a_page_left_open_can_ask_how_long_it_lasts_without_prolonging_it(site: Flask, storage: Storage) -> None:
    client = logged_in(site, AccountRole.READER)
    assert site.test_client().get("/account/session").json == {"seconds": 0}
    age(storage, seen=timedelta(hours=7))
    answer = client.get("/account/session")
    assert answer.json is not None
    assert 3000 < answer.json["seconds"] <= 3600
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers  # an old page's answer must not undo a new log-in
    assert rows(storage)[0].seen < now() - timedelta(hours=6)
    age(storage, seen=timedelta(hours=9))
    assert client.get("/account/session").json == {"seconds": 0}


def test_the_last_use_is_noted_now_and_then(site: Flask, storage: Storage) -> None:
    client = logged_in(site, AccountRole.READER)
    written: list[str] = []
    event.listen(storage.engine, "before_cursor_execute", lambda *args: written.append(args[2]))
    for _ in range(3):
        client.get("/about")
    assert [each for each in written if not each.startswith("SELECT")] == []
    age(storage, seen=timedelta(hours=1))
    for _ in range(3):
        client.get("/about")
    assert rows(storage)[0].seen > now() - timedelta(minutes=30)
    assert sum("UPDATE account_session SET seen" in each for each in written) == 2  # one of them is the test's own


def test_no_page_fails_because_its_use_can_not_be_noted(site: Flask, storage: Storage) -> None:
    client = logged_in(site, AccountRole.READER)
    age(storage, seen=timedelta(hours=1))
    with unwritable(storage):
        assert is_in(client)
        assert client.get("/search?q=完颜").status_code == 200
    with storage.session() as other:  # holds the lock that noting would need
        other.execute(update(AccountSession).values(agent="locked"))
        assert is_in(client)
        other.rollback()
    assert is_in(client)
    assert rows(storage)[0].seen > now() - timedelta(minutes=30)


def test_a_log_in_that_can_not_be_written_is_a_page(site: Flask, storage: Storage) -> None:
    add(site)
    client = site.test_client()
    sent = {"login": "wang", "password": PASSWORD, "csrf_token": token(client, "/account/log-in")}
    with unwritable(storage):
        answer = client.post("/account/log-in", data=sent)
        assert answer.status_code == 503
        assert "数据库现在不能写" in answer.text
        assert 'value="wang"' in answer.text
        assert client.get("/search?q=完颜").status_code == 200
    assert log_in(client) == 302


def test_logging_out_forgets_the_session_here_even_if_it_can_not_be_ended(site: Flask, storage: Storage) -> None:
    client = logged_in(site, AccountRole.READER)
    sent = {"csrf_token": token(client, "/account/")}
    with unwritable(storage):
        assert client.post("/account/log-out", data=sent).status_code == 503
    assert not is_in(client)
