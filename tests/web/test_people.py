"""Accounts are made, changed and kept safe, on pages and at the command line."""

from __future__ import annotations

import json
import re
from contextlib import nullcontext
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from click.testing import CliRunner, Result
from flask import Flask
from flask.testing import FlaskClient
from people import PASSWORD, add, log_in, logged_in, token
from sqlalchemy import select, update

from web.accounts import people
from web.accounts.attempts import MOST_OF_NETWORK, MOST_OF_PAIR
from web.accounts.models import Account, AccountRole, Attempts, AuditEntry, Invitation
from web.accounts.people import AccountFailure
from web.commands.main import main
from web.database.storage import Storage, now

OTHER = "another one, longer"


def send(client: FlaskClient, path: str, **fields: object) -> tuple[int, str]:
    answer = client.post(path, data={**fields, "csrf_token": token(client, path)})
    return answer.status_code, answer.text


def do(client: FlaskClient, doing: str, **fields: object) -> tuple[int, str]:
    return send(client, "/administration/accounts", doing=doing, **fields)


def link(text: str) -> str:
    """The secret of the link that is shown."""
    found = re.search(r"/account/invitation#([\w-]+)", text)
    assert found
    return found[1]


def opened(client: FlaskClient, secret: str, **fields: object) -> tuple[int, str]:
    """Open a link, as its page does, or send the form that it leads to."""
    return send(client, "/account/invitation", secret=secret, **fields)


def actions(storage: Storage) -> list[str]:
    with storage.session() as session:
        return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


def test_an_address_waits_after_failures_at_an_account(site: Flask, storage: Storage) -> None:
    add(site)
    client = site.test_client()
    for _ in range(MOST_OF_PAIR):
        assert log_in(client, password="wrong") == 401
    assert log_in(client) == 429  # the right one, too
    assert actions(storage).count("account.lock") == 1
    with storage.session.begin() as session:
        session.execute(update(Attempts).values(expires=now() - timedelta(seconds=1)))
    assert log_in(client) == 302


def test_a_right_password_forgives_failures(site: Flask) -> None:
    add(site)
    for _ in range(3):
        client = site.test_client()
        for _ in range(MOST_OF_PAIR - 1):
            assert log_in(client, password="wrong") == 401
        assert log_in(client) == 302


def test_an_address_waits_after_failures_whatever_the_account(site: Flask) -> None:
    client = site.test_client()
    sent = {"csrf_token": token(client, "/account/log-in"), "password": "wrong"}
    most = MOST_OF_NETWORK[0]
    statuses = [client.post("/account/log-in", data={**sent, "login": f"a{n}"}).status_code for n in range(most + 1)]
    assert statuses == [401] * most + [429]
    other = {"REMOTE_ADDR": "192.0.2.7"}
    assert client.post("/account/log-in", data={**sent, "login": "a"}, environ_base=other).status_code == 401


def test_success_does_not_count_against_an_address(site: Flask) -> None:
    add(site)
    assert {log_in(site.test_client()) for _ in range(22)} == {302}


def test_a_password_is_hashed_anew_where_more_is_recommended(
    site: Flask, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = add(site)
    monkeypatch.setattr("web.accounts.passwords._hasher", PasswordHasher())
    assert log_in(site.test_client()) == 302
    with storage.session() as session:
        kept = session.get_one(Account, number).password
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert log_in(site.test_client()) == 302


def test_one_changes_ones_password_and_stays(site: Flask) -> None:
    add(site)
    here, elsewhere = site.test_client(), site.test_client()
    log_in(here)
    log_in(elsewhere)
    fields = {"current": PASSWORD, "password": OTHER, "again": OTHER}
    assert send(here, "/account/", **{**fields, "current": "wrong"})[0] == 401
    for bad in ("short", "wang" * 4, "a" * 20):
        assert send(here, "/account/", **{**fields, "password": bad, "again": bad})[0] in (200, 400)
    assert send(here, "/account/", **{**fields, "again": "different"})[0] == 200
    assert elsewhere.get("/account/").status_code == 200
    assert send(here, "/account/", **fields)[0] == 200
    assert here.get("/account/").status_code == 200
    assert elsewhere.get("/account/").status_code == 302
    assert log_in(site.test_client()) == 401
    assert log_in(site.test_client(), password=OTHER) == 302


def test_an_invitation_makes_one_account(site: Flask, storage: Storage) -> None:
    status, page = do(logged_in(site, AccountRole.ADMINISTRATOR), "invite", role="reviewer")
    assert status == 200
    invited = site.test_client()
    fields = {"name": "李", "login": "Li.2", "password": OTHER, "again": OTHER}
    assert opened(invited, link(page), **{**fields, "login": "administrator"})[0] == 400  # taken: the link still serves
    assert opened(invited, link(page), **fields)[0] == 302
    assert "李" in invited.get("/account/").text
    assert opened(site.test_client(), link(page))[0] == 410
    with storage.session() as session:
        made = people.find(session, "li.2")
        assert made is not None
        assert made.role is AccountRole.REVIEWER
        (kept,) = session.scalars(select(Invitation))
        assert kept.digest not in link(page)


def test_an_invitation_serves_one_of_two(storage: Storage) -> None:
    with storage.session.begin() as session:
        secret = people.invite(session, None, AccountRole.READER)
    first, second = storage.session(), storage.session()
    held = [people.invitation(session, secret) for session in (first, second)]
    assert held[0]
    assert held[1]
    people.accept(first, held[0], "first", "一", OTHER)
    first.commit()
    with pytest.raises(AccountFailure, match="invitation-used"):
        people.accept(second, held[1], "second", "二", OTHER)
    second.rollback()
    assert people.find(second, "second") is None
    first.close()
    second.close()


def test_an_invitation_ends(site: Flask, storage: Storage) -> None:
    with storage.session.begin() as session:
        secret = people.invite(session, None, AccountRole.READER)
        session.scalars(select(Invitation)).one().expires = now() - timedelta(seconds=1)
    assert opened(site.test_client(), secret)[0] == 410


def test_an_administrator_lets_a_password_be_reset_without_learning_it(site: Flask) -> None:
    number = add(site)
    owner, administrator = site.test_client(), logged_in(site, AccountRole.ADMINISTRATOR)
    log_in(owner)
    _, page = do(administrator, "reset", account=number)
    fresh = site.test_client()
    assert opened(fresh, link(page), password=OTHER, again=OTHER)[0] == 302
    assert owner.get("/account/").status_code == 302
    assert log_in(site.test_client(), password=OTHER) == 302
    assert opened(site.test_client(), link(page))[0] == 410


def test_who_is_disabled_is_out_at_once(site: Flask, storage: Storage) -> None:
    number = add(site)
    client, administrator = site.test_client(), logged_in(site, AccountRole.ADMINISTRATOR)
    _, page = do(administrator, "reset", account=number)
    log_in(client)
    assert do(administrator, "disable", account=number, sure="1")[0] == 302
    assert client.get("/account/").status_code == 302
    assert log_in(client) == 401
    assert opened(site.test_client(), link(page))[0] == 410
    assert do(administrator, "enable", account=number)[0] == 302
    assert log_in(client) == 302


@pytest.mark.parametrize("doing", ["disable", "role"])
def test_the_last_administrator_stays(site: Flask, storage: Storage, doing: str) -> None:
    client = logged_in(site, AccountRole.ADMINISTRATOR)
    with storage.session() as session:
        number = people.everyone(session)[0].id
    assert do(client, doing, account=number, role="reader", sure="1")[0] == 400
    add(site, "second", AccountRole.ADMINISTRATOR)
    assert do(client, doing, account=number, role="reader", sure="1")[0] == 302
    assert client.get("/administration/accounts").status_code in (302, 403)


@pytest.mark.parametrize("fields", [{"account": 99}, {"account": "x"}, {}, {"account": 1, "role": "emperor"}])
def test_nonsense_changes_nothing(site: Flask, storage: Storage, fields: dict[str, object]) -> None:
    client = logged_in(site, AccountRole.ADMINISTRATOR)
    before = actions(storage)
    for doing in ("role", "dance", ""):
        assert do(client, doing, **fields)[0] in (400, 404)
    assert actions(storage) == before


@pytest.mark.parametrize("role", [role for role in AccountRole if role is not AccountRole.ADMINISTRATOR])
def test_administration_is_for_administrators(site: Flask, role: AccountRole) -> None:
    client = logged_in(site, role)
    for path in ("/administration/accounts", "/administration/audit"):
        assert client.get(path).status_code == 403
        assert "/administration/" not in client.get("/").text
    sent = {"csrf_token": token(client, "/account/"), "doing": "invite", "role": "administrator"}
    assert client.post("/administration/accounts", data=sent).status_code == 403


def test_the_log_tells_who_did_what(site: Flask, storage: Storage) -> None:
    number = add(site)
    client = logged_in(site, AccountRole.ADMINISTRATOR)
    do(client, "role", account=number, role="librarian")
    with storage.session() as session:
        last = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert last is not None
        told = (last.who, last.action, last.subject, last.detail, last.address)
        assert told == ("administrator", "account.role", f"account:{number}", "reader → librarian", "127.0.0.1")
    assert "reader → librarian" in client.get("/administration/audit").text
    assert "reader → librarian" not in client.get("/administration/audit?who=wang").text
    with storage.session.begin() as session:
        for line in range(120):
            session.add(AuditEntry(who="x", action=f"line-{line}"))
    seen: list[str] = []
    path = "/administration/audit?who=x"
    while path:
        page = client.get(path).text
        seen += re.findall(r"line-\d+", page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        path = following[1].replace("&amp;", "&") if following else ""
    assert seen == [f"line-{line}" for line in range(119, -1, -1)]
    for odd in ("before=x", "before=-5", "before=99999999999999999999"):
        assert client.get(f"/administration/audit?{odd}").status_code == 200


def test_no_page_of_people_is_kept_by_a_cache(site: Flask) -> None:
    client = logged_in(site, AccountRole.ADMINISTRATOR)
    for path in ("/account/", "/account/log-in", "/administration/accounts", "/administration/audit"):
        assert client.get(path).headers["Cache-Control"] == "no-store"


def run(database: str, *arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(main, ["accounts", *arguments, "--database", database], input=typed)


def test_the_command_line_looks_after_accounts(site: Flask, database: str) -> None:
    assert run(database, "add", "Wang", "--name", "王", "--role", "administrator", typed=f"{OTHER}\n").exit_code == 0
    assert log_in(site.test_client(), "wang", OTHER) == 302
    (listed,) = json.loads(run(database, "list", "--json").stdout)
    assert (listed["login"], listed["role"], listed["state"]) == ("wang", "administrator", "active")
    assert "wang" in run(database, "list").stdout
    assert run(database, "reset-password", "wang", typed=f"{PASSWORD}\n").exit_code == 0
    assert log_in(site.test_client(), "wang", OTHER) == 401
    assert log_in(site.test_client(), "wang") == 302
    made = run(database, "invite", "--role", "administrator", "--site", "https://x.example/")
    assert made.stdout.startswith("https://x.example/account/invitation#")
    fields = {"name": "李", "login": "li", "password": OTHER, "again": OTHER}
    assert opened(site.test_client(), link(made.stdout), **fields)[0] == 302
    assert run(database, "role", "wang", "reader").exit_code == 0
    assert run(database, "disable", "wang").exit_code == 0
    assert log_in(site.test_client(), "wang") == 401
    assert run(database, "enable", "wang").exit_code == 0
    assert log_in(site.test_client(), "wang") == 302


@pytest.mark.parametrize(
    ("arguments", "typed"),
    [
        (["add", "wang"], OTHER),
        (["add", "x y"], OTHER),
        (["add", "li"], "short"),
        (["add", "li"], ""),
        (["add", "li"], "li" * 10),
        (["disable", "wang"], ""),
        (["role", "wang", "reader"], ""),
        (["disable", "nobody"], ""),
        (["role", "wang", "emperor"], ""),
    ],
)
def test_what_can_not_be_done_is_one_line(site: Flask, database: str, arguments: list[str], typed: str) -> None:
    add(site, role=AccountRole.ADMINISTRATOR)
    done = run(database, *arguments, typed=typed)
    assert done.exit_code == 2
    assert len(done.stderr.splitlines()) == 1
    assert "internal error" not in done.stderr
    assert not typed or typed not in done.output


@pytest.mark.parametrize(
    ("login", "password", "good"),
    [
        ("li", "correct-horse-li", True),
        ("li", "brilliant-library-2026", True),
        ("li", "lililili-lili", False),
        ("wangxiaoming", "Wangxiaoming-1", False),
        ("wang", "ｗａｎｇ-2026-x", False),
    ],
)
def test_a_short_login_spoils_no_password(app: Flask, login: str, password: str, good: bool) -> None:
    storage: Storage = app.extensions["storage"]
    told = nullcontext() if good else pytest.raises(people.AccountFailure, match="password-guessed")
    with storage.session() as session, told:
        people.add(session, None, login, "某", AccountRole.READER, password)
