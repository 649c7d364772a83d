"""The reading history: nothing is kept until it is switched on, and all of it can be taken away again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from databases import KINDS, new_database
from flask import Flask
from flask.testing import FlaskClient
from people import add, log_in, token
from sqlalchemy import event, select
from werkzeug.test import TestResponse

from web.app import create_app
from web.database.storage import Storage
from web.readers import history
from web.readers.models import Visit
from web.serving.config import Config


@pytest.fixture(params=KINDS)
def site(request: pytest.FixtureRequest, index: Path, tmp_path: Path) -> Iterator[Flask]:
    with new_database(request.param, tmp_path) as address:
        app = create_app(index, address, config=Config(state=tmp_path))
        for login in ("wang", "zhang"):
            add(app, login)
        yield app
        app.extensions["storage"].engine.dispose()


def reader(app: Flask, login: str = "wang", on: bool = True) -> FlaskClient:
    client = app.test_client()
    assert log_in(client, login) == 302
    if on:
        post(client, "switch", on="1")
    return client


def post(client: FlaskClient, path: str, **data: str) -> TestResponse:
    sent = {**data, "csrf_token": token(client, "/account/log-in")}
    return client.post(f"/shelf/history/{path}", data=sent)


def kept(app: Flask) -> list[Visit]:
    storage: Storage = app.extensions["storage"]
    with storage.session() as opened:
        return list(opened.scalars(select(Visit).order_by(Visit.id)))


def test_while_it_is_off_the_database_is_not_written_to(site: Flask) -> None:
    client = reader(site, on=False)
    storage: Storage = site.extensions["storage"]
    asked: list[str] = []
    event.listen(storage.engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
    assert client.get("/read/惡本/0?q=完颜").status_code == 200
    assert site.test_client().get("/read/惡本/0?q=完颜").status_code == 200
    assert not [each for each in asked if re.search("INSERT|UPDATE|DELETE|reading", each)]
    assert kept(site) == []


def test_what_is_opened_is_kept_once_it_is_on(site: Flask) -> None:
    client = reader(site)
    client.get("/read/惡本/0?q=完颜")
    client.get("/read/惡本/0?q=完颜")  # the same reading
    client.get("/read/惡本/0")
    client.get("/read/nowhere/0")
    client.get("/search?q=完颜")
    assert [(each.work, each.section, each.query) for each in kept(site)] == [("惡本", 0, "完颜"), ("惡本", 0, "")]
    page = client.get("/shelf/history").text
    assert page.count('<th scope="row"') == 2
    assert "/search?q=" in page
    assert '阅读记录</a> <span class="count">2<' in client.get("/shelf/").text
    post(client, "switch", on="0")
    client.get("/read/惡本/0?q=江")
    assert len(kept(site)) == 2
    assert client.get("/account/export.json").get_json()["history"]["on"] is False


def test_the_oldest_lines_go_first(site: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "MOST", 3)
    client = reader(site)
    for query in "甲乙丙丁戊":
        client.get(f"/read/惡本/0?q={query}")
    assert [each.query for each in kept(site)] == ["丙", "丁", "戊"]


def test_lines_are_removed_singly_or_all_with_one_act_that_is_asked_for(site: Flask) -> None:
    client = reader(site)
    for query in "甲乙":
        client.get(f"/read/惡本/0?q={query}")
    first, second = kept(site)
    post(client, f"{first.id}/forget")
    assert [each.id for each in kept(site)] == [second.id]
    assert "不能恢复" in post(client, "clear").text
    assert len(kept(site)) == 1
    assert post(client, "clear", sure="1").status_code == 302
    assert kept(site) == []


def test_nobody_sees_or_removes_anothers_lines(site: Flask) -> None:
    client, other = reader(site), reader(site, "zhang")
    client.get("/read/惡本/0?q=只有自己知道")
    (line,) = kept(site)
    assert "只有自己知道" not in other.get("/shelf/history").text + other.get("/account/export.json").text
    post(other, f"{line.id}/forget")
    post(other, "clear", sure="1")
    assert [each.id for each in kept(site)] == [line.id]
    assert post(other, f"{2**40}/forget").status_code == 404
    for path in ("switch", "clear", f"{line.id}/forget"):
        assert client.post(f"/shelf/history/{path}", data={"on": "0", "sure": "1"}).status_code == 400
        assert post(site.test_client(), path, on="0", sure="1").status_code == 401
    assert [each.id for each in kept(site)] == [line.id]
