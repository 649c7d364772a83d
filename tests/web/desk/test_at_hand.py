"""What is at hand for a reply: texts that are used again, notes among librarians, terms and cases that are like it."""

from __future__ import annotations

import doctest

import pytest
from desk_people import Desk

from web.desk import terms


def test_a_text_is_at_hand_until_it_is_removed(desk: Desk) -> None:
    number = desk.taken()
    desk.li.post("/desk/texts", data={"title": "開館時間", "text": "周二至周日，九時至五時。"})
    editor = f"/desk/cases/{number}/reply"
    assert 'data-insert="周二至周日，九時至五時。"' in desk.zhao.get(editor).text
    desk.zhao.post("/desk/texts/1", data={"title": "開館時間", "text": "天天開館。"})
    assert 'data-insert="天天開館。"' in desk.li.get(editor).text
    assert "天天開館" in desk.li.post("/desk/texts/1/remove").text  # it asks
    assert "天天開館" in desk.li.get(editor).text
    desk.li.post("/desk/texts/1/remove", data={"sure": "1"})
    assert "天天開館" not in desk.li.get(editor).text


@pytest.mark.parametrize(
    "sent", [{"title": " ", "text": "x"}, {"title": "x", "text": ""}, {"title": 101 * "x", "text": "x"}]
)
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_text_has_a_name_and_says_something(desk: Desk, sent: dict[str, str]) -> None:
    assert 'role="alert"' in desk.li.post("/desk/texts", data=sent).text
    assert "还没有常用语" in desk.li.get("/desk/texts").text
    assert desk.li.post("/desk/texts/99", data={"title": "x", "text": "x"}).status_code == 404
    assert desk.li.post(f"/desk/texts/{'9' * 30}", data={"title": "x", "text": "x"}).status_code == 404


def test_notes_are_for_librarians_alone(desk: Desk) -> None:
    number = desk.taken()
    desk.post(desk.li, number, "notes", note="此人去年也問過")
    desk.post(desk.li, number, "notes", note=" ")
    assert desk.zhao.get(f"/desk/cases/{number}").text.count("此人去年也問過") == 1
    desk.quote(desk.li, number)
    desk.save(desk.li, number, "在阿城。\n\n[@1]", 0)
    desk.post(desk.li, number, "move", move="sign")
    desk.post(desk.li, number, "move", move="close")
    desk.post(desk.wang, number, "publish", question="上京何在？")
    for kind in ("json", "md"):
        assert "去年" not in desk.li.get(f"/desk/cases/{number}/reply.{kind}").text
    for path in (f"/faq/{number}", "/faq?q=去年", "/faq"):
        assert "此人" not in desk.sun.get(path).text
    assert "此人" not in desk.li.get("/desk/answers?q=去年").text
    assert number in desk.li.get("/desk/?q=去年也問").text  # where one looks for a case


def test_the_reply_stands_above_what_it_quotes(desk: Desk) -> None:
    page = desk.li.get(f"/desk/cases/{desk.answered()}").text
    assert page.index('id="reply"') < page.index('id="evidence"')


def test_terms_are_of_the_matter() -> None:
    assert doctest.testmod(terms).failed == 0
    assert not set(terms.terms("请问古籍原文里头鱼宴是什么样？ask the library")) & {
        "原文",
        "古籍",
        "什么样",
        "ask",
        "library",
    }


def test_an_answered_case_on_another_matter_is_not_like_it(desk: Desk) -> None:
    number = desk.answered()
    for question, like in {
        "上京会宁府遗址今在哪里？": True,
        "怎样办理借书证？": False,
        "冬天房屋怎么取暖": False,
    }.items():
        page = desk.li.get(f"/desk/cases/{desk.ask(question)}").text
        assert (f'href="/desk/cases/{number}"' in page) == like, question
        assert (number in desk.li.get("/desk/answers", query_string={"q": question}).text) == like
