"""Passages in a case: as quoted at that moment, in the librarian's order, watched when the texts change."""

from __future__ import annotations

import html
import json
import re
import shutil
from pathlib import Path

import pytest
from desk_people import Desk
from desk_works import OTHER, TEXT, WORK, write
from sqlalchemy.exc import DBAPIError

from search.addresses import Address, Standing
from search.library import Library
from search.model import SectionView
from web.app import create_app
from web.desk import quotations
from web.desk.models import Case, Quotation


def first(case: Case) -> Quotation:
    return case.evidence[0]


def order(case: Case) -> list[tuple[str, list[int]]]:
    return [(group.heading, [each.number for each in group.evidence]) for group in quotations.groups(case)]


def test_a_passage_is_kept_with_its_place(desk: Desk) -> None:
    number = desk.taken()
    start = TEXT.index("國言")
    desk.post(
        desk.li, number, "evidence",
        work="jin", section="0", range=f"{start}-{len(TEXT)}", query="按出虎", note="得名",
    )  # fmt: skip
    kept = desk.look(number, lambda case: {**vars(first(case))})
    assert kept["text"] == TEXT[start:]
    assert kept["address"] == Address("jin", 0, "024-1a", start, TEXT[start:])
    assert (kept["work"], kept["section"], kept["generation"]) == ("jin", "卷二十四", 1)
    assert (kept["query"], kept["note"]) == ("按出虎", "得名")
    assert json.loads(kept["record"])["edition"] == "文淵閣四庫全書"
    (note,) = json.loads(kept["notes"])
    assert kept["text"][slice(*note)] == "按出虎水源於此"


@pytest.mark.parametrize(
    ("work", "section", "start", "end"),
    [
        ("nothing", "0", "0", "5"),
        ("jin", "7", "0", "5"),
        ("jin", "0", "5", "5"),
        ("jin", "0", "0", "9999"),
        ("jin", "0", "-1", "5"),
        ("jin", "x", "0", "5"),
        ("jin", "0", "0", "9" * 40),
    ],
)
def test_what_is_not_there_is_not_kept(desk: Desk, work: str, section: str, start: str, end: str) -> None:
    number = desk.taken()
    assert desk.post(desk.li, number, "evidence", work=work, section=section, range=f"{start}-{end}") == 302
    assert desk.look(number, lambda case: case.evidence) == []


def test_hits_and_pages_offer_to_be_kept_while_a_case_is_worked_on(desk: Desk) -> None:
    number = desk.taken()
    pages = ("/search?q=会宁府", "/read/jin/0?q=会宁府", "/read/note/0?q=白城&at=2")
    offer = f'action="/desk/cases/{number}/evidence"'
    assert not any(offer in desk.li.get(path).text for path in pages)
    desk.post(desk.li, number, "working")
    assert all(offer in desk.li.get(path).text for path in pages)
    assert not any(offer in desk.zhao.get(path).text for path in pages)
    desk.li.post("/desk/leave")
    assert not any(offer in desk.li.get(path).text for path in pages)


def test_searches_are_kept_while_a_case_is_worked_on(desk: Desk) -> None:
    number = desk.taken()
    desk.li.get("/search?q=前")
    answer = desk.li.post(f"/desk/cases/{number}/search", data={"search": "q=会宁府&mode=exact"})
    desk.li.get(answer.location)
    desk.li.get(answer.location)
    desk.li.get("/search?q=魚魚魚&mode=exact")
    desk.zhao.get("/search?q=別")
    desk.li.post("/desk/leave")
    desk.li.get("/search?q=後")
    kept = desk.look(number, lambda case: [(each.query, each.passages, each.generation) for each in case.searches])
    assert kept == [("魚魚魚", 0, 1), ("会宁府", 1, 1)]
    assert "mode=exact" in desk.li.get(f"/desk/cases/{number}").text  # and can be made again


LINKS = {
    "in a mail": {"Sec-Fetch-Site": "none"},
    "on another site": {"Sec-Fetch-Site": "cross-site", "Referer": "http://localhost/"},
    "on a neighbour": {"Sec-Fetch-Site": "same-site"},
    "in an old browser": {"Referer": "http://example.org/"},
    "in an old browser, by another port": {"Referer": "http://localhost:81/"},
    "from nowhere": {},
}


@pytest.mark.parametrize("headers", LINKS.values(), ids=LINKS)
def test_a_link_from_elsewhere_writes_nothing(desk: Desk, headers: dict[str, str]) -> None:
    number, other = desk.taken(), desk.taken()
    desk.post(desk.li, number, "working")
    del desk.li.environ_base["HTTP_SEC_FETCH_SITE"]
    page = desk.li.get("/search?q=会宁府", headers=headers).text
    assert desk.look(number, lambda case: case.searches) == []
    assert f"记入案卷 {number}" in page
    assert desk.li.get(f"/desk/cases/{other}/search?q=会宁府", headers=headers).status_code == 405
    assert f"记入案卷 {number}" in desk.li.get("/search?q=会宁府", headers=headers).text  # still the case at hand


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "same-origin"}, {"Referer": "http://localhost/desk/"}])
def test_what_a_page_of_ours_leads_to_is_kept(desk: Desk, headers: dict[str, str]) -> None:
    number = desk.taken()
    desk.post(desk.li, number, "working")
    del desk.li.environ_base["HTTP_SEC_FETCH_SITE"]
    assert "记入案卷" not in desk.li.get("/search?q=会宁府", headers=headers).text
    assert desk.look(number, lambda case: [each.query for each in case.searches]) == ["会宁府"]


def test_a_search_from_elsewhere_is_kept_by_its_button(desk: Desk) -> None:
    number = desk.taken()
    desk.post(desk.li, number, "working")
    page = desk.li.get("/search?q=会宁府&mode=exact", headers={"Sec-Fetch-Site": "none"}).text
    (search,) = re.findall(r'name="search" value="([^"]+)"', page)
    answer = desk.li.post(f"/desk/cases/{number}/search", data={"search": html.unescape(search)})
    assert "记入案卷" not in desk.li.get(answer.location).text
    (arguments,) = desk.look(number, lambda case: [each.arguments for each in case.searches])
    assert "mode=exact" in arguments


def test_a_passage_is_trimmed_and_made_whole_again(desk: Desk) -> None:
    number = desk.taken()
    desk.quote(desk.li, number)
    desk.post(desk.li, number, "evidence/1/trim", first="地金之舊", last="曰按出虎")
    assert "……地金之舊土也國言金曰按出虎……" in desk.li.get(f"/desk/cases/{number}").text
    desk.post(desk.li, number, "evidence/1/trim", first="白城", last="")
    page = desk.li.get(f"/desk/cases/{number}").text
    assert "没有截取" in page
    assert "……地金之舊" in page
    desk.post(desk.li, number, "evidence/1/trim", first="", last="")
    assert (
        "……"
        not in desk.li.get(f"/desk/cases/{number}").text.partition("</blockquote>")[2].partition("</blockquote>")[0]
    )


def test_passages_are_put_in_order_under_headings(desk: Desk) -> None:
    number = desk.taken()
    for at in range(4):
        desk.quote(desk.li, number, at, at + 5)
    for which, heading in ((2, "沿革"), (4, "沿革")):
        desk.post(desk.li, number, f"evidence/{which}/annotate", heading=heading, stance="for", note="")
    assert desk.look(number, order) == [("", [1, 3]), ("沿革", [2, 4])]
    desk.post(desk.li, number, "evidence/4/shift", step="up")
    assert desk.look(number, order) == [("", [1, 3]), ("沿革", [4, 2])]
    desk.post(desk.li, number, "evidence/4/shift", step="up")  # it is the first of its group
    desk.post(desk.li, number, "shift-heading", heading="沿革", step="up")
    assert desk.look(number, order) == [("沿革", [4, 2]), ("", [1, 3])]
    desk.post(desk.li, number, "evidence/1/shift", step="down")
    assert desk.look(number, order) == [("沿革", [4, 2]), ("", [3, 1])]
    assert desk.post(desk.li, number, "evidence/1/shift", step="sideways") == 400


def test_a_number_is_never_given_again(desk: Desk) -> None:
    number = desk.taken()
    desk.quote(desk.li, number)
    desk.post(desk.li, number, "evidence/1/withdraw")
    desk.quote(desk.li, number, 1, 9)
    assert desk.look(number, lambda case: [each.number for each in case.kept]) == [2]
    desk.post(desk.li, number, "evidence/1/restore")
    assert desk.look(number, lambda case: sorted(each.number for each in case.kept)) == [1, 2]


def test_evidence_stands_still_when_the_reply_is_signed(desk: Desk) -> None:
    number = desk.answered()
    desk.quote(desk.li, number)
    desk.post(desk.li, number, "evidence/1/trim", first="地金", last="")
    assert desk.look(number, lambda case: [(each.number, each.trim_start) for each in case.evidence]) == [(1, 0)]


@pytest.mark.parametrize("change", ["UPDATE desk_evidence SET text = 'x'", "DELETE FROM desk_evidence"])
def test_nobody_alters_a_quotation(desk: Desk, change: str) -> None:
    desk.quote(desk.li, desk.taken())
    with desk.storage.engine.connect() as connection, pytest.raises(DBAPIError, match="append-only"):
        connection.exec_driver_sql(change)


def test_a_renewed_index_is_told_of(tmp_path: Path) -> None:
    index = write(tmp_path, WORK, OTHER)
    app = create_app(index)
    app.config["WTF_CSRF_ENABLED"] = False
    desk = Desk(app)
    number = desk.taken()
    end = TEXT.index("會寧府")
    desk.quote(desk.li, number, 0, end)
    desk.quote(desk.li, number, end, len(TEXT))
    desk.quote(desk.li, number, 0, 5, work="note")

    def standings() -> list[Standing]:
        library = app.extensions["shelf"].library()

        def see(case: Case) -> list[Standing]:
            found = quotations.standings(library, case.kept)
            return [found[each.id] for each in case.kept]

        return desk.look(number, see)

    assert standings() == [Standing.SAME, Standing.SAME, Standing.SAME]
    (section,) = WORK["sections"]  # type: ignore[misc]  # there is one
    changed = f"序{TEXT[:end]}{TEXT[end:].replace('太宗', '熙宗')}"
    write(
        tmp_path,
        {**WORK, "sections": [{**section, "text": changed, "notes": []}]},
        {**OTHER, "id": "other"},
        gone=("note",),
    )
    assert standings() == [Standing.MOVED, Standing.CHANGED, Standing.GONE]
    page = desk.li.get(f"/desk/cases/{number}").text
    for told in ("移到了同书别处", "已经不同", "已经不在"):
        assert told in page
    assert "太宗以建都升為府" in page  # as it was quoted


def test_an_index_built_anew_is_compared_by_its_text(tmp_path: Path) -> None:
    """Its generation has the number of the one that was quoted from."""
    app = create_app(write(tmp_path, WORK, OTHER))
    app.config["WTF_CSRF_ENABLED"] = False
    desk = Desk(app)
    number = desk.taken()
    desk.quote(desk.li, number)
    shutil.rmtree(tmp_path / "index")
    (section,) = WORK["sections"]  # type: ignore[misc]  # there is one
    write(tmp_path, {**WORK, "sections": [{**section, "text": TEXT.replace("海古", "海濱"), "notes": []}]}, OTHER)
    assert app.extensions["shelf"].library().generation == desk.look(number, lambda case: first(case).generation)
    assert "已经不同" in desk.li.get(f"/desk/cases/{number}").text


def test_each_section_is_read_once(works: Path, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    number = desk.taken()
    for start in range(6):
        desk.quote(desk.li, number, start, start + 9)
    library = Library.open(works)
    read: list[int] = []
    section = Library.section

    def counting(self: Library, work: str, which: int) -> SectionView:
        read.append(which)
        return section(self, work, which)

    monkeypatch.setattr(Library, "section", counting)
    assert set(desk.look(number, lambda case: quotations.standings(library, case.kept)).values()) == {Standing.SAME}
    assert read == [0]


JSON = {"Accept": "application/json"}


def test_what_is_in_the_case_is_marked_where_it_stands(desk: Desk) -> None:
    number = desk.taken()
    desk.post(desk.li, number, "working")
    sent = {"work": "jin", "section": "0", "range": f"2-{TEXT.index('會寧府')}"}
    page = "http://localhost/read/jin/0?q=%E4%BC%9A"
    answer = desk.li.post(f"/desk/cases/{number}/evidence", data=sent, headers={"Referer": page})
    assert answer.location == f"{page}#kept-1"  # the very place
    first_leaf, second_leaf = (
        desk.li.get("/read/jin/0?q=会宁府").text.partition('id="p-024-1b"')[each] for each in (0, 2)
    )
    assert 'id="kept-1"' in first_leaf
    assert "kept-1" not in second_leaf
    assert "kept-1" in desk.li.get("/search?q=海古").text
    assert "kept-1" not in desk.zhao.get("/read/jin/0").text
    (here,) = re.findall(r'name="here" value="([^"]+)"', first_leaf)
    answer = desk.li.post(f"/desk/cases/{number}/evidence/1/withdraw", data={"here": here}, headers={"Referer": page})
    assert answer.location == f"{page}#{here}"
    assert f'id="{here}"' in (text := desk.li.get(page).text)
    assert "kept-1" not in text


def test_a_script_is_told_instead_of_led_elsewhere(desk: Desk) -> None:
    number = desk.taken()
    sent = {"work": "jin", "section": "0", "range": "0-9"}
    evidence = f"/desk/cases/{number}/evidence"
    added = desk.li.post(evidence, data=sent, headers=JSON)
    assert (added.status_code, added.json["start"]) == (200, 0)  # type: ignore[index]  # it is an object
    assert 'id="kept-1"' in added.json["mark"]  # type: ignore[index]  # the answer is JSON
    again = desk.li.post(evidence, data=sent, headers=JSON)
    assert (again.status_code, "[@1]" in again.json["told"]) == (409, True)  # type: ignore[index]  # the answer is JSON
    assert "恢复" in desk.li.post(f"{evidence}/1/withdraw", headers=JSON).json["told"]  # type: ignore[index]  # the answer is JSON


def test_a_passage_is_kept_once(desk: Desk) -> None:
    number = desk.taken()
    desk.quote(desk.li, number)
    desk.quote(desk.li, number)
    assert "没有再加" in desk.li.get(f"/desk/cases/{number}").text
    desk.quote(desk.li, number, 0, 45)  # another passage, which begins there, too
    desk.post(desk.li, number, "evidence/1/withdraw")
    desk.quote(desk.li, number)
    seen = desk.look(number, lambda case: [(each.number, each.withdrawn) for each in case.evidence])
    assert seen == [(1, False), (2, False)]


def test_a_text_that_is_read_has_one_form_for_all_its_parts(desk: Desk) -> None:
    number = desk.taken()
    desk.post(desk.li, number, "working")
    end = TEXT.index("會寧府")
    for path, offered in {
        "/read/jin/0?at=40": [f"0-{end}", f"{end}-{len(TEXT)}"],
        "/read/note/0?at=2": ["0-8", "10-19"],
    }.items():
        page = desk.li.get(path).text
        assert page.count('class="add') == 1
        assert re.findall(r'<option value="(\d+-\d+)"', page) == offered
    assert f'value="{end}-{len(TEXT)}" selected' in desk.li.get("/read/jin/0?at=40").text
