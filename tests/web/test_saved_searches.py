"""Saved searches tell their owners, and nobody else, what is new: on the page and by a feed."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from changing_site import INSIDE, NEW, SECRET, Site, post, said, saved
from databases import KINDS, new_database
from flask.testing import FlaskClient
from lxml import etree
from people import token
from sqlalchemy import func, select

from corpora.model import Access
from indexer.upkeep.declaring import declare
from web.accounts import belongings
from web.accounts.models import Account, AccountRole
from web.alerts.models import Arrival, SavedSearch

ATOM = {"a": "http://www.w3.org/2005/Atom"}


@pytest.fixture(params=KINDS)
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    with new_database(request.param, tmp_path) as address:
        made = Site(tmp_path, address)
        made.app.config["WTF_CSRF_ENABLED"] = True
        yield made


def feed_of(client: FlaskClient, page: str) -> str:
    post(client, f"{page}/feed")
    found = re.search(r'value="https://library\.example(/feeds/[^"]+)"', client.get(page).text)
    assert found
    return html.unescape(found[1])


def entries(client: FlaskClient, feed: str) -> list[str]:
    tree = etree.fromstring(client.get(feed).data)
    return [each.text or "" for each in tree.xpath("//a:entry/a:id", namespaces=ATOM)]  # type: ignore[union-attr]  # they are elements


def test_what_a_generation_adds_is_told_once(site: Site) -> None:
    client = site.client("wang")
    page = saved(client)
    assert "上次看有 1 处" in said(client, page)
    assert site.watch() == 0
    site.publish(NEW)
    assert site.watch() == 1
    assert site.watch() == 0
    assert "新增 2 处" in said(client, "/shelf/searches")
    assert "北遊至 長白山 而還" in said(client, page)
    post(client, f"{page}/read")
    assert not re.search("新增 [0-9]", said(client, "/shelf/searches"))
    assert "新增 2 处" in said(client, page)  # they are still listed
    site.publish({"id": "C", "title": "再遊記", "text": "三過長白山。"})
    site.watch()
    assert "新增 1 处" in said(client, "/shelf/searches")


def test_a_concordance_is_saved_with_what_was_chosen(site: Site) -> None:
    client = site.client("wang")
    page = saved(client, "/concordance?q=长白山&beside=left:2:過&start=41")
    assert "上次看有 0 处" in said(client, page)
    site.publish(NEW)
    site.watch()
    assert "新增 1 处" in said(client, page)
    assert "又過 長白山 下" in said(client, page)


def test_the_search_page_leads_to_the_form(site: Site) -> None:
    client = site.client("wang")
    for path in ("/search?q=长白山&mode=exact", "/concordance?q=长白山"):
        found = re.search(r'href="(/shelf/searches/new[^"]+)"', client.get(path).text)
        assert found
        assert "长白山" in client.get(html.unescape(found[1])).text
    assert site.app.test_client().get("/shelf/searches/new?search=/search?q=x").status_code == 302


def test_nobody_else_sees_it(site: Site) -> None:
    wang, zhao = site.client("wang"), site.client("zhao", AccountRole.LIBRARIAN)
    page = saved(wang)
    assert zhao.get(page).status_code == 404
    assert "長白" not in said(zhao, "/shelf/searches")
    sent = {"title": "x", "sure": "1", "csrf_token": token(zhao, "/shelf/searches/new?search=/search?q=x")}
    for action in ("title", "read", "feed", "feed/withdraw", "remove"):
        assert zhao.post(f"{page}/{action}", data=sent).status_code == 404
    assert "長白" in said(wang, "/shelf/searches")


def test_it_is_renamed_and_removed_after_a_question(site: Site) -> None:
    client = site.client("wang")
    page = saved(client)
    post(client, f"{page}/title", title="白山黑水")
    assert "白山黑水" in said(client, "/shelf/searches")
    sent = {"csrf_token": token(client, page)}
    assert "不能恢复" in client.post(f"{page}/remove", data=sent).text
    assert client.get(page).status_code == 200
    post(client, f"{page}/remove", sure="1")
    assert client.get(page).status_code == 404


def test_a_feed_is_read_without_a_cookie_and_is_atom(site: Site) -> None:
    client = site.client("wang")
    page = saved(client)
    feed = feed_of(client, page)
    site.publish(NEW)
    site.watch()
    answer = site.app.test_client().get(feed)
    assert answer.status_code == 200
    assert answer.mimetype == "application/atom+xml"
    tree = etree.fromstring(answer.data)
    for path in ("a:id", "a:title", "a:updated", "a:author/a:name", "a:link[@rel='self']"):
        assert len(tree.xpath(path, namespaces=ATOM)) == 1, path  # type: ignore[arg-type]  # they are elements
    links = tree.xpath("//a:entry/a:link/@href", namespaces=ATOM)
    assert len(links) == 2  # type: ignore[arg-type]  # they are strings
    for url in links:  # type: ignore[union-attr]  # as above
        assert site.app.test_client().get(str(url).removeprefix("https://library.example")).status_code == 302
    for entry in tree.xpath("//a:entry", namespaces=ATOM):  # type: ignore[union-attr]  # as above
        for name in ("id", "title", "updated"):
            assert len(entry.findall(f"a:{name}", ATOM)) == 1  # type: ignore[union-attr]  # as above
    again = site.app.test_client().get(feed, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    site.publish({**NEW, "text": f"{NEW['text']}三過長白山。"})
    site.watch()
    later = site.app.test_client().get(feed, headers={"If-None-Match": answer.headers["ETag"]})
    assert later.status_code == 200
    assert len(entries(client, feed)) == 3


def test_an_address_that_was_withdrawn_or_never_given_leads_nowhere(site: Site) -> None:
    client = site.client("wang")
    page = saved(client)
    first = feed_of(client, page)
    second = feed_of(client, page)
    assert client.get(first).status_code == 404
    assert client.get(second).status_code == 200
    post(client, f"{page}/feed/withdraw")
    for key in (second, "/feeds/x", "/feeds/" + "x" * 300, f"{first}x", "/feeds/%5B1,0%5D"):
        assert client.get(key).status_code == 404, key
    third = feed_of(client, page)
    with site.app.extensions["storage"].session.begin() as session:
        session.scalars(select(Account).where(Account.login == "wang")).one().active = False
    assert site.app.test_client().get(third).status_code == 404


@pytest.mark.parametrize("access", [Access.STAFF, Access.IN_LIBRARY])
def test_a_closed_collection_is_told_of_to_staff_alone(site: Site, access: Access) -> None:
    reader, librarian = site.client("wang"), site.client("li", AccountRole.LIBRARIAN)
    reader.environ_base["REMOTE_ADDR"] = INSIDE
    pages = [saved(each) for each in (reader, librarian)]
    feeds = [feed_of(client, page) for client, page in zip((reader, librarian), pages, strict=True)]
    before = [said(reader, path) for path in (pages[0], "/shelf/searches", feeds[0])]
    site.publish(SECRET, "closed", access)
    assert site.watch() == 2
    assert [said(reader, path) for path in (pages[0], "/shelf/searches", feeds[0])] == before
    assert "密約" in said(librarian, pages[1])
    assert "密約" in site.app.test_client().get(feeds[1]).text  # its owner may see it, and keeps the address


def test_what_is_closed_later_is_told_no_more_and_what_is_opened_is_new(site: Site) -> None:
    client = site.client("wang")
    page = saved(client)
    feed = feed_of(client, page)
    site.publish(SECRET, "closed")
    site.watch()
    assert "密約" in said(client, page)
    assert "密約" in client.get(feed).text
    declare(site.folder / "index", "closed", Access.STAFF)
    site.watch()
    for path in (page, feed, "/shelf/searches"):
        assert "密" not in said(client, path)
    assert not re.search("新增 [0-9]", said(client, "/shelf/searches"))
    with site.app.test_request_context(), site.app.extensions["storage"].session() as session:
        account = session.scalars(select(Account).where(Account.login == "wang")).one()
        assert "密" not in json.dumps(belongings.export(session, account), ensure_ascii=False)


def test_what_was_opened_since_is_new(site: Site) -> None:
    client = site.client("wang")
    site.publish(SECRET, "closed")
    declare(site.folder / "index", "closed", Access.STAFF)
    page = saved(client)
    assert "上次看有 1 处" in said(client, page)
    declare(site.folder / "index", "closed", Access.OPEN)
    assert site.watch() == 1
    assert "密約" in said(client, page)


def test_a_librarian_who_is_one_no_more_reads_no_more(site: Site) -> None:
    client = site.client("li", AccountRole.LIBRARIAN)
    page = saved(client)
    feed = feed_of(client, page)
    site.publish(SECRET, "closed")
    declare(site.folder / "index", "closed", Access.STAFF)
    site.watch()
    assert "密約" in client.get(feed).text
    with site.app.extensions["storage"].session.begin() as session:
        session.scalars(select(Account).where(Account.login == "li")).one().role = AccountRole.READER
    assert "密" not in client.get(feed).text
    assert "密" not in said(client, page)


def test_there_is_room_for_so_many(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.alerts.pages.MOST", 2)
    client = site.client("wang")
    saved(client)
    saved(client)
    sent = {
        "search": "/search?q=x",
        "title": "x",
        "csrf_token": token(client, "/shelf/searches/new?search=/search?q=x"),
    }
    assert "最多 2 条" in client.post("/shelf/searches/new", data=sent).text


def test_forms_without_their_token_and_without_an_account_are_refused(site: Site) -> None:
    client = site.client("wang")
    page = saved(client)
    for action in ("title", "read", "feed", "feed/withdraw", "remove"):
        assert client.post(f"{page}/{action}", data={"title": "x"}).status_code == 400
        assert site.app.test_client().get(f"{page}/{action}").status_code == 405
    assert site.app.test_client().get(page).status_code == 302


def test_all_of_it_goes_with_the_account(site: Site) -> None:
    wang, zhao = site.client("wang"), site.client("zhao")
    saved(wang)
    saved(zhao)
    site.publish(NEW)
    site.watch()
    storage = site.app.extensions["storage"]
    with site.app.test_request_context(), storage.session.begin() as session:
        account = session.scalars(select(Account).where(Account.login == "wang")).one()
        told = belongings.export(session, account)["searches"]
        assert [each["title"] for each in told] == ["長白"]
        assert len(told[0]["news"][0]["places"]) == 2
        belongings.remove(session, account)
    with storage.session() as session:
        assert session.scalar(select(func.count()).select_from(SavedSearch)) == 1
        assert session.scalar(select(func.count()).select_from(Arrival)) == 1


def test_of_two_who_look_one_tells(site: Site) -> None:
    client = site.client("wang")
    saved(client)
    site.publish(NEW)
    site.watch_by_two()
    with site.app.extensions["storage"].session() as session:
        assert session.scalars(select(Arrival.count)).all() == [2]
