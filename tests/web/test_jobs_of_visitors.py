"""Who logs in keeps sight of the jobs that were begun before, and of nobody else's."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from people import add, log_in, token

from web.app import create_app
from web.database.storage import Storage
from web.jobs.models import Job
from web.pages import comparing


@pytest.fixture
def site(index: Path, monkeypatch: pytest.MonkeyPatch) -> Flask:
    monkeypatch.setattr(comparing, "AT_ONCE", 0)
    app = create_app(index)
    for login in ("wang", "zhang"):
        add(app, login)
    return app


def ask(client: FlaskClient, least: int) -> str:
    sent = {
        "collection": "local",
        "least": str(least),
        "csrf_token": token(client, "/parallels/works?collection=local"),
    }
    location: str = client.post("/parallels/works", data=sent).location
    return location


def test_a_visitors_jobs_go_with_who_logs_in(site: Flask) -> None:
    client, other = site.test_client(), site.test_client()
    before, others = ask(client, 8), ask(other, 9)
    assert log_in(client) == 302
    assert before in client.get("/jobs/").text
    assert client.get(before).status_code == 200
    assert client.get(others).status_code == 404
    assert other.get(others).status_code == 200
    elsewhere = site.test_client()
    log_in(elsewhere)
    assert before in elsewhere.get("/jobs/").text  # they are the account's from then on
    assert log_in(other, "zhang") == 302
    assert other.get(before).status_code == 404


def test_whoever_comes_to_the_browser_after_logging_out_has_none(site: Flask) -> None:
    client = site.test_client()
    before = ask(client, 8)
    log_in(client)
    client.post("/account/log-out", data={"csrf_token": token(client, "/account/")})
    assert client.get(before).status_code == 404
    assert before not in client.get("/jobs/").text


def test_a_wrong_password_gives_nothing_away(site: Flask) -> None:
    client = site.test_client()
    before = ask(client, 8)
    assert log_in(client, password="wrong") == 401
    assert client.get(before).status_code == 200
    storage: Storage = site.extensions["storage"]
    with storage.session() as opened:
        assert opened.get_one(Job, 1).owner.startswith("visitor:")
