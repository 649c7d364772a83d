"""What stays of closed cases: found by word and meaning, without the asker, public only when a reviewer says so."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from desk_people import CONTACT, NAME, QUESTION, Desk
from filelock import FileLock

from corpora.model import Access
from indexer.errors import IndexFailure
from indexer.upkeep.declaring import declare
from web.app import create_app
from web.desk import knowledge
from web.desk.cases import find
from web.desk.knowledge import AnswerBase, refreshed
from web.desk.pages.answers import EXTENSION


def base(desk: Desk) -> AnswerBase:
    answers: AnswerBase = desk.app.extensions[EXTENSION]
    return answers


def found(desk: Desk, question: str) -> list[str]:
    return [each.number for each in base(desk).like(question)]


def test_a_closed_case_is_found_by_a_like_question(desk: Desk) -> None:
    number = desk.answered()
    assert found(desk, "上京会宁府的位置") == [number]
    assert found(desk, "會寧府在哪裏？ (NOT") == [number]
    assert found(desk, "") == []
    other = desk.ask("上京会宁府遗址今在哪里？")
    assert f'href="/desk/cases/{number}"' in desk.li.get(f"/desk/cases/{other}").text
    assert number in desk.li.get("/desk/answers?q=会宁府").text


def test_only_closed_cases_with_a_reply_are_in_it(desk: Desk) -> None:
    number = desk.answered()
    empty = desk.ask("会宁府何在？")
    desk.post(desk.li, empty, "move", move="close", reason="自己找到了")
    assert found(desk, "会宁府") == [number]
    desk.post(desk.li, number, "move", move="reopen", reason="補")
    assert found(desk, "会宁府") == []
    desk.post(desk.li, number, "move", move="sign")
    desk.post(desk.li, number, "move", move="close")
    assert found(desk, "会宁府") == [number]


def test_nothing_of_the_asker_is_in_it(desk: Desk, tmp_path: Path) -> None:
    desk.answered()
    files = [file for file in base(desk)._folder.rglob("*") if file.is_file()]
    assert files
    for file in files:
        content = file.read_bytes()
        for secret in (NAME, CONTACT):
            assert secret.encode() not in content
            assert secret.encode("utf-32-le") not in content


def test_the_base_is_made_anew_from_the_database(desk: Desk, tmp_path: Path) -> None:
    number = desk.answered()
    fresh = AnswerBase(tmp_path / "elsewhere")
    with desk.storage.session() as session:
        fresh.refresh(session)
    assert [each.number for each in fresh.like("会宁府")] == [number]


def test_a_base_that_can_not_be_built_stops_no_case(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise IndexFailure("another build is under way")

    with monkeypatch.context() as broken:
        broken.setattr(AnswerBase, "refresh", fail)
        number = desk.answered()
        assert desk.status(number) == "closed"
        assert "答复库暂时没有更新" in desk.li.get(f"/desk/cases/{number}").text
        assert found(desk, "会宁府") == []
    desk.answered()
    assert number in found(desk, "会宁府")


def test_only_a_reviewer_makes_a_case_public(desk: Desk) -> None:
    number = desk.answered()
    reader = desk.app.test_client()
    assert desk.post(desk.li, number, "publish", question="上京何在？") == 403
    assert reader.get(f"/faq/{number}").status_code == 404
    assert number not in reader.get("/faq").text
    desk.post(desk.wang, number, "publish", question="上京何在？")
    assert "上京何在？" in reader.get("/faq").text
    assert f"/faq/{number}" in reader.get("/faq?q=会宁府在哪里").text
    page = reader.get(f"/faq/{number}").text
    assert "上京何在？" in page
    assert "上京路即海古之地" in page
    assert QUESTION not in page  # its public wording alone is public
    desk.post(desk.wang, number, "unpublish")
    assert reader.get(f"/faq/{number}").status_code == 404
    assert f"/faq/{number}" not in reader.get("/faq?q=会宁府").text


def test_the_public_finds_only_what_is_public(desk: Desk) -> None:
    shown, hidden = desk.answered(), desk.answered()
    desk.post(desk.wang, shown, "publish", question="上京何在？")
    page = desk.app.test_client().get("/faq?q=会宁府").text
    assert f"/faq/{shown}" in page
    assert hidden not in page


def test_a_reopened_case_is_public_no_more(desk: Desk) -> None:
    number = desk.answered()
    desk.post(desk.wang, number, "publish", question="上京何在？")
    desk.post(desk.li, number, "move", move="reopen", reason="補")
    assert desk.app.test_client().get(f"/faq/{number}").status_code == 404


def test_a_case_that_is_not_closed_is_not_made_public(desk: Desk) -> None:
    number = desk.taken()
    desk.post(desk.wang, number, "publish", question="上京何在？")
    assert not desk.look(number, lambda case: case.published)


@pytest.fixture
def closable(works: Path, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Desk, Path]:
    """A desk whose index a test may change, and that index."""
    monkeypatch.chdir(tmp_path)
    index = Path(shutil.copytree(works, tmp_path / "index"))
    app = create_app(index, database)
    app.config["WTF_CSRF_ENABLED"] = False
    return Desk(app), index


def test_what_quotes_a_closed_collection_is_not_made_public(closable: tuple[Desk, Path]) -> None:
    desk, index = closable
    quoting, other = desk.answered(), desk.answered("沒有引文。")
    declare(index, "local", Access.STAFF)
    for number in (quoting, other):
        desk.post(desk.wang, number, "publish", question="上京何在？")
    assert [desk.look(number, lambda case: case.published) for number in (quoting, other)] == [False, True]


def test_what_is_closed_on_another_machine_is_found(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other machine is a base in a folder of its own, over the same database."""
    number, other = desk.answered(), AnswerBase(tmp_path / "other machine")

    def there() -> list[str]:
        with desk.storage.session() as session:
            other.follow(session)
        return [each.number for each in other.like("会宁府")]

    monkeypatch.setattr(knowledge, "GLANCE", 600)
    assert there() == [number]
    desk.post(desk.li, number, "move", move="reopen", reason="補")
    assert there() == [number]  # it looked a moment ago
    monkeypatch.setattr(knowledge, "GLANCE", 0)
    other._look_again = 0
    assert there() == []
    monkeypatch.setattr(AnswerBase, "refresh", lambda *_, **__: pytest.fail("nothing has changed"))
    assert there() == []


def test_of_two_processes_one_writes_at_a_time(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """What holds the lock here might as well be another process: it is the file that is locked."""
    desk.answered()
    (year,) = (base(desk)._folder / "texts").glob("*.jsonl")
    year.write_text("as it was", "utf-8")
    monkeypatch.setattr(knowledge, "PATIENCE", 0.2)
    with FileLock(base(desk)._folder / "lock"), desk.storage.session() as session:
        assert not refreshed(base(desk), session)
        assert year.read_text("utf-8") == "as it was"
    with desk.storage.session() as session:
        assert refreshed(base(desk), session)
    assert "as it was" not in year.read_text("utf-8")


def test_what_a_process_that_died_has_left_is_cleared_away(desk: Desk) -> None:
    number = desk.answered()
    left = base(desk)._folder / "texts" / "2026.abc.draft"
    left.write_text('{"id": "half', "utf-8")
    with desk.storage.session() as session:
        assert refreshed(base(desk), session)
    assert not left.exists()
    assert found(desk, "会宁府") == [number]


def test_what_is_closed_later_is_public_no_more_and_what_is_opened_again_is(closable: tuple[Desk, Path]) -> None:
    desk, index = closable
    quoting, other = desk.answered(), desk.answered("沒有引文，會寧府在阿城。")
    for number in (quoting, other):
        desk.post(desk.wang, number, "publish", question=f"上京何在？{number}")
    reader = desk.app.test_client()

    def public() -> list[set[str]]:
        pages = [reader.get(path).text for path in ("/faq", "/faq?q=会宁府在哪里")]
        listed = [{number for number in (quoting, other) if number in page} for page in pages]
        return [*listed, {number for number in (quoting, other) if reader.get(f"/faq/{number}").status_code == 200}]

    assert public() == [{quoting, other}] * 3
    declare(index, "local", Access.STAFF)
    assert public() == [{other}] * 3
    assert "读者看不到：local" in desk.li.get(f"/desk/cases/{quoting}").text
    assert "读者看不到" not in desk.li.get(f"/desk/cases/{other}").text
    declare(index, "local", Access.OPEN)
    assert public() == [{quoting, other}] * 3


def test_pages_of_questions_have_no_gap_where_one_is_closed(
    closable: tuple[Desk, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, index = closable
    monkeypatch.setattr("web.desk.pages.public.PER_PAGE", 2)
    numbers = [desk.answered("沒有引文。" if at != 1 else "[@1]") for at in range(3)]
    for number in numbers:
        desk.post(desk.wang, number, "publish", question=f"上京何在？{number}")
    declare(index, "local", Access.STAFF)
    page = desk.app.test_client().get("/faq").text
    assert [number in page for number in numbers] == [True, False, True]
    assert 'rel="next"' not in page


def test_a_withdrawn_passage_still_closes_the_reply_that_was_signed_with_it(closable: tuple[Desk, Path]) -> None:
    desk, index = closable
    number = desk.answered()
    desk.post(desk.wang, number, "publish", question="上京何在？")
    with desk.storage.session.begin() as session:
        case = find(session, number)
        assert case is not None
        case.evidence[0].withdrawn = True
    declare(index, "local", Access.STAFF)
    assert desk.app.test_client().get(f"/faq/{number}").status_code == 404
