"""A case from its question to its end: who may do what, and what is never lost."""

from __future__ import annotations

import re
import threading

import pytest
from desk_people import CONTACT, NAME, QUESTION, Desk
from flask import Flask
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from web.accounts.models import Role
from web.desk.cases import open_case
from web.desk.models import Asker, Case, Event

HOSTILE = '<script>alert("x")</script>'


def test_a_question_becomes_a_case_under_the_next_number(desk: Desk) -> None:
    first, second = desk.ask(), desk.ask()
    year, _, number = first.partition("-")
    assert re.fullmatch(r"20\d\d", year)
    assert (number, second) == ("0001", f"{year}-0002")
    page = desk.li.get(f"/desk/cases/{first}").text
    assert QUESTION in page
    assert NAME in page
    assert CONTACT in page


def test_numbers_are_given_once(desk: Desk) -> None:
    failures: list[BaseException] = []

    def ask() -> None:
        try:
            with desk.storage.session() as session:
                for _ in range(3):
                    open_case(session, "？", None)
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with desk.storage.session() as session:
        assert sorted(session.scalars(select(Case.sequence))) == list(range(1, 10))


@pytest.mark.parametrize("missing", ["question", "name", "contact"])
def test_a_question_needs_its_asker(desk: Desk, missing: str) -> None:
    sent = {"question": "？", "name": "某", "contact": "某"} | {missing: " "}
    assert desk.app.test_client().post("/ask", data=sent).status_code == 200
    with desk.storage.session() as session:
        assert session.scalars(select(Case)).all() == []


def test_a_librarian_enters_a_question(desk: Desk) -> None:
    sent = {"question": HOSTILE, "tier": "research", "due": "2026-12-31", "name": "", "contact": ""}
    answer = desk.li.post("/desk/new", data=sent)
    page = desk.li.get(answer.location).text
    assert HOSTILE not in page
    assert "课题咨询" in page
    assert "2026-12-31" in page
    assert desk.look(answer.location.rpartition("/")[2], lambda case: case.asker) is None


@pytest.mark.parametrize("login", ["", "sun"])
def test_the_desk_is_for_librarians(desk: Desk, login: str) -> None:
    number = desk.answered()
    client = desk.client(login) if login else desk.app.test_client()
    values = {"number": number, "which": 1, "kind": "docx", "key": "tiers"}
    seen = set()
    for rule in desk.app.url_map.iter_rules():
        if not rule.endpoint.startswith("desk."):
            continue
        view = desk.app.view_functions[rule.endpoint]
        assert view.requires >= Role.LIBRARIAN, rule  # type: ignore[attr-defined]  # the guard puts it there
        path = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(values[found[1]]), rule.rule)
        for method in rule.methods & {"GET", "POST"}:  # type: ignore[operator]  # Flask's rules have methods
            answer = client.open(path, method=method)
            assert answer.status_code == (403 if login else 302 if method == "GET" else 401), (method, path)
            seen.add(rule.endpoint)
    assert len(seen) > 20
    assert desk.status(number) == "closed"


def test_every_form_needs_its_token(desk: Desk) -> None:
    number = desk.taken()
    desk.app.config["WTF_CSRF_ENABLED"] = True
    values = {"number": number, "which": 1}
    for rule in desk.app.url_map.iter_rules():
        if "POST" in rule.methods and rule.endpoint.startswith(("desk.", "public.")):  # type: ignore[operator]  # Flask's rules have methods
            path = re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(values[found[1]]), rule.rule)
            assert desk.li.post(path, data={"question": "？"}).status_code == 400, path
    with desk.storage.session() as session:
        assert len(session.scalars(select(Case)).all()) == 1


def test_from_new_to_closed_and_back(desk: Desk) -> None:
    number = desk.answered()
    assert desk.status(number) == "closed"
    desk.post(desk.li, number, "move", move="reopen")
    assert desk.status(number) == "closed"  # a reason is needed
    desk.post(desk.li, number, "move", move="reopen", reason="提问人補充")
    assert desk.status(number) == "reopened"
    actions = desk.look(number, lambda case: [event.action for event in case.history])
    assert actions == ["open", "take-up", "assign", "quote", "draft", "sign", "close", "reopen"]
    assert "提问人補充" in desk.li.get(f"/desk/cases/{number}").text


def test_who_takes_up_a_case_gets_it(desk: Desk) -> None:
    number = desk.ask()
    desk.post(desk.zhao, number, "move", move="take-up")
    assert desk.look(number, lambda case: case.assignee.name if case.assignee else "") == "zhao氏"


@pytest.mark.parametrize("tier", ["topical", "research"])
def test_a_reviewed_reply_is_signed_by_another(desk: Desk, tier: str) -> None:
    number = desk.taken(tier)
    desk.save(desk.li, number, "在阿城。", 0)
    desk.save(desk.wang, number, "在阿城南。", 1)
    for move in ("sign", "approve"):
        desk.post(desk.li, number, "move", move=move)
    assert desk.status(number) == "in-progress"
    desk.post(desk.li, number, "move", move="submit")
    assert desk.status(number) == "awaiting-review"
    for client in (desk.li, desk.zhao, desk.wang):  # two are no reviewers, the third has written of it
        assert "审核通过并签发</button>" not in client.get(f"/desk/cases/{number}").text
        desk.post(client, number, "move", move="approve")
    assert desk.status(number) == "awaiting-review"
    assert desk.look(number, lambda case: case.signatures) == []


def test_a_reviewer_sends_back_and_signs(desk: Desk) -> None:
    number = desk.taken("topical")
    desk.save(desk.li, number, "在阿城。", 0)
    desk.post(desk.li, number, "move", move="submit")
    assert desk.save(desk.li, number, "改", 1) == 409
    desk.post(desk.wang, number, "move", move="send-back", reason="出處？")
    desk.save(desk.li, number, "在阿城南。", 1)
    desk.post(desk.li, number, "move", move="submit")
    desk.post(desk.wang, number, "move", move="approve")
    assert desk.status(number) == "answered"
    signed = desk.li.get(f"/desk/cases/{number}/reply.json").get_json()
    assert (signed["author"], signed["reviewer"], signed["signed"]) == ("li氏", "wang氏", True)


def test_a_reply_is_not_signed_with_passages_that_are_not_there(desk: Desk) -> None:
    number = desk.taken()
    desk.post(desk.li, number, "move", move="sign")
    desk.save(desk.li, number, "[@5]", 0)
    desk.post(desk.li, number, "move", move="sign")
    assert desk.status(number) == "in-progress"
    assert "[@5]" in desk.li.get(f"/desk/cases/{number}").text


def test_the_tier_does_not_change_under_review(desk: Desk) -> None:
    number = desk.taken("topical")
    desk.save(desk.li, number, "在阿城。", 0)
    desk.post(desk.li, number, "move", move="submit")
    desk.post(desk.li, number, "facts", tier="factual", assignee="0", tags="")
    assert desk.look(number, lambda case: case.tier.value) == "topical"


def test_tags_are_found_again(desk: Desk) -> None:
    number = desk.taken()
    desk.post(desk.li, number, "facts", tier="factual", assignee="0", tags="金史、上京 金史")
    assert desk.look(number, lambda case: [tag.name for tag in case.tags]) == ["上京", "金史"]
    other = desk.ask()
    page = desk.li.get("/desk/?tag=上京").text
    assert number in page
    assert other not in page


def test_the_asker_is_forgotten_for_good(desk: Desk) -> None:
    number = desk.answered()
    desk.post(desk.li, number, "asker", name="周吳", contact="x")
    desk.post(desk.li, number, "forget-asker")
    with desk.storage.session() as session:
        assert session.scalars(select(Asker)).all() == []
        details = " ".join(event.detail for event in session.scalars(select(Event)))
    assert "周吳" not in details
    assert NAME not in details


@pytest.mark.parametrize("table", ["desk_event", "desk_revision", "desk_signature"])
def test_what_was_done_can_not_be_undone(desk: Desk, table: str) -> None:
    desk.answered()
    for change in (f"UPDATE {table} SET case_id = case_id", f"DELETE FROM {table}"):
        with desk.storage.engine.connect() as connection, pytest.raises(DBAPIError, match="append-only"):
            connection.exec_driver_sql(change)


@pytest.mark.parametrize("path", ["2026-9999", "x", "2026-1-1", "２０２６-0001", "9" * 50, "2026-" + "1" * 50])
def test_a_case_that_is_not_there_is_a_page(desk: Desk, path: str) -> None:
    assert desk.li.get(f"/desk/cases/{path}").status_code == 404
    assert desk.li.get(f"/faq/{path}").status_code == 404


def test_an_account_that_may_not_see_the_asker_gets_no_trace_of_it(desk: Desk, site: Flask) -> None:
    number = desk.answered()
    desk.post(desk.wang, number, "publish", question="上京何在？")
    for path in ("/", "/faq", f"/faq/{number}", "/faq?q=上京", "/ask", "/search?q=会宁府"):
        page = site.test_client().get(path).text
        assert NAME not in page
        assert CONTACT not in page
    for path in ("/desk/statistics", "/desk/answers?q=上京", f"/desk/cases/{number}/reply.json", "/desk/"):
        page = desk.li.get(path).text
        assert NAME not in page
        assert CONTACT not in page
