"""The reading room without a script: contents, a search inside the work, settings in the address, permanent leaves."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from open_index import build

from corpora.model import Page, Section, Span, SpanKind
from search.contents import MOST_LISTED
from search.model import SectionView, WorkCard
from web.app import create_app
from web.presenting.display import SETTINGS, display_of
from web.presenting.leaves import column, leaves_of
from web.presenting.simplified import simplified

SECTIONS = [
    {"title": "目錄", "text": "會寧府 上京"},
    {"title": "卷一", "path": ["卷一", "本紀第一"], "text": "會寧府建號上京，㑹寧府舊名也。\n太祖居之。"},
    {"title": "卷二", "path": ["卷二", "本紀第二"], "text": "太宗嗣位。"},
    {
        "title": "卷三",
        "path": ["卷三", "志第一"],
        "text": "會寧府者上京也\n國之舊土　舊名\n乾隆間改今名",
        "pages": [{"label": "003-1a", "start": 0}, {"label": "003-1b", "start": 8}],
        "notes": [[10, 15]],
    },
]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    folder = tmp_path_factory.mktemp("reading")
    many = [
        {"title": f"第{number}首", "path": ["詩", f"第{number}首"], "text": "江"} for number in range(MOST_LISTED + 9)
    ]
    works = [
        {"id": "shi", "title": "上京史", "language": "lzh", "sections": SECTIONS},
        {
            "id": "zhi",
            "title": "上京志",
            "language": "lzh",
            "sections": [
                {"title": "總說", "text": "上京"},
                {"title": "卷八", "path": ["卷八", "志第一"], "text": "㑹寧府在上京"},
            ],
        },
        {"id": "poems", "title": "江詩", "language": "lzh", "sections": many},
    ]
    (folder / "works.jsonl").write_text("\n".join(json.dumps(each, ensure_ascii=False) for each in works), "utf-8")
    build([folder / "works.jsonl"], folder / "index")
    return create_app(folder / "index")


@pytest.fixture
def reader(site: Flask) -> FlaskClient:
    return site.test_client()


def links(page: str, said: str) -> list[str]:
    return [
        unescape(url) for url, words in re.findall(r'<a\b[^>]*href="([^"]*)"[^>]*>(.*?)</a>', page) if said in words
    ]


def test_the_contents_name_sections_in_full_and_count_what_is_found(reader: FlaskClient) -> None:
    page = reader.get("/read/shi/1?q=会宁府&lang=zh").text
    listed = page.partition('class="contents"')[2].partition("</details>")[0]
    entries = re.findall(
        r'<a href="([^"]*)"( aria-current="page")?>([^<]*)</a>(?: <span class="count">([^<]*)</span>)?', listed
    )
    assert [(words, count, bool(current)) for _, current, words, count in entries] == [
        ("目錄", "1 处", False),
        ("卷一 本紀第一", "2 处", True),
        ("卷二 本紀第二", "", False),
        ("卷三 志第一", "1 处", False),
    ]
    assert all("q=" in url for url, *_ in entries)
    assert "卷一 本紀第一" in page.partition("<h1")[2].partition("</h1>")[0]
    of_work = reader.get("/works/shi?q=会宁府&lang=zh").text
    assert "会宁府：全书 4 处，在 3 篇里" in of_work
    (url,) = links(of_work, "卷三 志第一")
    assert "q=" in url
    assert "本篇 1 处" in reader.get(url + "&lang=zh").text


def test_hits_are_walked_into_the_next_section_that_has_one(reader: FlaskClient) -> None:
    page = reader.get("/read/shi/1?q=会宁府&lang=zh").text
    (after,), (before,) = links(page, "有它的后一篇"), links(page, "有它的前一篇")
    assert urlsplit(after).path == "/read/shi/3"
    assert (urlsplit(before).path, urlsplit(before).fragment) == ("/read/shi/0", "last")
    assert 'id="o-1"' in reader.get(after).text
    last = reader.get(after + "&lang=zh").text
    assert not links(last, "有它的后一篇")
    nothing = reader.get("/read/shi/2?q=会宁府&lang=zh").text
    assert "本篇没有字句相合之处；全书 4 处" in re.sub(r"\n\s*", "", nothing)
    assert urlsplit(links(nothing, "有它的后一篇")[0]).path == "/read/shi/3"


def test_places_are_listed_by_line_and_by_section(reader: FlaskClient) -> None:
    page = reader.get("/read/shi/1?q=会宁府&lang=zh").text
    assert re.findall(r'<li><a href="#(o-\d+)">.*?<mark class="found">(.*?)</mark>', page) == [
        ("o-1", "會寧府"),
        ("o-2", "㑹寧府"),
    ]
    elsewhere = page.partition('class="elsewhere"')[2].partition("</ul>")[0]
    assert re.findall(r"<a[^>]*>([^<]*)</a> <span class=.count.>([^<]*)<", elsewhere) == [
        ("目錄", "1 处"),
        ("卷三 志第一", "1 处"),
    ]


def test_the_box_in_a_work_keeps_to_it_and_to_how_words_are_looked_for(reader: FlaskClient) -> None:
    page = reader.get("/read/shi/1?q=会宁府&strict=true&layout=vertical").text
    form = page.partition('class="inside"')[2].partition("</form>")[0]
    assert 'action="/read/shi/1"' in form
    sent = re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', form)
    assert sent == [("work", "shi"), ("strict", "true"), ("layout", "vertical")]
    assert reader.get("/read/shi/1?q=" + "會" * 2000).status_code in (200, 400)


def test_contents_of_a_long_work_come_in_pages(reader: FlaskClient) -> None:
    page = reader.get(f"/read/poems/{MOST_LISTED + 1}?lang=zh").text
    listed = page.partition('class="contents"')[2].partition("全部目录")[0]
    assert re.findall(r">第(\d+)首</a>", listed) == [str(each) for each in range(MOST_LISTED, MOST_LISTED + 9)]
    assert f"所列为第 {MOST_LISTED + 1}–{MOST_LISTED + 9} 篇" in listed
    (first, second) = links(reader.get("/works/poems").text, "–")
    assert len(re.findall(r">第\d+首</a>", reader.get(first).text)) == MOST_LISTED
    assert len(re.findall(r">第\d+首</a>", reader.get(second).text)) == 9
    assert reader.get("/works/poems?section=99999999").status_code == 200
    assert reader.get("/works/poems?section=x").status_code == 200


def test_a_leaf_leads_to_its_own_permanent_address(reader: FlaskClient) -> None:
    page = reader.get("/read/shi/3").text
    (url,) = [each for each in links(page, "003-1b") if each.startswith("/at/")]  # beside the way into the basket
    assert url.startswith("/at/shi/3/003-1b@8+")
    answer = reader.get(url)
    assert answer.status_code == 302
    assert parse_qs(urlsplit(answer.location).query)["at"] == ["8"]


def test_the_address_says_how_a_text_is_displayed_and_links_carry_it_on(reader: FlaskClient) -> None:
    plain = reader.get("/read/shi/3").text
    assert 'class="text lines-fitting notes-inline size-medium measure-medium' in plain
    asked = "layout=vertical&lines=run&notes=hidden&size=large&measure=wide&paper=sepia"
    page = reader.get(f"/read/shi/3?{asked}").text
    assert 'class="text lines-run notes-hidden size-large measure-wide vertical' in page
    assert 'class="reading paper-sepia"' in page
    assert 'data-given="layout lines notes size measure paper"' in page
    for url in links(page, "卷一"):
        assert asked in url
    assert "lines-fitting" in reader.get("/read/shi/3?lines=<b>&paper=").text


@given(
    st.dictionaries(
        st.sampled_from([*SETTINGS, "q"]), st.text(max_size=12) | st.sampled_from(["run", "dark", "vertical"])
    )
)
def test_an_address_sets_only_what_there_is(arguments: dict[str, str]) -> None:
    display = display_of(arguments)
    assert display.carried == {
        name: value for name, value in arguments.items() if name in SETTINGS and value in set(SETTINGS[name])
    }
    assert display_of(display.carried) == display
    chosen = {name: [value for value, _, is_chosen in values if is_chosen] for name, _, values in display.choices()}
    assert chosen == {name: [str(display[name])] for name in SETTINGS}


def test_simplified_characters_are_for_display_alone(reader: FlaskClient) -> None:
    page = reader.get("/read/shi/3?characters=simplified&q=会宁府&lang=zh").text
    assert "此页以简体显示" in page
    article = page.partition("<article")[2].partition("</article>")[0]
    said = "".join(re.findall(r'<div class="lines"[^>]*>(.*?)</div>', article, re.S))
    assert "国之旧土" in re.sub(r"<[^>]*>", "", said)
    originals = [unescape(each) for each in re.findall(r'data-original="([^"]*)"', article)]
    assert "".join(originals) == SECTIONS[3]["text"]
    assert 'data-original="' not in reader.get("/read/shi/3").text
    assert re.search(r'<mark class="found">会宁府</mark>', article)
    (back,) = links(page, "看底本原字")
    assert "國之舊土" in re.sub(r"<[^>]*>", "", reader.get(back).text)


@given(st.text() | st.text("會寧乾隆后髮發\n鬱干著𠮷", max_size=40))
def test_simplified_text_has_a_character_for_each(text: str) -> None:
    shown = simplified(text)
    assert len(shown) == len(text)
    assert [at for at, char in enumerate(text) if char == "\n"] == [at for at, char in enumerate(shown) if char == "\n"]


NOTED = st.lists(st.text("國黑\n，", max_size=99), min_size=1, max_size=5)


@given(NOTED, st.booleans())
def test_leaves_hold_the_whole_text_and_notes_lie_in_pieces_of_two_halves(parts: list[str], paged: bool) -> None:
    text, spans = "", []
    for number, part in enumerate(parts):
        if number % 2 and part:
            spans.append(Span(SpanKind.NOTE, len(text), len(text) + len(part)))
        text += part
    pages = (Page("1a", 0), Page("1b", len(text) // 2)) if paged and len(text) > 1 else ()
    record = WorkCard("甲", "", None, 1)  # type: ignore[arg-type]  # no leaf asks for it
    section = Section("", text, pages=pages, spans=tuple(spans))
    shown = leaves_of(SectionView(record, section, 0))
    bodies = "".join(str(leaf.body) for leaf in shown)
    assert re.sub(r"<[^>]*>", "", re.sub(r"<br[^>]*>", "\n", bodies)) == text
    for length, piece in re.findall(r'<span class="said half-(\d+)">([^<]*)</span>', bodies):
        # A piece that a page's end cuts keeps the length of the whole.
        assert (len(piece) + 1) // 2 <= int(length) <= 20
    noted = "".join(text[span.start : span.end] for span in spans)
    pieces = "".join(re.findall(r'<span class="said[^"]*">([^<]*)</span>', bodies))
    assert pieces == noted.replace("\n", "")


def test_a_column_is_as_long_as_most_lines() -> None:
    lines = ["國" * 21] * 9 + ["江" * 40, "　志第五", "黑" * 21 + "注注注注"]
    text = "\n".join(lines)
    note = Span(SpanKind.NOTE, len(text) - 4, len(text))
    assert column(Section("", text, pages=(Page("1a", 0),), spans=(note,))) == 21
    assert column(Section("", text)) == 0
    assert column(Section("", "短", pages=(Page("1a", 0),))) == 12


def test_a_section_of_real_text_is_found_by_its_name(kanripo: Path, tmp_path: Path) -> None:
    folder = tmp_path / "KR2a0035"
    folder.mkdir()
    for name in ("KR2a0035_008.txt", "KR2a0035_024.txt"):
        (folder / name).write_bytes((kanripo / "KR2a0035" / name).read_bytes())
    build([folder], tmp_path / "index")
    page = create_app(tmp_path / "index").test_client().get("/works/KR2a0035").text
    assert links(page, "卷八 本紀第八 世宗下") == ["/read/KR2a0035/0"]
    assert links(page, "卷二十四 志第五 地理上") == ["/read/KR2a0035/1"]


def test_another_work_stands_beside_with_its_section_of_the_same_name(reader: FlaskClient) -> None:
    page = reader.get("/read/shi/3?beside=zhi&q=会宁府&lang=zh").text
    other = page.partition('class="other"')[2].partition("</section>")[0]
    assert "上京志" in other
    assert "志第一" in other.partition("</h2>")[0]
    assert "本篇 1 处" in other
    assert 'id="beside-o-1"' in other
    assert len(re.findall(r"<article", page)) == 2
    (onward,) = re.findall(r'rel="prev" href="([^"]*)"', page)
    assert parse_qs(urlsplit(unescape(onward)).query)["beside"] == ["zhi"]
    assert "data-start" not in other  # what is selected is of the first work
    ids = re.findall(r'\bid="([^"]*)"', page)
    assert len(ids) == len(set(ids))
    (chosen,) = links(other, "總說")
    assert "總說" in reader.get(chosen).text.partition('class="other"')[2].partition("</h2>")[0]
    (alone,) = links(page, "不再对读")
    assert "beside" not in alone


def test_a_work_to_stand_beside_is_found_by_its_title_or_offered(reader: FlaskClient) -> None:
    def other(written: str) -> str:
        return reader.get("/read/shi/1", query_string={"beside": written, "lang": "zh"}).text

    assert '<section class="other"' in other("上京志")
    assert '<section class="other"' in other("zhi/0")
    assert '<section class="other"' in other("江诗")  # in any script
    assert "哪一部？" in other("上京")
    assert len(links(other("上京").partition("哪一部？")[2].partition("</details>")[0], "上京")) == 2
    for written in ("無此書", "zhi/99", "zhi/999999999", "/", "<b>", "x" * 500):
        assert "没有这样的书或篇" in other(written)
        assert '<section class="other"' not in other(written)
    assert "对读" in other("")
