"""Use statistics: what is searched, read and turned away is counted, once, and nothing of by whom."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from desk_people import Desk
from flask import Flask
from open_index import build
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from corpora.model import Access
from web.access import shelf
from web.app import create_app
from web.database.storage import today
from web.usage import recording
from web.usage.models import UsageCount

READER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/128.0"}


def counts(site: Flask) -> dict[tuple[str, str, str], int]:
    """What the database has, by collection, metric and method."""
    with site.app_context():
        recording.write()
    with site.extensions["storage"].session() as session:
        rows = session.scalars(select(UsageCount)).all()
        assert {each.month for each in rows} <= {today().strftime("%Y-%m")}
        return {(each.collection, each.metric, each.method): each.count for each in rows}


def test_searches_and_reading_are_counted_by_collection(site: Flask) -> None:
    with site.test_client() as reader:
        for path in (
            "/search?q=会宁府",
            "/search?q=会宁府&cursor=x",
            "/search",
            "/concordance?q=上京",
            "/concordance?q=上京&start=51",
            "/read/jin/0?q=会宁府",
            "/read/nothing/0",
            "/works",
            "/api/v1/search?q=会宁府",
        ):
            reader.get(path, headers=READER)
    assert counts(site) == {
        ("", "Searches_Platform", "Regular"): 2,
        ("local", "Searches_Regular", "Regular"): 2,
        ("local", "Total_Item_Requests", "Regular"): 1,
        ("", "Searches_Platform", "TDM"): 1,
        ("local", "Searches_Regular", "TDM"): 1,
    }


def test_double_clicks_robots_and_nameless_programs_are_not_counted(site: Flask) -> None:
    with site.test_client() as reader:
        for _ in range(3):
            reader.get("/read/jin/0", headers=READER)
        for name in ("Googlebot/2.1 (+http://www.google.com/bot.html)", "SomeCrawler", ""):
            reader.get("/read/jin/0", headers={"User-Agent": name})
        reader.get("/read/jin/0", headers={"User-Agent": "another reader behind the same address"})
    assert counts(site) == {("local", "Total_Item_Requests", "Regular"): 2}


def test_what_is_closed_to_a_reader_counts_as_turned_away(tmp_path: Path) -> None:
    (tmp_path / "密檔.txt").write_text("會寧府舊案", "utf-8")
    build([tmp_path / "密檔.txt"], tmp_path / "index", access=Access.STAFF)
    app = create_app(tmp_path / "index", f"sqlite:///{tmp_path / 'db.sqlite'}")
    with app.app_context():
        (work,) = [card.id for card in shelf().library().works()]
    with app.test_client() as reader:
        for path in (f"/read/{work}/0", "/read/nothing/0", "/search?q=会宁府"):
            reader.get(path, headers=READER)
    assert counts(app) == {("local", "No_License", "Regular"): 1, ("", "Searches_Platform", "Regular"): 1}


def test_what_two_processes_count_is_added_up(site: Flask) -> None:
    key = (f"{today():%Y-%m}", "local", recording.Metric.SEARCHES_REGULAR, recording.Method.REGULAR)
    with site.app_context():
        for count in (2, 3):
            recording._tally().add([key] * count)
            recording.write()
    with site.extensions["storage"].session() as session:
        assert session.scalars(select(func.sum(UsageCount.count))).one() == 5


def fail(*_: object) -> None:
    raise OperationalError("", {}, Exception("the disk is full"))


def test_counts_that_can_not_be_written_are_kept(site: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    key = (f"{today():%Y-%m}", "local", recording.Metric.SEARCHES_REGULAR, recording.Method.REGULAR)
    with site.app_context():
        recording._tally().add([key])
        with monkeypatch.context() as patch:
            patch.setattr(recording, "_raise", fail)
            recording.write()
    assert counts(site)["local", "Searches_Regular", "Regular"] == 1


def test_the_report_is_for_librarians_and_opens_in_a_spreadsheet(desk: Desk) -> None:
    desk.li.get("/read/jin/0", headers=READER)
    page = desk.li.get("/desk/usage")
    assert "读篇次数" in page.text
    sheet = desk.li.get("/desk/usage.csv")
    rows = list(csv.reader(sheet.data.decode("utf-8-sig").splitlines()))
    (row,) = [each for each in rows if each[2:4] == ["local", "Total_Item_Requests"]]
    assert row[5] == "1"
    assert row[6 + today().month - 1] == "1"
    assert rows[0] == ["Report_Name", "Database Master Report"]
    assert desk.sun.get("/desk/usage").status_code == 403
    assert desk.app.test_client().get("/desk/usage.csv").status_code in (302, 401)
