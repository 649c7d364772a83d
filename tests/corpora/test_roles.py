"""What a section is in its work is told by its title and by where it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from corpora.model import CatalogueRecord, Role, Section, Work
from corpora.readers import read, roles
from corpora.sources.discover import discover

TEXT, FRONT = ["卷一", "卷二"], Role.PREFACE


def told(titles: list[str], work: str = "江志") -> list[Role]:
    sections = tuple(Section(title, "江水東流") for title in titles)
    return [section.role for section in roles.assigned(Work("w", CatalogueRecord(work), sections)).sections]


@pytest.mark.parametrize(
    ("title", "role"),
    [
        ("目錄", Role.CONTENTS),
        ("卷三目録", Role.CONTENTS),
        ("目录上", Role.CONTENTS),
        ("總目", Role.CONTENTS),
        ("江志目次", Role.CONTENTS),
        ("提要", Role.ABSTRACT),
        ("四庫提要", Role.ABSTRACT),
        ("序", FRONT),
        ("序二", FRONT),
        ("自序", FRONT),
        ("御製江志序", FRONT),
        ("重刻江志序", FRONT),
        ("凡例", FRONT),
        ("跋", FRONT),
        ("进江志表", FRONT),
        ("卷三", Role.BODY),
        ("本紀第一", Role.BODY),
        ("地理志", Role.BODY),
        ("送友人序", Role.BODY),
        ("太史公自序", Role.BODY),
        ("時序", Role.BODY),
        ("諸侯年表", Role.BODY),
        ("表", Role.BODY),
        ("上諭", Role.BODY),
    ],
)
def test_a_title_within_the_text_tells_what_its_section_is(title: str, role: Role) -> None:
    assert told(["卷一", title, "卷二"])[1] is role
    assert roles.role_of(title, "江志") is role


@pytest.mark.parametrize("title", ["王某序", "江湖集序", "表", "進書表", "上諭", "奏摺", "江志職名", "御製讀江志"])
def test_before_the_text_and_after_it_more_titles_are_those_of_prefaces(title: str) -> None:
    assert told([title, *TEXT]) == [FRONT, Role.BODY, Role.BODY]
    assert told(["江志", title, *TEXT])[1] is FRONT
    assert told([*TEXT, title])[-1] is FRONT


def test_a_work_that_is_called_a_preface_or_a_catalogue_is_its_own_text() -> None:
    assert told(["蘭亭集序"], "蘭亭集序") == [Role.BODY]
    assert told(["四庫全書總目"], "四庫全書總目") == [Role.BODY]
    assert told(["江志", "跋"]) == [Role.BODY, FRONT]


def test_within_a_division_a_preface_is_part_of_the_text() -> None:
    assert told(["卷一·總序", "卷一·山川", "卷二·總序", "卷二·山川"])[2] is Role.BODY


def test_what_a_reader_knows_is_left_as_it_is() -> None:
    sections = (Section("卷首", "甲", Role.ABSTRACT), Section("卷一", "乙"))
    assert roles.assigned(Work("w", CatalogueRecord("江志"), sections)).sections == sections


def test_every_format_but_poems_tells_roles(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("# 目錄\n\n卷一\n\n# 卷一\n\n江水東流。\n", "utf-8")
    (tmp_path / "b.jsonl").write_text(
        '{"id": "b", "title": "乙", "sections": [{"title": "凡例", "text": "甲"}, {"title": "卷一", "text": "乙"}]}\n',
        "utf-8",
    )
    (tmp_path / "c").mkdir()
    for name in ("序", "卷一", "卷二"):
        (tmp_path / "c" / f"{name}.txt").write_text("江水東流。\n", "utf-8")
        (tmp_path / "d" / "丁" / name).mkdir(parents=True)
        (tmp_path / "d" / "丁" / name / "text.txt").write_text("江水東流。\n", "utf-8")
    (tmp_path / "e.json").write_text('[{"title": "自敘", "author": "某", "paragraphs": ["江水東流。"]}]', "utf-8")
    found: dict[str, Role] = {}
    for source in discover(tmp_path)[0]:
        for item in read(source):
            assert isinstance(item, Work)
            found[source.reader + source.root.suffix] = item.sections[0].role
    assert found == {
        "plain.md": Role.CONTENTS,
        "jsonl.jsonl": Role.PREFACE,
        "plain": Role.PREFACE,
        "chapters": Role.PREFACE,
        "poems.json": Role.BODY,
    }
