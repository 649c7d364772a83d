"""Statistics: counted right, and drawn without anything that could run."""

from __future__ import annotations

import csv
from datetime import timedelta

from desk_people import Desk
from sqlalchemy import update

from web.desk.models import Case
from web.desk.states import Status, Tier
from web.desk.statistics import People, statistics


def test_cases_are_counted(desk: Desk) -> None:
    first = desk.answered()
    desk.ask()
    with desk.storage.session.begin() as session:
        case = session.query(Case).first()
        assert case
        assert case.answered
        session.execute(update(Case).where(Case.id == case.id).values(opened=case.answered - timedelta(days=5)))
    with desk.storage.session() as session:
        counted = statistics(session)
        assert statistics(session, 1999).tiers == dict.fromkeys(Tier, 0)
        assert statistics(session, int(first[:4])) == counted
    assert counted.tiers == {**dict.fromkeys(Tier, 0), Tier.FACTUAL: 2}
    assert counted.statuses == {**dict.fromkeys(Status, 0), Status.NEW: 1, Status.CLOSED: 1}
    assert counted.spans == (0, 0, 1, 0, 0, 0)
    assert [(each.answered, each.median) for each in counted.days if each.tier is Tier.FACTUAL] == [(1, 5.0)]
    assert counted.works == (("金史", "jin", 1),)
    assert [went for _, _, went in counted.months if went] == [1]
    assert sum(came for _, came, _ in counted.months) == 2
    assert counted.people == (People("li氏", (1, 1, 1, 1)),)


def test_searches_that_found_nothing_are_counted(desk: Desk) -> None:
    number = desk.taken()
    desk.post(desk.li, number, "working")
    for q in ("魚魚魚", "会宁府", "魚魚魚"):
        desk.li.get("/search", query_string={"q": q, "mode": "exact"})
    with desk.storage.session() as session:
        assert statistics(session).fruitless == (("魚魚魚", 2),)


def test_the_page_has_each_table_and_its_chart(desk: Desk) -> None:
    desk.answered()
    page = desk.li.get("/desk/statistics").text
    for key in ("tiers", "statuses", "spans", "works"):
        chart = desk.li.get(f"/desk/statistics/{key}.svg")
        assert f"/desk/statistics/{key}.svg" in page
        assert chart.mimetype == "image/svg+xml"
        assert "<script" not in chart.text
    assert desk.li.get("/desk/statistics/days.svg").status_code == 404
    assert desk.li.get("/desk/statistics/none.csv").status_code == 404
    assert desk.li.get("/desk/statistics?year=x").status_code == 200


def test_csv_runs_in_no_spreadsheet(desk: Desk) -> None:
    number = desk.taken()
    desk.post(desk.li, number, "working")
    desk.li.get("/search", query_string={"q": '=HYPERLINK("魚")', "mode": "exact"})
    sheet = desk.li.get("/desk/statistics/fruitless.csv")
    rows = list(csv.reader(sheet.data.decode("utf-8-sig").splitlines()))
    assert rows == [["检索式", "次数"], ['\'=HYPERLINK("魚")', "1"]]
