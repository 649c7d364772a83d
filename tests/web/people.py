"""Accounts for tests, and clients that are logged in."""

from __future__ import annotations

import re

from flask import Flask
from flask.testing import FlaskClient

from web.accounts.models import Account, AccountRole
from web.accounts.passwords import hashed
from web.database.storage import Storage

PASSWORD = "金源故地 1115 年"


def add(app: Flask, login: str = "wang", role: AccountRole = AccountRole.READER, **values: object) -> int:
    """A new account's number."""
    storage: Storage = app.extensions["storage"]
    with storage.session.begin() as session:
        account = Account(login=login, name=f"{login}<b>", role=role, password=hashed(PASSWORD), **values)
        session.add(account)
        session.flush()
        return account.id


def token(client: FlaskClient, path: str) -> str:
    """The token of a page's forms."""
    found = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', client.get(path).text)
    assert found, path
    return found[1]


def log_in(client: FlaskClient, login: str = "wang", password: str = PASSWORD) -> int:
    """Log in; the answer's status: 302 where it went well."""
    sent = {"login": login, "password": password, "csrf_token": token(client, "/account/log-in")}
    return client.post("/account/log-in", data=sent).status_code


def logged_in(app: Flask, role: AccountRole) -> FlaskClient:
    """A client of somebody new with this role."""
    add(app, role.code, role)
    client = app.test_client()
    assert log_in(client, role.code) == 302
    return client
