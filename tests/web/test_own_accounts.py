"""Readers make accounts for themselves where that is allowed, take along what is theirs, and leave nothing behind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from databases import KINDS, new_database
from flask import Flask
from flask.testing import FlaskClient
from people import PASSWORD, add, log_in, logged_in, token
from sqlalchemy import inspect, select

from web.accounts import attempts
from web.accounts.models import Account, AccountRole, AccountSession, AuditEntry
from web.app import create_app
from web.database.storage import Base, Storage
from web.desk.models import Case
from web.desk.states import Tier
from web.serving.config import Config


@pytest.fixture(params=KINDS)
def site(request: pytest.FixtureRequest, index: Path, tmp_path: Path) -> Iterator[Flask]:
    with new_database(request.param, tmp_path) as address:
        app = create_app(index, address, config=Config(sign_up=True, state=tmp_path))
        yield app
        app.extensions["storage"].engine.dispose()


def sign_up(client: FlaskClient, login: str, password: str = PASSWORD, **more: str) -> int:
    sent = {"name": "張三", "login": login, "password": password, "again": password, **more}
    sent["csrf_token"] = token(client, "/account/sign-up")
    return client.post("/account/sign-up", data=sent).status_code


def leave(client: FlaskClient, password: str = PASSWORD) -> int:
    sent = {"password": password, "csrf_token": token(client, "/account/")}
    return client.post("/account/delete", data=sent).status_code


def rows(app: Flask, login: str) -> Account:
    storage: Storage = app.extensions["storage"]
    with storage.session() as opened:
        return opened.scalars(select(Account).where(Account.login == login)).one()


def audit(app: Flask) -> list[AuditEntry]:
    storage: Storage = app.extensions["storage"]
    with storage.session() as opened:
        return list(opened.scalars(select(AuditEntry).order_by(AuditEntry.id)))


def test_nobody_signs_up_where_the_operator_has_not_allowed_it(index: Path) -> None:
    client = create_app(index).test_client()
    assert client.get("/account/sign-up").status_code == 404
    assert "/account/sign-up" not in client.get("/account/log-in").text
    sent = {"name": "x", "login": "zhang", "password": PASSWORD, "again": PASSWORD}
    sent["csrf_token"] = token(client, "/account/log-in")
    assert client.post("/account/sign-up", data=sent).status_code == 404


def test_a_reader_signs_up_and_is_no_more_than_a_reader(site: Flask) -> None:
    client = site.test_client()
    assert "/account/sign-up" in client.get("/account/log-in").text
    assert sign_up(client, "Zhang", role="administrator") == 302
    assert rows(site, "zhang").role is AccountRole.READER
    assert client.get("/account/").status_code == 200
    assert client.get("/administration/accounts").status_code == 403
    assert client.get("/account/sign-up").status_code == 302
    assert log_in(site.test_client(), "zhang") == 302


@pytest.mark.parametrize(
    ("login", "password"), [("x", PASSWORD), ("li si", PASSWORD), ("lisi", "short"), ("", PASSWORD)]
)
def test_what_will_not_do_is_refused_and_counts_for_nothing(site: Flask, login: str, password: str) -> None:
    client = site.test_client()
    for _ in range(attempts.SIGN_UPS_AN_HOUR[0] + 1):
        assert sign_up(client, login, password) == 400
    assert sign_up(client, "good-one") == 302


def test_a_form_of_another_site_makes_no_account(site: Flask) -> None:
    sent = {"name": "x", "login": "zhang", "password": PASSWORD, "again": PASSWORD}
    assert site.test_client().post("/account/sign-up", data=sent).status_code == 400
    assert audit(site) == []


def test_who_tries_out_logins_has_to_wait(site: Flask) -> None:
    add(site, "wang")
    client = site.test_client()
    most = attempts.SIGN_UPS_AN_HOUR[0]
    assert [sign_up(client, "wang") for _ in range(most)] == [400] * most
    assert sign_up(client, "wang") == 429
    assert sign_up(client, "nobody-yet") == 429


def test_the_log_names_no_reader(site: Flask) -> None:
    client = site.test_client()
    sign_up(client, "zhang")
    log_in(client, "zhang")
    number = rows(site, "zhang").id
    told = audit(site)
    assert "account.add" in {each.action for each in told}
    assert {each.who for each in told} <= {"", f"account:{number}"}
    assert not any("zhang" in f"{each.who}{each.subject}{each.detail}" for each in told)
    page = logged_in(site, AccountRole.ADMINISTRATOR).get("/administration/audit?who=zhang").text
    assert page.count('<td lang="zh">zhang</td>') >= 2  # who is looked up, and asked for, as long as they are here


def test_what_is_ones_own_is_taken_along(site: Flask) -> None:
    client = site.test_client()
    sign_up(client, "zhang")
    answer = client.get("/account/export.json")
    assert "attachment" in answer.headers["Content-Disposition"]
    told = json.loads(answer.text)
    assert told["account"]["login"] == "zhang"
    assert told["jobs"] == []
    assert PASSWORD not in answer.text
    assert rows(site, "zhang").password not in answer.text


def test_who_leaves_leaves_nothing_behind(site: Flask) -> None:
    client, elsewhere = site.test_client(), site.test_client()
    sign_up(client, "zhang")
    log_in(elsewhere, "zhang")
    number = rows(site, "zhang").id
    assert "注销账号，全部删去" in client.get("/account/delete").text
    assert client.get("/account/delete").status_code == 200  # looking removes nothing
    assert leave(client, "not the password") == 401
    assert rows(site, "zhang").active
    assert leave(client) == 302
    for each in (client, elsewhere):
        assert each.get("/account/").status_code == 302
    assert log_in(site.test_client(), "zhang") == 401
    assert log_in(site.test_client(), f"-{number}", "") == 401
    storage: Storage = site.extensions["storage"]
    with storage.session() as opened:
        gone = opened.get_one(Account, number)
        assert (gone.login, gone.name, gone.password, gone.active) == (f"-{number}", "", "", False)
        assert gone.left is not None
        for table in Base.metadata.sorted_tables:
            for key in table.foreign_keys:
                if key.column is inspect(Account).columns.id and table.name != "audit":
                    assert opened.execute(select(table).where(key.parent == number)).all() == [], table.name
    assert [each.who for each in audit(site) if each.action == "account.leave"] == [f"account:{number}"]
    administrator = logged_in(site, AccountRole.ADMINISTRATOR)
    assert f'name="account" value="{number}"' not in administrator.get("/administration/accounts").text
    assert sign_up(site.test_client(), "zhang") == 302  # the login is free again
    assert rows(site, "zhang").id != number


@pytest.mark.parametrize("role", [AccountRole.LIBRARIAN, AccountRole.ADMINISTRATOR])
def test_staff_can_not_leave_and_are_told_why(site: Flask, role: AccountRole) -> None:
    client = logged_in(site, role)
    assert "馆员的账号不能自己注销" in client.get("/account/delete").text
    leave(client)
    assert rows(site, role.code).active


def test_who_was_staff_and_is_named_by_a_case_can_not_leave(site: Flask) -> None:
    client = logged_in(site, AccountRole.LIBRARIAN)
    storage: Storage = site.extensions["storage"]
    with storage.session.begin() as opened:
        account = opened.scalars(select(Account)).one()
        opened.add(Case(year=2026, sequence=1, question="會寧府在何處？", tier=Tier.FACTUAL, assignee_id=account.id))
        account.role = AccountRole.READER
    assert leave(client) == 409
    assert rows(site, "librarian").active
    with storage.session() as opened:
        assert opened.scalars(select(AccountSession)).first()  # nothing of it was done


def test_leaving_takes_a_token_and_somebody_who_is_logged_in(site: Flask) -> None:
    client = site.test_client()
    sign_up(client, "zhang")
    assert client.post("/account/delete", data={"password": PASSWORD}).status_code == 400
    assert rows(site, "zhang").active
    assert site.test_client().get("/account/delete").status_code == 302
    assert site.test_client().get("/account/export.json").status_code == 302
