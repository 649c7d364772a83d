"""What waits for whom, finding a case again, and being told why one came back."""

from __future__ import annotations

import re

import pytest
from desk_people import CONTACT, Desk
from flask.testing import FlaskClient

from web.accounts import people
from web.accounts.passwords import hashed


def waiting(client: FlaskClient) -> list[str]:
    """The numbers of the cases that wait, as the desk's first page lists them, without their year."""
    page = client.get("/desk/").text
    return [part.partition("</a>")[0][-4:] for part in page.partition("case-list")[2].split('href="/desk/cases/')[1:]]


def said(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", "", page).split())


def badge(client: FlaskClient) -> int:
    return int(
        client.get("/works").text.partition('class="waiting"><span aria-hidden="true">')[2].partition("<")[0] or 0
    )


def test_what_waits_is_ones_own_nobodys_and_what_one_may_review(desk: Desk) -> None:
    nobodys, own, reviewed = desk.ask(), desk.taken(), desk.taken("topical")
    desk.save(desk.li, reviewed, "在阿城。", 0)
    for client, numbers in {
        desk.li: [reviewed, own, nobodys],
        desk.zhao: [nobodys],
        desk.wang: [nobodys],
    }.items():
        desk.post(desk.li, own, "facts", tier="factual", assignee=str(desk.number_of("li")), tags="")
        desk.post(desk.li, reviewed, "facts", tier="topical", assignee=str(desk.number_of("li")), tags="")
        assert waiting(client) == [number[-4:] for number in numbers]
        assert badge(client) == len(numbers)
    desk.post(desk.li, reviewed, "move", move="submit")
    assert waiting(desk.li) == [own[-4:], nobodys[-4:]]
    assert waiting(desk.zhao) == [nobodys[-4:]]
    assert waiting(desk.wang) == [reviewed[-4:], nobodys[-4:]]  # and nobody's, who has written none of it


def test_a_case_is_found_by_its_number_its_words_and_its_asker(desk: Desk) -> None:
    number, other = desk.ask(), desk.ask("頭魚宴 100% 何義？")
    assert desk.li.get(f"/desk/?q={number}").location == f"/desk/cases/{number}"
    for q in ("会宁府 今天", "今天", f"{CONTACT}"):
        assert number in desk.li.get("/desk/", query_string={"q": q}).text
    page = desk.li.get("/desk/", query_string={"q": "100%"}).text
    assert (other in page, number in page) == (True, False)
    assert "没有这样的案卷" in desk.li.get("/desk/?q=1_1").text
    desk.post(desk.li, other, "facts", tier="factual", assignee="0", tags="宴飲")
    desk.post(desk.li, other, "notes", note="見《遼史》，黑龍江")
    for q in ("头鱼宴", "頭魚宴", "宴饮", "辽史黑龙江", "頭魚宴 宴饮 遼史"):
        page = desk.li.get("/desk/", query_string={"q": q}).text
        assert (other in page, number in page) == (True, False), q
    for q in ("9999-9999", "2026-", "'", "\\", "%" * 300):
        assert desk.li.get("/desk/", query_string={"q": q}).status_code == 200


def test_cases_are_counted_by_their_status(desk: Desk) -> None:
    desk.ask(), desk.ask(), desk.answered()
    page = said(desk.li.get("/desk/?scope=all").text)
    assert "共 3 件 · 新到 2 · 已结案 1" in page
    assert "共 2 件" in said(desk.li.get("/desk/?status=new").text)


def test_a_case_that_came_back_says_why_at_its_head_and_in_its_editor(desk: Desk) -> None:
    number = desk.taken("topical")
    desk.save(desk.li, number, "在阿城。", 0)
    desk.post(desk.li, number, "move", move="submit")
    desk.post(desk.wang, number, "move", move="send-back", reason="[@3] 不切題")
    case, editor = (desk.li.get(f"/desk/cases/{number}{page}").text for page in ("", "/reply"))
    for page in (case.partition('class="moves"')[0], editor.partition("<textarea")[0], desk.li.get("/desk/").text):
        assert "退回修改" in page
        assert "[@3] 不切題" in page
    assert "wang氏" in editor
    desk.post(desk.li, number, "move", move="submit")
    assert "[@3] 不切題" not in desk.li.get(f"/desk/cases/{number}").text.partition('class="moves"')[0]


@pytest.mark.parametrize(
    ("login", "before", "after"),
    [
        ("li", "/read/jin/0?q=%E4%BC%9A", "/read/jin/0?q=%E4%BC%9A"),
        ("li", "/", "/desk/"),
        ("li", "", "/desk/"),
        ("sun", "/", "/"),
        ("sun", "/works", "/works"),
        ("li", "/account/invitation", "/desk/"),
    ],
)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_who_logs_in_goes_on_where_they_were(desk: Desk, login: str, before: str, after: str) -> None:
    with desk.storage.session.begin() as session:
        account = people.find(session, login)
        assert account
        account.password = hashed("金源故地 1115 年")
    client = desk.app.test_client()
    page = client.get("/account/log-in", headers={"Referer": f"http://localhost{before}"} if before else {}).text
    carried = page.partition('name="next" type="hidden" value="')[2].partition('"')[0]
    sent = {"login": login, "password": "金源故地 1115 年", "next": carried}
    assert client.post("/account/log-in", data=sent).location == after


def test_another_site_leads_nobody_away(desk: Desk) -> None:
    page = desk.app.test_client().get("/account/log-in", headers={"Referer": "http://evil.example/x"}).text
    assert "evil" not in page
