"""The basket: what is put in is found again, nobody sees another's, and nothing is lost on the way from a browser."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from databases import KINDS, new_database
from flask import Flask
from flask.testing import FlaskClient
from open_index import build
from people import add, log_in, token
from sqlalchemy import event, func, select, update
from werkzeug.test import TestResponse

from web.accounts import people as accounts
from web.app import create_app
from web.basket import keeping, pages
from web.basket.models import BasketItem
from web.database.storage import Storage, now
from web.serving.config import Config

JSON = {"Accept": "application/json"}
PLACE = "/shelf/basket/put?work={work}&section=0&range={range}"
TEXT = "松花江出長白山，<b>北流</b>至會寧府。"


def write(folder: Path, text: str = TEXT) -> Path:
    file = folder / "江.jsonl"
    file.write_text(f'{{"id": "W1", "title": "松花江志<i>", "text": "{text}"}}\n', "utf-8")
    return file


@pytest.fixture(params=KINDS)
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """A site with an index of its own, which tests rebuild."""
    build([write(tmp_path)], tmp_path / "index")
    with new_database(request.param, tmp_path) as address:
        app = create_app(tmp_path / "index", address, config=Config(collections=tmp_path, state=tmp_path))
        for login in ("wang", "zhang"):
            add(app, login)
        yield app
        app.extensions["storage"].engine.dispose()


def reader(app: Flask, login: str = "wang") -> FlaskClient:
    client = app.test_client()
    assert log_in(client, login) == 302
    return client


def address_of(client: FlaskClient, start: int = 0, end: int = 7) -> str:
    answer = client.get(PLACE.format(work="W1", range=f"{start}-{end}"), headers=JSON)
    assert answer.status_code == 200
    return str(answer.get_json()["address"])


def post(client: FlaskClient, path: str, data: Mapping[str, object], **more: object) -> TestResponse:
    sent = {**data, "csrf_token": token(client, "/account/log-in")}
    return client.post(path, data=sent, **more)  # type: ignore[arg-type]  # of the test client


def put(client: FlaskClient, start: int = 0, end: int = 7) -> TestResponse:
    return post(client, "/shelf/basket/items", {"address": address_of(client, start, end)})


def held(app: Flask) -> list[BasketItem]:
    storage: Storage = app.extensions["storage"]
    with storage.session() as opened:
        return list(opened.scalars(select(BasketItem).order_by(BasketItem.position, BasketItem.id)))


def order(client: FlaskClient) -> list[str]:
    return re.findall(r'<p class="text flow"[^>]*>([^<]*)', client.get("/shelf/basket/").text)


def test_a_place_is_put_in_once_and_shown_with_its_text(site: Flask) -> None:
    client = reader(site)
    shown = client.get(PLACE.format(work="W1", range="0-7")).text
    assert "松花江出長白山" in shown
    assert held(site) == []  # looking changes nothing
    assert put(client).status_code == 302
    assert put(client).status_code == 302
    (item,) = held(site)
    assert str(item.address) == "W1/0/@0+7:松花江出長白山"
    page = client.get("/shelf/basket/").text
    assert order(client) == ["松花江出長白山"]
    assert "松花江志&lt;i&gt;" in page
    assert "松花江志<i>" not in page
    put(client, 8, 20)
    assert "&lt;b&gt;北流&lt;/b&gt;" in client.get("/shelf/basket/").text
    put(client, 0, 22)  # the whole passage, as a hit is
    assert "已在书袋" in client.get("/search?q=松花江&mode=exact").text


def test_hits_lines_and_selections_lead_to_the_basket(site: Flask) -> None:
    client = site.test_client()
    for path in ("/search?q=松花江", "/concordance?q=松花江", "/read/W1/0"):
        links = re.findall(r'href="(/shelf/basket/put\?[^"]+)"', client.get(path).text)
        assert links, path
        link = links[0].replace("&amp;", "&")
        there = client.get(link if "range" in link else f"{link}&range=0-3", headers=JSON)
        assert there.get_json()["title"] == "松花江志<i>", path


@pytest.mark.parametrize("asked", ["", "?work=no&section=0&range=0-1", "?work=W1&section=0&range=0-99999", "?place=x"])
def test_a_place_that_is_not_there_can_not_be_put_in(site: Flask, asked: str) -> None:
    assert site.test_client().get(f"/shelf/basket/put{asked}").status_code == 404


def test_notes_order_and_undo(site: Flask) -> None:
    client = reader(site)
    for start in (0, 1, 2):
        put(client, start, start + 5)
    first, second, third = held(site)
    post(client, f"/shelf/basket/{third.id}/shift", {"step": "up"})
    post(client, f"/shelf/basket/{first.id}/shift", {"step": "up"})  # is the first already
    assert [each.id for each in held(site)] == [first.id, third.id, second.id]
    post(client, f"/shelf/basket/{first.id}/note", {"note": "<script>見卷二"})
    assert "&lt;script&gt;見卷二" in client.get("/shelf/basket/").text
    assert post(client, f"/shelf/basket/{first.id}/note", {"note": "長" * 2001}).status_code == 400
    gone = post(client, f"/shelf/basket/{third.id}/take-out", {})
    assert len(order(client)) == 2
    assert f"/shelf/basket/{third.id}/put-back" in client.get(gone.location).text
    post(client, f"/shelf/basket/{third.id}/put-back", {})
    assert [each.id for each in held(site) if not each.removed] == [first.id, third.id, second.id]
    export = client.get("/account/export.json").get_json()
    assert [each["note"] for each in export["basket"]] == ["<script>見卷二", "", ""]


def test_what_was_taken_out_is_removed_in_time(site: Flask) -> None:
    client = reader(site)
    put(client, 0, 5)
    put(client, 1, 6)
    first, second = held(site)
    post(client, f"/shelf/basket/{first.id}/take-out", {})
    storage: Storage = site.extensions["storage"]
    with storage.session.begin() as opened:
        opened.execute(update(BasketItem).where(BasketItem.id == first.id).values(removed=now() - 2 * keeping.UNDOING))
    post(client, f"/shelf/basket/{second.id}/take-out", {})
    assert [each.id for each in held(site)] == [second.id]


def test_nobody_sees_or_changes_what_is_in_anothers_basket(site: Flask) -> None:
    client, other = reader(site), reader(site, "zhang")
    put(client)
    (item,) = held(site)
    post(client, f"/shelf/basket/{item.id}/note", {"note": "只給自己看"})
    assert order(other) == []
    assert "只給自己看" not in other.get("/shelf/basket/").text + other.get("/account/export.json").text
    for path in ("note", "shift", "take-out", "put-back"):
        for number in (item.id, 0, 2**40):
            answer = post(other, f"/shelf/basket/{number}/{path}", {"note": "x", "step": "up"})
            assert answer.status_code == 404, path
    assert f"/shelf/basket/{item.id}/" not in other.get(f"/shelf/basket/?out={item.id}").text
    (same,) = held(site)
    assert (same.note, same.removed) == ("只給自己看", None)
    visitor = site.test_client()
    for path in ("items", "merge", f"{item.id}/note", f"{item.id}/take-out", "case"):
        assert post(visitor, f"/shelf/basket/{path}", {"address": str(item.address)}).status_code == 401, path


def test_forms_of_other_sites_change_nothing(site: Flask) -> None:
    client = reader(site)
    address = address_of(client)
    for path in ("items", "merge", "places"):
        assert client.post(f"/shelf/basket/{path}", data={"address": address, "note": ""}).status_code == 400
    assert held(site) == []


def test_a_full_basket_says_so(site: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "MOST", 2)
    client = reader(site)
    for start in (0, 1, 2):
        put(client, start, start + 5)
    assert len(held(site)) == 2
    answer = post(client, "/shelf/basket/items", {"address": address_of(client, 3, 6)}, headers=JSON)
    assert answer.status_code == 409
    (first, _) = held(site)
    post(client, f"/shelf/basket/{first.id}/take-out", {})
    put(client, 2, 7)
    post(client, f"/shelf/basket/{first.id}/put-back", {})
    assert len([each for each in held(site) if not each.removed]) == 2


def test_what_a_browser_keeps_is_merged_and_nothing_is_lost(site: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    client = reader(site)
    put(client)
    mine, gone = address_of(client), "away/3/9a@4+2:舊文"
    given = {"address": [mine, gone, "no address"], "note": ["在瀏覽器裏寫的", "已佚", ""]}
    answer = post(client, "/shelf/basket/merge", given)
    assert answer.get_json() == {"kept": [mine, gone]}
    assert [each.note for each in held(site)] == ["在瀏覽器裏寫的", "已佚"]
    post(client, "/shelf/basket/merge", given)  # twice is once
    assert [each.note for each in held(site)] == ["在瀏覽器裏寫的", "已佚"]
    monkeypatch.setattr(keeping, "MOST", 2)
    more = {"address": [address_of(client, 2, 4), mine], "note": ["", ""]}
    assert post(client, "/shelf/basket/merge", more).get_json() == {"kept": []}
    many = {"address": [mine] * (pages.PAGE + 1), "note": [""] * (pages.PAGE + 1)}
    assert post(client, "/shelf/basket/merge", many).status_code == 400


def test_a_browser_is_told_what_stands_at_its_addresses(site: Flask) -> None:
    client = site.test_client()
    address = address_of(client, 8, 20)
    data = {"address": [address, "away/3/9a@4+2:<舊>"], "csrf_token": token(client, "/account/log-in")}
    told = client.post("/shelf/basket/places", data=data).text
    assert told.count('<li class="basket-item"') == 2
    assert "&lt;b&gt;北流" in told
    assert "<舊>" not in told
    assert 'data-standing="gone"' in told
    for bad in ("x", f"W1/0/{'頁' * 600}@0+1:長"):
        assert client.post("/shelf/basket/places", data={**data, "address": bad}).status_code == 400
    assert client.post("/shelf/basket/places", data={**data, "address": [address] * 51}).status_code == 400


def test_items_are_found_again_after_a_rebuild_and_what_is_gone_says_so(site: Flask, tmp_path: Path) -> None:
    client = reader(site)
    put(client)
    put(client, 18, 21)
    build([write(tmp_path, f"新序。{TEXT.replace('會寧府', '上京')}")], tmp_path / "index")
    page = client.get("/shelf/basket/").text
    assert re.findall(r'data-standing="(\w+)"', page) == ["moved", "changed"]
    assert "松花江出長白山" in page
    build([], tmp_path / "index", remove=["W1"])
    page = client.get("/shelf/basket/").text
    assert re.findall(r'data-standing="(\w+)"', page) == ["gone", "gone"]
    assert "松花江出長白山" not in page
    assert "馆藏里现在没有这部著作" in page


def test_a_place_that_was_closed_since_shows_no_text(site: Flask, tmp_path: Path) -> None:
    client = reader(site)
    put(client)
    titles = "title: {zh: 本地, en: Local}\ndescription: {zh: 本地, en: Local}\n"
    manifest = f"id: local\n{titles}licence: none\naccess: staff\n"
    (tmp_path / "local.yaml").write_text(manifest, "utf-8")
    assert client.get("/read/W1/0").status_code == 404
    page = client.get("/shelf/basket/").text
    assert 'data-standing="gone"' in page
    assert "松花江出" not in page
    (told,) = client.get("/account/export.json").get_json()["basket"]
    assert told["address"] == "W1/0/@0+7:"
    data = {"address": str(held(site)[0].address), "csrf_token": token(client, "/account/log-in")}
    assert "松花江出" not in client.post("/shelf/basket/places", data=data).text.partition(">")[2]


def test_a_visitors_basket_does_not_touch_the_database(site: Flask) -> None:
    storage: Storage = site.extensions["storage"]
    asked: list[str] = []
    event.listen(storage.engine, "before_cursor_execute", lambda *told: asked.append(told[2]))
    for path in ("/shelf/basket/", "/shelf/", "/search?q=松花江", "/read/W1/0", PLACE.format(work="W1", range="0-3")):
        assert site.test_client().get(path).status_code == 200, path
    assert asked == []
    assert "needs-script" in site.test_client().get("/shelf/basket/").text


def test_a_basket_goes_with_its_account(site: Flask) -> None:
    client = reader(site)
    put(client)
    put(reader(site, "zhang"))
    storage: Storage = site.extensions["storage"]
    with site.app_context(), storage.session.begin() as opened:
        account = accounts.find(opened, "wang")
        assert account is not None
        accounts.leave(opened, account)
        assert opened.scalar(select(func.count()).select_from(BasketItem)) == 1
