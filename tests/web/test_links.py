"""Links that make accounts and set passwords end with those who gave them, and no log holds their secrets."""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from databases import migrate
from flask import Flask
from flask.testing import FlaskClient
from people import PASSWORD, add, log_in, logged_in, token
from sqlalchemy import select, text, update

from web.accounts import people
from web.accounts.models import Account, AccountRole, AuditEntry, Invitation
from web.commands.main import main
from web.database.storage import Storage
from web.serving import logs
from web.serving.server import Log

OTHER = "another one, longer"
PAGE = "/administration/accounts"


def do(client: FlaskClient, doing: str, **fields: object) -> str:
    answer = client.post(PAGE, data={**fields, "doing": doing, "csrf_token": token(client, PAGE)})
    assert answer.status_code in (200, 302)
    return answer.text


def given(client: FlaskClient, doing: str = "invite", **fields: object) -> str:
    """The secret of a link that an administrator gives."""
    found = re.search(r"/account/invitation#([\w-]+)", do(client, doing, **fields))
    assert found
    return found[1]


def opened(app: Flask, secret: str, **fields: object) -> tuple[int, str]:
    client = app.test_client()
    sent = {"secret": secret, "csrf_token": token(client, "/account/invitation"), **fields}
    answer = client.post("/account/invitation", data=sent)
    return answer.status_code, answer.text


@pytest.mark.parametrize("ending", ["disable", "demote", "password", "reset"])
def test_a_link_ends_with_its_giver(site: Flask, storage: Storage, ending: str) -> None:
    giver = logged_in(site, AccountRole.ADMINISTRATOR)
    add(site, "other", AccountRole.ADMINISTRATOR)
    with storage.session() as session:
        found = people.find(session, "administrator")
        assert found is not None
        number = found.id
    secret, bystander = given(giver, role="administrator"), site.test_client()
    log_in(bystander, "other")
    kept = given(bystander, role="reader")
    match ending:
        case "disable":
            do(bystander, "disable", account=number, sure="1")
            do(bystander, "enable", account=number)  # which brings no link back to life
        case "demote":
            do(bystander, "role", account=number, role="reviewer")
            do(bystander, "role", account=number, role="administrator")
        case "password":
            fields = {"current": PASSWORD, "password": OTHER, "again": OTHER, "csrf_token": token(giver, "/account/")}
            assert giver.post("/account/", data=fields).status_code == 200
        case "reset":
            reset = given(bystander, "reset", account=number)
            assert opened(site, reset, password=OTHER, again=OTHER)[0] == 302
    fields = {"name": "李", "login": "li", "password": OTHER, "again": OTHER}
    assert opened(site, secret)[0] == 410
    assert opened(site, secret, **fields)[0] == 410
    assert opened(site, kept)[0] == 200
    with storage.session() as session:
        assert people.find(session, "li") is None
        withdrawn = session.scalars(select(AuditEntry.detail).where(AuditEntry.action == "account.withdraw")).all()
        assert withdrawn == ["invitation:1"]


@pytest.mark.parametrize("change", [{"active": False}, {"role": AccountRole.REVIEWER}])
def test_a_link_never_outlives_its_giver_whatever_changed_the_account(
    site: Flask, storage: Storage, change: dict[str, object]
) -> None:
    secret = given(logged_in(site, AccountRole.ADMINISTRATOR), role="administrator")
    with storage.session.begin() as session:
        session.execute(update(Account).values(**change))
    assert opened(site, secret)[0] == 410


def test_a_new_link_for_a_password_replaces_the_one_before(site: Flask) -> None:
    number = add(site)
    administrator = logged_in(site, AccountRole.ADMINISTRATOR)
    first, second = (given(administrator, "reset", account=number) for _ in range(2))
    assert opened(site, first)[0] == 410
    assert opened(site, second, password=OTHER, again=OTHER)[0] == 302


def test_a_password_that_was_set_withdraws_the_links_for_it(site: Flask, storage: Storage) -> None:
    number = add(site)
    with storage.session.begin() as session:  # two at once, as there may be from before links replaced each other
        secrets = [people.invite_to_reset(session, None, session.get_one(Account, number)) for _ in range(2)]
        session.execute(update(Invitation).values(withdrawn=None))
    assert opened(site, secrets[0], password=OTHER, again=OTHER)[0] == 302
    assert opened(site, secrets[1], password=PASSWORD, again=PASSWORD)[0] == 410
    assert log_in(site.test_client(), password=OTHER) == 302


def test_a_new_password_withdraws_the_links_for_it(site: Flask) -> None:
    add(site, "wang")
    number = add(site, "li")
    secret = given(logged_in(site, AccountRole.ADMINISTRATOR), "reset", account=number)
    client = site.test_client()
    log_in(client, "li")
    fields = {"current": PASSWORD, "password": OTHER, "again": OTHER, "csrf_token": token(client, "/account/")}
    assert client.post("/account/", data=fields).status_code == 200
    assert opened(site, secret)[0] == 410


def test_open_links_are_listed_and_withdrawn(site: Flask, storage: Storage) -> None:
    number = add(site)
    administrator = logged_in(site, AccountRole.ADMINISTRATOR)
    assert "还没有用的链接" not in administrator.get(PAGE).text
    invited, reset = given(administrator, role="reviewer"), given(administrator, "reset", account=number)
    page = administrator.get(PAGE).text
    assert "设立账号：审核员" in page
    assert "设新密码：" in page
    assert page.count('value="withdraw"') == 2
    assert invited not in page  # nor any other way to use it
    assert administrator.post(PAGE, data={"doing": "withdraw", "link": 1}).status_code == 400
    do(administrator, "withdraw", link=1)
    assert opened(site, invited)[0] == 410
    assert opened(site, reset)[0] == 200
    with storage.session() as session:
        last = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert last is not None
        assert (last.who, last.action, last.detail) == ("administrator", "account.withdraw", "invitation:1")
    again = {"doing": "withdraw", "link": 1, "csrf_token": token(administrator, PAGE)}
    assert administrator.post(PAGE, data=again).status_code == 404


def test_the_command_line_lists_and_withdraws_links(site: Flask, database: str) -> None:
    def run(*arguments: str) -> tuple[int, str]:
        done = CliRunner().invoke(main, ["accounts", *arguments, "--database", database])
        return done.exit_code, done.output

    given(logged_in(site, AccountRole.ADMINISTRATOR), role="reviewer")
    secret = run("invite", "--role", "reader")[1].strip().partition("#")[2]
    listed = json.loads(run("links", "--json")[1])
    assert [(each["link"], each["for"], each["giver"]) for each in listed] == [
        ("2", "reader", "(command line)"),
        ("1", "reviewer", "administrator"),
    ]
    assert "reviewer" in run("links")[1]
    assert opened(site, secret)[0] == 200
    assert run("withdraw", "2")[0] == 0
    assert opened(site, secret)[0] == 410
    assert run("withdraw", "2")[0] == 2


def test_a_link_says_who_gave_it(site: Flask, storage: Storage) -> None:
    assert "administrator&lt;b&gt;" in opened(site, given(logged_in(site, AccountRole.ADMINISTRATOR), role="reader"))[1]
    with storage.session.begin() as session:
        secret = people.invite(session, None, AccountRole.READER)
    assert "命令行" in opened(site, secret)[1]


def test_an_upgrade_finds_out_who_gave_a_link(empty: str) -> None:
    storage = Storage.at(empty)
    with storage.engine.connect() as connection:
        migrate(connection, "0002")
        for number, active in ((1, False), (2, True)):
            connection.execute(
                text(
                    "INSERT INTO account (id, login, name, role, password, active, stamp, failures, created) VALUES "
                    "(:n, :login, 'x', 'administrator', '', :active, '', 0, '2026-01-01 00:00:00')"
                ),
                {"n": number, "login": f"a{number}", "active": active},
            )
            connection.execute(
                text(
                    "INSERT INTO invitation (id, digest, role, created, expires) VALUES "
                    "(:n, :digest, 'administrator', '2026-01-01 00:00:00', '2999-01-01 00:00:00')"
                ),
                {"n": number, "digest": str(number)},
            )
            connection.execute(
                text(
                    "INSERT INTO audit (id, at, account_id, who, address, action, subject, detail) VALUES "
                    "(:n, '2026-01-01 00:00:00', :n, 'x', '', 'account.invite', :subject, 'administrator')"
                ),
                {"n": number, "subject": f"invitation:{number}"},
            )
        connection.commit()
    storage.upgrade()
    with storage.session() as session:
        assert [(each.id, each.giver_id) for each in people.open_links(session)] == [(2, 2)]
        disabled = session.get_one(Invitation, 1)
        assert (disabled.giver_id, disabled.withdrawn is None) == (1, False)


def test_no_line_of_the_log_holds_a_secret(
    site: Flask, storage: Storage, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    with storage.session.begin() as session:
        secret = people.invite(session, None, AccountRole.ADMINISTRATOR)
    try:
        logs.configure("info")
        client = site.test_client()
        assert opened(site, secret)[0] == 200
        for mangled in (f"/account/invitation%23{secret}", f"/account/invitation/{secret}", f"/account/{secret}"):
            assert client.get(mangled).status_code == 404
        monkeypatch.setattr("web.accounts.people.invitation", lambda *_: 1 / 0)
        assert opened(site, secret)[0] == 500
        log = Log(_Settings())
        try:
            raise ValueError("broken")
        except ValueError:
            log.exception("Error handling request %s", f"/account/invitation%23{secret}?q=secret-query")
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
    written = capsys.readouterr().err
    assert secret not in written
    assert "secret-query" not in written
    paths = {event.get("path") for event in map(json.loads, written.splitlines()) if event["event"] == "request"}
    assert paths == {"/account/invitation", "/account/…"}
    assert "ZeroDivisionError" in written
    assert "ValueError" in written


class _Settings:
    """What Gunicorn's logger asks of its settings."""

    errorlog, loglevel, capture_output, accesslog, logger_class = "-", "error", False, None, Log


@pytest.mark.parametrize("command", [["serve"], ["database", "status"], ["accounts", "list"]])
@pytest.mark.parametrize(
    "address",
    [
        "postgresql://wang:hush@127.0.0.1:1/x",
        "postgresql://wang:@127.0.0.1:1/x",
        "postgresql://wang:h@sh@127.0.0.1:1/x",
        "postgresql://127.0.0.1:1/x?user=wang&password=hush",
    ],
)
def test_a_password_is_not_taken_from_the_command_line(
    index: Path, command: list[str], address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = CliRunner().invoke(main, [*command, "--database", address])
    assert typed.exit_code == 2
    assert "WENYUAN_DATABASE" in typed.stderr
    assert "hush" not in typed.output
    assert len(typed.stderr.splitlines()) == 1


def test_a_password_is_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WENYUAN_DATABASE", "postgresql://wang:hush@127.0.0.1:1/x")
    done = CliRunner().invoke(main, ["database", "status"])
    assert done.exit_code == 2
    assert "WENYUAN_DATABASE" not in done.stderr  # it was taken, and the server is not there
    assert "hush" not in done.output
