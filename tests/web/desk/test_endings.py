"""What can't be undone is asked about, what is closed unanswered is accounted for, and nobody works unseen."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from desk_people import NAME, Desk
from sqlalchemy import update

from web.database.storage import now
from web.desk.models import Presence
from web.desk.presence import STAYS


def told(desk: Desk, number: str) -> str:
    return desk.li.get(f"/desk/cases/{number}").text


def test_removing_an_asker_is_asked_about(desk: Desk) -> None:
    number = desk.ask()
    page = desk.li.post(f"/desk/cases/{number}/forget-asker").text
    assert "找不回来" in page
    assert f'href="/desk/cases/{number}#asker"' in page  # the way out
    assert NAME in told(desk, number)
    desk.post(desk.li, number, "forget-asker", sure="1")
    assert NAME not in told(desk, number)


def test_throwing_a_draft_away_is_asked_about(desk: Desk) -> None:
    number, sheet = desk.taken(), "0" * 32
    desk.post(desk.li, number, "autosave", text="稿", after="0", sheet=sheet)
    page = desk.li.post(f"/desk/cases/{number}/drop-autosave", data={"sheet": sheet}).text
    assert f'name="sheet" value="{sheet}"' in page
    assert "<pre" in desk.li.get(f"/desk/cases/{number}/reply").text
    desk.post(desk.li, number, "drop-autosave", sheet=sheet, sure="1")
    assert "<pre" not in desk.li.get(f"/desk/cases/{number}/reply").text


@pytest.mark.parametrize(
    ("sent", "closes"),
    [
        ({}, False),
        ({"outcome": "other", "reason": " "}, False),
        ({"outcome": "other", "reason": "自己找到了"}, True),
        ({"outcome": "spam"}, True),
        ({"outcome": "duplicate"}, False),
        ({"outcome": "duplicate", "duplicate_of": "2026-9999"}, False),
        ({"outcome": "duplicate", "duplicate_of": "OWN"}, False),
        ({"outcome": "duplicate", "duplicate_of": "OTHER"}, True),
    ],
)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_case_without_an_answer_is_closed_for_a_reason(desk: Desk, sent: dict[str, str], closes: bool) -> None:
    other, number = desk.ask(), desk.taken()
    sent = {name: {"OWN": number, "OTHER": other}.get(value, value) for name, value in sent.items()}
    desk.post(desk.li, number, "move", move="close", **sent)
    assert desk.status(number) == ("closed" if closes else "in-progress")


def test_a_duplicate_leads_to_the_case_that_is_answered(desk: Desk) -> None:
    other, number = desk.ask(), desk.taken()
    desk.post(desk.li, number, "move", move="close", outcome="duplicate", duplicate_of=other)
    head = told(desk, number).partition('class="moves"')[0]
    assert f'href="/desk/cases/{other}"' in head
    desk.post(desk.li, number, "move", move="reopen", reason="不是一回事")
    assert f'href="/desk/cases/{other}"' not in told(desk, number)


def test_spam_is_not_counted_as_a_question(desk: Desk) -> None:
    desk.ask()
    desk.post(desk.li, desk.ask(), "move", move="close", outcome="spam")
    rows = desk.li.get("/desk/statistics/tiers.csv").text.splitlines()
    assert [row.rpartition(",")[2] for row in rows[1:]] == ["0", "1", "0", "0"]


def test_who_comes_second_is_told_who_took_it_up(desk: Desk) -> None:
    number = desk.ask()
    for client in (desk.li, desk.zhao):
        desk.post(client, number, "move", move="take-up")
    page = desk.zhao.get(f"/desk/cases/{number}").text
    assert "li氏 已经受理" in page
    assert "写以前请与经办人说一声" in page
    assert "写以前请与经办人说一声" not in told(desk, number)


def test_what_can_be_undone_says_how(desk: Desk) -> None:
    number = desk.answered()
    assert "“重新处理”" in told(desk, number)


def test_who_else_has_the_reply_open_is_told(desk: Desk) -> None:
    number = desk.taken()
    editor = f"/desk/cases/{number}/reply"
    assert "也开着这份答复" not in desk.li.get(editor).text
    assert re.search(r"li氏（\d\d:\d\d） 也开着这份答复", desk.zhao.get(editor).text)
    assert "zhao氏" in desk.li.get(editor).text
    assert "zhao氏" in told(desk, number)
    heard = desk.li.post(f"/desk/cases/{number}/presence").json
    assert heard
    assert "zhao氏" in heard["told"]
    desk.zhao.post(f"/desk/cases/{number}/presence", data={"leaving": "1"})
    assert "也开着这份答复" not in desk.li.get(editor).text
    desk.zhao.get(editor)
    with desk.storage.session.begin() as session:
        session.execute(update(Presence).values(seen=now() - STAYS - timedelta(seconds=1)))
    assert desk.li.post(f"/desk/cases/{number}/presence").json == {"told": ""}
