"""Replies: written by several, never written over, exported as they were signed."""

from __future__ import annotations

import threading
from io import BytesIO

import pytest
from desk_people import QUESTION, Desk
from docx import Document as Word

from web.desk.drafting import LONGEST, MOST_PLACES
from web.desk.models import Case
from web.desk.replying import Overtaken, save

HOSTILE = '<script>alert("x")</script>'


def texts(case: Case) -> list[str]:
    return [revision.text for revision in case.revisions]


def test_a_reply_is_written_with_its_evidence(desk: Desk) -> None:
    number = desk.taken()
    desk.quote(desk.li, number)
    page = desk.li.post(
        f"/desk/cases/{number}/reply", data={"text": "見下：\n\n[@1]", "after": "0", "preview": "1"}
    ).text
    assert "<blockquote>上京路即海古之地" in page
    assert "〔元〕脫脫等. 金史：卷二十四[M/OL]" in page
    assert desk.look(number, texts) == []
    desk.save(desk.li, number, "見下：\r\n\r\n[@1]", 0)
    assert desk.look(number, texts) == ["見下：\n\n[@1]"]


def test_a_reply_that_quotes_too_much_is_kept_and_told_and_not_signed(desk: Desk) -> None:
    number = desk.taken()
    desk.quote(desk.li, number)
    text = "[@1]\n\n" * (MOST_PLACES + 7)
    page = desk.li.post(f"/desk/cases/{number}/reply", data={"text": text, "after": "0", "preview": "1"}).text
    told = "后面 7 处没有填入"
    assert told in page
    assert page.count("<blockquote>上京路") == MOST_PLACES
    assert desk.save(desk.li, number, text, 0) == 302  # whatever was written is kept
    assert desk.look(number, texts) == [text]
    for move in ("sign", "submit"):
        answer = desk.li.post(f"/desk/cases/{number}/move", data={"move": move}, follow_redirects=True)
        assert told in answer.text
        assert desk.status(number) == "in-progress"


def test_nothing_that_is_written_runs(desk: Desk) -> None:
    number = desk.taken()
    text = f"{HOSTILE}\n\n[x](javascript:alert(1))\n\n![x](javascript:1)"
    for page in (
        desk.li.post(f"/desk/cases/{number}/reply", data={"text": text, "after": "0", "preview": "1"}).text,
        desk.li.post(f"/desk/cases/{number}/reply", data={"text": text, "after": "0"}, follow_redirects=True).text,
        desk.li.get(f"/desk/cases/{number}").text,
        desk.li.get(f"/desk/cases/{number}/revisions/1").text,
        desk.li.post(f"/desk/cases/{number}/reply", data={"text": "x", "after": "0"}).text,
    ):
        assert HOSTILE not in page
        assert 'href="javascript' not in page


def test_two_who_write_at_once_lose_no_word(desk: Desk) -> None:
    number = desk.taken()
    desk.save(desk.li, number, "在阿城南。\n\n太祖所建。", 0)
    assert desk.save(desk.zhao, number, "在阿城南四里。\n\n太祖所建。", 1) == 302
    answer = desk.li.post(f"/desk/cases/{number}/reply", data={"text": "在阿城南。\n\n太宗所建。", "after": "1"})
    assert answer.status_code == 409
    assert "zhao氏" in answer.text
    assert ">在阿城南四里。\n\n太宗所建。</textarea>" in answer.text
    for shown in ('<ins class="theirs">四里</ins>', '<del class="mine">祖</del><ins class="mine">宗</ins>'):
        assert shown in answer.text
    for whole in ("在阿城南。\n\n太宗所建。</pre>", "在阿城南四里。\n\n太祖所建。</pre>"):
        assert whole in answer.text
    assert 'name="after" value="2"' in answer.text
    assert desk.look(number, texts) == ["在阿城南。\n\n太祖所建。", "在阿城南四里。\n\n太祖所建。"]
    assert desk.save(desk.li, number, "在阿城南四里。\n\n太宗所建。", 2) == 302
    assert len(desk.look(number, texts)) == 3


def test_of_many_who_save_in_the_same_moment_each_is_saved_or_told(desk: Desk) -> None:
    number = desk.taken()
    outcomes: list[str] = []
    ready = threading.Barrier(4)

    def write(name: str) -> None:
        from web.accounts.models import Account
        from web.desk.cases import find

        with desk.storage.session() as session:
            case = find(session, number)
            account = session.get(Account, 1)
            assert case
            assert account
            assert case.draft is None
            ready.wait()
            try:
                save(session, case, account, name, 0)
                outcomes.append("saved")
            except Overtaken:
                outcomes.append("told")

    threads = [threading.Thread(target=write, args=(f"稿{each}",)) for each in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["saved", "told", "told", "told"]
    assert len(desk.look(number, texts)) == 1


def test_what_can_not_be_saved_is_shown_whole(desk: Desk) -> None:
    number = desk.taken()
    answer = desk.li.post(f"/desk/cases/{number}/reply", data={"text": "字" * (LONGEST + 1), "after": "0"})
    assert answer.status_code == 409
    assert "字" * (LONGEST + 1) in answer.text
    desk.save(desk.li, number, "在阿城。", 0)
    desk.post(desk.li, number, "move", move="sign")
    answer = desk.li.post(f"/desk/cases/{number}/reply", data={"text": "改過的稿", "after": "1"})
    assert answer.status_code == 409
    assert "改過的稿" in answer.text


def test_the_longest_draft_fits_a_form(desk: Desk) -> None:
    number = desk.taken()
    assert desk.save(desk.li, number, "𤣥" * LONGEST, 0) == 302
    assert desk.look(number, texts) == ["𤣥" * LONGEST]


@pytest.mark.parametrize(
    ("kind", "begins"), [("docx", b"PK"), ("pdf", b"%PDF-"), ("md", "# 参考".encode()), ("json", b"{")]
)
def test_a_reply_is_exported(desk: Desk, kind: str, begins: bytes) -> None:
    number = desk.answered()
    answer = desk.li.get(f"/desk/cases/{number}/reply.{kind}")
    assert answer.data.startswith(begins)
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{number}.{kind}"'
    assert desk.li.get(f"/desk/cases/{number}/reply.exe").status_code == 404


def test_what_was_signed_stays_as_it_was(desk: Desk) -> None:
    number = desk.answered()
    desk.post(desk.li, number, "move", move="reopen", reason="補")
    desk.post(desk.li, number, "evidence/1/trim", first="", last="海古之地")
    desk.save(desk.li, number, "另稿", 1)
    draft = desk.li.get(f"/desk/cases/{number}/reply.json").get_json()
    assert (draft["signed"], draft["blocks"][0]["runs"][0]["text"]) == (False, "另稿")
    desk.post(desk.li, number, "move", move="sign")
    signed = desk.li.get(f"/desk/cases/{number}/reply.docx").data
    told = [each.text for each in Word(BytesIO(signed)).paragraphs]
    assert "另稿" in told
    assert QUESTION in told
    assert desk.look(number, lambda case: len(case.signatures)) == 2


def test_without_pango_the_page_says_what_to_do(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from web.desk.exporting.pdf import PdfUnavailable
    from web.desk.pages import replies

    def fail(*_: object) -> bytes:
        raise PdfUnavailable("cannot load library 'libpango'")

    number = desk.answered()
    monkeypatch.setitem(replies.FORMATS, "pdf", ("application/pdf", fail))
    answer = desk.li.get(f"/desk/cases/{number}/reply.pdf", follow_redirects=True)
    assert "Pango" in answer.text


def test_a_reply_with_two_readings_is_not_signed(desk: Desk) -> None:
    number = desk.taken()
    desk.save(desk.li, number, "在⟪涞流水‖來流水⟫旁。", 0)
    assert "1 处两稿不同" in desk.li.get(f"/desk/cases/{number}/reply").text
    for move in ("sign", "submit"):
        desk.post(desk.li, number, "move", move=move)
    assert desk.status(number) == "in-progress"
    desk.save(desk.li, number, "在來流水旁。", 1)
    desk.post(desk.li, number, "move", move="sign")
    assert desk.status(number) == "answered"
