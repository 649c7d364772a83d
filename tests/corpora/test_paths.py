"""Each section knows the headings that lead to it, from all readers that know them; titles stay what they were."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shared_texts import KANRIPO

from corpora.model import Problem, Section, Work
from corpora.readers import read
from corpora.readers.titles import nested
from corpora.sources.discover import discover

Paths = list[tuple[str, tuple[str, ...]]]


def sections(path: Path) -> list[Section]:
    sources, problems = discover(path)
    assert problems == []
    items = [item for source in sources for item in read(source)]
    assert not any(isinstance(item, Problem) for item in items)
    return [section for item in items if isinstance(item, Work) for section in item.sections]


def paths(path: Path) -> Paths:
    return [(section.title, section.path) for section in sections(path)]


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


def test_headings_of_markdown_stand_within_those_of_lower_levels(tmp_path: Path) -> None:
    text = "序文\n# 金史\n## 卷一\n甲\n### 世紀\n乙\n## 卷二\n丙\n# 附錄\n丁\n"
    assert paths(write(tmp_path / "金.md", text)) == [
        ("金", ()),
        ("金史", ("金史",)),
        ("卷一", ("金史", "卷一")),
        ("世紀", ("金史", "卷一", "世紀")),
        ("卷二", ("金史", "卷二")),
        ("附錄", ("附錄",)),
    ]


def test_elements_of_html_are_headings_with_their_levels(tmp_path: Path) -> None:
    text = "<h1>志</h1>\n甲\n<h3>山</h3>\n乙\n<h2>江</h2>\n丙\n"
    assert paths(write(tmp_path / "志書.md", text)) == [
        ("志", ("志",)),
        ("山", ("志", "山")),
        ("江", ("志", "江")),
    ]
    assert paths(write(tmp_path / "志稿.txt", text + "卷一\n丁\n")) == [
        ("志", ("志",)),
        ("山", ("志", "山")),
        ("江", ("志", "江")),
        ("卷一", ("志", "江", "卷一")),
    ]


def test_divisions_of_plain_text_stand_within_larger_ones(tmp_path: Path) -> None:
    text = "卷一\n第一回 江\n甲\n第二回\n乙\n卷二\n丙\n第三回\n第一節\n丁\n第二節\n戊\n"
    assert paths(write(tmp_path / "說.txt", text)) == [
        ("卷一·第一回 江", ("卷一", "第一回 江")),
        ("第二回", ("卷一", "第二回")),
        ("卷二", ("卷二",)),
        ("第三回·第一節", ("卷二", "第三回", "第一節")),
        ("第二節", ("卷二", "第三回", "第二節")),
    ]


def test_a_text_without_headings_has_no_path(tmp_path: Path) -> None:
    assert paths(write(tmp_path / "江.txt", "混同江\n")) == [("江", ())]


def test_volumes_in_files_stand_above_their_own_headings(tmp_path: Path) -> None:
    write(tmp_path / "志" / "卷一.txt", "卷一\n甲\n第一節\n乙\n")
    write(tmp_path / "志" / "卷二.txt", "丙\n")
    assert paths(tmp_path / "志") == [
        ("卷一", ("卷一",)),
        ("卷一·第一節", ("卷一", "第一節")),
        ("卷二", ("卷二",)),
    ]


def test_folders_of_chapters_are_the_path(tmp_path: Path) -> None:
    write(tmp_path / "書" / "宋书" / "列传" / "卷一" / "text.txt", "甲\n")
    write(tmp_path / "書" / "宋书" / "text.txt", "乙\n")
    write(tmp_path / "書" / "齐书" / "text.txt", "丙\n")
    assert sorted(paths(tmp_path / "書")) == [
        ("列传·卷一", ("列传", "卷一")),
        ("宋书", ()),
        ("齐书", ()),
    ]


def test_poems_stand_where_their_book_has_them(tmp_path: Path) -> None:
    poems = [
        {"title": "關雎", "chapter": "國風", "section": "周南", "content": ["關關雎鳩"]},
        {"title": "無題", "paragraphs": ["相見時難"]},
        {"chapter": "學而篇", "paragraphs": ["子曰"]},
        {"section": "周南", "paragraphs": ["葛之覃兮"]},
    ]
    assert paths(write(tmp_path / "詩.json", json.dumps(poems))) == [
        ("關雎", ("國風", "周南", "關雎")),
        ("無題", ("無題",)),
        ("學而篇", ("學而篇",)),
        ("葛之覃兮", ("周南", "葛之覃兮")),
    ]


def test_json_lines_may_say_the_path(tmp_path: Path) -> None:
    given = [
        {"title": "卷三", "text": "甲", "path": ["列傳", "卷三"]},
        {"title": "卷四", "text": "乙"},
        {"text": "丙"},
    ]
    file = write(tmp_path / "a.jsonl", json.dumps({"id": "a", "title": "志", "sections": given}) + "\n")
    assert paths(file) == [("卷三", ("列傳", "卷三")), ("卷四", ("卷四",)), ("志", ())]


@pytest.mark.parametrize("path", ["卷三", [["卷三"]], [""], [None], ["卷"] * 33, {"卷": 1}])
def test_a_path_that_is_none_is_a_problem(tmp_path: Path, path: object) -> None:
    sections = [{"title": "卷三", "text": "甲", "path": path}]
    file = write(tmp_path / "a.jsonl", json.dumps({"id": "a", "title": "志", "sections": sections}) + "\n")
    (source,), _ = discover(file)
    (found,) = read(source)
    assert isinstance(found, Problem)
    assert "path is not a list" in found.reason


def test_headings_of_an_outline_stand_within_their_volume(tmp_path: Path) -> None:
    body = "#+TITLE: 志\n#+PROPERTY: JUAN 1\n* 地理\n甲¶\n** 山¶\n乙¶\n** 江¶\n丙¶\n* 職官¶\n丁¶\n"
    write(tmp_path / "KR9z0001" / "KR9z0001_001.txt", body)
    write(tmp_path / "KR9z0001" / "KR9z0001_002.txt", "#+TITLE: 志\n#+PROPERTY: JUAN 2\n戊¶\n")
    write(tmp_path / "KR9z0001" / "KR9z0001_003.txt", "#+TITLE: 志\n* 附¶\n己¶\n")
    assert paths(tmp_path) == [
        ("地理", ("卷一", "地理")),
        ("山", ("卷一", "地理", "山")),
        ("江", ("卷一", "地理", "江")),
        ("職官", ("卷一", "職官")),
        ("卷二", ("卷二",)),
        ("附", ("附",)),
    ]


def test_page_images_are_counted_through_the_volumes_of_an_edition(tmp_path: Path) -> None:
    folder = tmp_path / "KR9z0001"
    for volume in ("001", "002"):
        marks = "".join(f"<pb:KR9z0001_WYG_{volume}-{leaf}>¶\n甲¶\n" for leaf in ("1a", "1b"))
        write(folder / f"KR9z0001_{volume}.txt", f"#+TITLE: 志\n#+PROPERTY: JUAN {int(volume)}\n{marks}")
        rows = "".join(f"{leaf}00\tWYG {volume}-{leaf}\t{volume}{leaf}.png\n" for leaf in ("1a", "1b"))
        write(folder / "_data" / "imglist" / f"KR9z0001_{volume}.txt", rows)
    write(folder / "_data" / "imglist" / "imginfo.cfg", "[Versions]\nWYG=http://img.example.org/\n")
    pages = [page for section in sections(tmp_path) for page in section.pages]
    assert [(page.label, page.canvas.order) for page in pages if page.canvas] == [
        ("001-1a", 1),
        ("001-1b", 2),
        ("002-1a", 3),
        ("002-1b", 4),
    ]
    assert pages[2].facsimile == "http://img.example.org/0021a.png"


@given(st.lists(st.tuples(st.integers(1, 6), st.text("江山", min_size=1, max_size=2)), max_size=20))
def test_a_path_ends_with_its_heading_and_begins_with_that_of_what_it_stands_in(given: list[tuple[int, str]]) -> None:
    found = list(nested(given))
    for number, ((level, title), path) in enumerate(zip(given, found, strict=True)):
        assert path[-1] == title
        above = next((at for at in range(number - 1, -1, -1) if given[at][0] < level), None)
        assert path[:-1] == (() if above is None else found[above])


def test_every_volume_of_the_real_collection_has_its_path_and_every_image_its_order() -> None:
    sources, _ = discover(KANRIPO / "KR2a0035")
    (work,) = (item for source in sources for item in read(source) if isinstance(item, Work))
    paths = {section.title: section.path for section in work.sections}
    assert all(path[0] == title and len(path) <= 3 for title, path in paths.items())
    assert paths["卷八"] == ("卷八", "本紀第八", "世宗下")
    assert paths["卷二十四"] == ("卷二十四", "志第五", "地理上")  # what a note adds is left out
    assert paths["卷七十"] == ("卷七十", "列傳第八")  # the names of the persons are a list
    assert paths["目録"] == ("目録",)
    orders = [page.canvas.order for section in work.sections for page in section.pages if page.canvas]
    assert len(orders) > 1000
    assert sorted(set(orders)) == sorted(orders)
