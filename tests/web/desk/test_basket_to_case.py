"""A librarian's basket becomes quotations of the case at hand; what is left out is told."""

from __future__ import annotations

from desk_people import Desk
from flask.testing import FlaskClient


def put(client: FlaskClient, start: int, end: int) -> None:
    path = f"/shelf/basket/put?work=jin&section=0&range={start}-{end}"
    address = client.get(path, headers={"Accept": "application/json"}).get_json()["address"]
    assert client.post("/shelf/basket/items", data={"address": address}).status_code == 302


def test_a_basket_becomes_quotations(desk: Desk) -> None:
    number = desk.taken()
    for start in (0, 8):
        put(desk.li, start, start + 6)
    assert "全部加入案卷" not in desk.li.get("/shelf/basket/").text
    assert desk.li.post("/shelf/basket/case").status_code == 409  # none is worked on
    desk.post(desk.li, number, "working")
    desk.post(desk.li, number, "evidence", work="jin", section="0", range="0-6")
    desk.li.post("/shelf/basket/merge", data={"address": "away/0/@0+2:舊文", "note": ""})
    assert f"全部加入案卷 {number}" in desk.li.get("/shelf/basket/").text
    told = desk.li.post("/shelf/basket/case", follow_redirects=True).text
    assert "加入引文 1 条，已有的 1 条跳过" in told
    assert "有 1 条没有加入" in told
    assert 'id="evidence-2"' in told
    assert 'id="evidence-3"' not in told


def test_readers_and_baskets_of_others_quote_nothing(desk: Desk) -> None:
    number = desk.taken()
    put(desk.zhao, 0, 6)
    desk.post(desk.li, number, "working")
    told = desk.li.post("/shelf/basket/case", follow_redirects=True).text
    assert "加入引文 0 条" in told
    assert desk.sun.post("/shelf/basket/case").status_code == 403
