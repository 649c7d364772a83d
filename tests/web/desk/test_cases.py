"""A case from its question to its end: who may do what, and what is never lost."""

from __future__ import annotations

import random
import re
import threading

import pytest
from desk_people import CONTACT, NAME, QUESTION, Desk
from flask import Flask
from flask.testing import FlaskClient
from seeds import SEED
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError

from web.accounts.models import Account, AccountRole
from web.desk import cases
from web.desk.cases import Refused, find, open_case
from web.desk.models import Asker, Case, Event
from web.desk.states import Move, Tier

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
        assert view.requires >= AccountRole.LIBRARIAN, rule  # type: ignore[attr-defined]  # the guard puts it there
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


def lower(desk: Desk, client: FlaskClient, number: str, tier: str = "factual") -> str:
    """Try to change the tier; the tier of the case afterwards."""
    desk.post(client, number, "facts", tier=tier, assignee="0", tags="")
    return desk.look(number, lambda case: case.tier.value)


@pytest.mark.parametrize("written", [True, False], ids=["with a draft", "before the draft"])
def test_a_librarian_does_not_lower_a_tier_that_is_reviewed(desk: Desk, written: bool) -> None:
    number = desk.taken("topical")
    if written:
        desk.save(desk.li, number, "在阿城。", 0)
    assert lower(desk, desk.li, number) == "topical"
    assert lower(desk, desk.li, number, "research") == "research"  # which is reviewed, too
    assert 'value="factual"' not in desk.li.get(f"/desk/cases/{number}").text
    desk.save(desk.li, number, "在阿城南。", 1 if written else 0)
    desk.post(desk.li, number, "move", move="sign")
    assert desk.status(number) == "in-progress"


def test_a_reviewer_who_wrote_nothing_lowers_it_and_the_history_says_so(desk: Desk) -> None:
    number = desk.taken("topical")
    desk.save(desk.li, number, "在阿城。", 0)
    assert lower(desk, desk.wang, number) == "factual"
    assert "免去复审，类别改为" in desk.li.get(f"/desk/cases/{number}").text
    desk.post(desk.li, number, "move", move="sign")
    assert desk.status(number) == "answered"


def test_a_reviewer_who_wrote_it_does_not_lower_it(desk: Desk) -> None:
    number = desk.taken("topical")
    desk.save(desk.wang, number, "在阿城。", 0)
    assert lower(desk, desk.wang, number) == "topical"


def test_who_lowers_a_case_and_writes_its_reply_then_does_not_sign_it(desk: Desk) -> None:
    number = desk.taken("topical")
    assert lower(desk, desk.wang, number) == "factual"
    desk.save(desk.wang, number, "在阿城。", 0)
    for client in (desk.wang, desk.li):
        desk.post(client, number, "move", move="sign")
        assert desk.status(number) == "in-progress"
    assert lower(desk, desk.li, number, "topical") == "topical"
    desk.post(desk.wang, number, "move", move="submit")
    desk.post(desk.wang, number, "move", move="approve")
    assert desk.status(number) == "awaiting-review"


def test_what_was_changed_while_the_reviewer_read_is_not_signed(desk: Desk) -> None:
    number = desk.taken("topical")
    desk.save(desk.li, number, "在阿城。", 0)
    desk.post(desk.li, number, "move", move="submit")
    (seen,) = re.findall(r'name="seen" value="(\w+)"', desk.wang.get(f"/desk/cases/{number}").text)
    desk.post(desk.li, number, "move", move="send-back", reason="改")
    desk.save(desk.li, number, "在别处。", 1)
    desk.post(desk.li, number, "move", move="submit")
    desk.post(desk.wang, number, "move", move="approve", seen=seen)
    assert desk.status(number) == "awaiting-review"
    (seen,) = re.findall(r'name="seen" value="(\w+)"', desk.wang.get(f"/desk/cases/{number}").text)
    desk.post(desk.wang, number, "move", move="approve", seen=seen)
    assert desk.status(number) == "answered"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.parametrize("login", ["li", "wang"], ids=["a librarian", "a reviewer"])
def test_whatever_its_author_does_alone_a_reviewed_reply_is_not_signed(desk: Desk, login: str) -> None:
    """A walk through everything that can be done to a case, in random order, by who writes its reply."""
    chance = random.Random(SEED)
    number = desk.taken("topical")
    client = desk.client(login)
    account = desk.number_of(login)
    done: set[str] = set()
    for step in range(250):
        match chance.randrange(4):
            case 0:
                desk.save(client, number, f"第{step}稿", len(desk.look(number, lambda case: case.revisions)))
            case 1:
                chosen = {"tier": chance.choice(list(Tier)), "assignee": chance.choice(["0", str(account)])}
                desk.post(client, number, "facts", tags="", **chosen)
            case _:
                desk.post(client, number, "move", move=chance.choice(list(Move)), reason="再看")
        assert desk.look(number, lambda case: case.signatures) == []
        done.add(desk.status(number))
    assert done >= {"in-progress", "awaiting-review", "closed", "reopened"}


def test_of_two_who_change_a_case_at_once_the_second_is_told(desk: Desk) -> None:
    """The tier is raised in the moment in which the case is signed as one that nobody reviews."""
    number = desk.taken()
    desk.save(desk.li, number, "在阿城。", 0)
    with desk.storage.session() as signing:
        case = find(signing, number)
        assert case
        account = signing.get(Account, desk.number_of("li"))
        assert account
        assert case.tier is Tier.FACTUAL
        with desk.storage.session.begin() as raising:
            raising.execute(update(Case).where(Case.id == case.id).values(tier=Tier.TOPICAL))
        with pytest.raises(Refused, match="moved-meanwhile"):
            cases.move(signing, case, Move.SIGN, account)


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
    assert NAME not in desk.li.get(f"/desk/cases/{number}").text  # the name was changed, and is still there
    assert "周吳" in desk.li.get(f"/desk/cases/{number}").text
    desk.post(desk.li, number, "forget-asker", sure="1")
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
