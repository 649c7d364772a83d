"""The small inputs for what people reported, read where they stand: each row of their table that is about texts."""

from __future__ import annotations

from pathlib import Path

import pytest
import skips
from oracle import occurrences
from shared_texts import CASES, FORMATS

from corpora.model import Problem, SpanKind, Work
from corpora.readers import read
from corpora.sources.discover import discover
from search.model import Scope


def works(name: str) -> list[Work]:
    """The works of a case, which has no problem."""
    path = CASES / name
    if not path.exists():
        skips.skip(f"NO CASE WAS READ: {path} is not there")
    sources, problems = discover(path)
    items = [*problems, *(item for source in sources for item in read(source))]
    assert [str(item) for item in items if isinstance(item, Problem)] == []
    return [item for item in items if isinstance(item, Work)]


@pytest.mark.parametrize(
    ("name", "phrase", "times"),
    [
        ("folding/pua.txt", "王氏", 1),
        ("folding/pua.txt", "王\U000f1dab氏", 1),
        ("folding/ids.txt", "王文", 1),
        ("folding/iteration.txt", "家家有書人人能讀時時往來", 1),
        ("folding/yu-zhong-zi-zhe.txt", "其馀众皆散锺氏所居谘尔诸臣", 3),
        ("folding/yu-zhong-zi-zhe.txt", "跟著江走", 2),
        ("kanripo/KR9z0001", "𠮷野氏", 1),
        ("kanripo/KR9z0001", "出城", 1),
        ("kanripo/KR9z0001", "SD_001", 0),
        ("markup/footnote.md", "上京會寧府在焉號海東青之國又有寧古塔", 1),
        ("markup/footnote.md", "完顏氏居", 1),
        ("markup/footnote.md", "案", 0),
        ("markup/foot.txt", "完顏氏居按出虎水之側上京會寧府在焉混同江源出長白山寧古塔城", 1),
        ("markup/ruby.md", "會寧府在上京混同江松花江", 1),
        ("markup/html.txt", "會寧府在上京完顏氏所居混同江", 1),
        ("markup/html.txt", "nbsp", 0),
        ("markup/T99n0001.txt", "根深者其葉茂是以君子慎其始而敬其終焉凡我同人其共勉之〓子亦云善哉", 1),
        ("markup/T99n0002.txt", "積土者其勢成", 1),
        ("markup/T99n0002.txt", "𠮷野家", 1),
        ("names/yaml-title-mapping", "收國元年正月建都會寧府", 1),
        ("names/yaml-title-mapping", "1115", 0),
        ("poems/shijing-like.json", "我思古人", 1),
    ],
)
def test_a_phrase_of_a_case_is_found(name: str, phrase: str, times: int) -> None:
    sections = [section for work in works(name) for section in work.sections]
    assert len(occurrences(sections, phrase, Scope.TEXT)) == times


@pytest.mark.parametrize(
    ("name", "note"), [("markup/footnote.md", "即王族"), ("poems/youmengying-like.json", "某丙曰")]
)
def test_a_note_of_a_case_is_a_note(name: str, note: str) -> None:
    sections = [section for work in works(name) for section in work.sections]
    assert len(occurrences(sections, note, Scope.NOTES)) == 1
    assert occurrences(sections, note, Scope.TEXT) == []


@pytest.mark.parametrize(
    ("name", "titles"),
    [
        ("kanripo/KR9z0001", ["卷一", "001 江源", "002 山名"]),
        ("kanripo/KR9z0002", ["《乾第一》"]),
        ("newlines/novel.txt", ["卷一", "第二回 江源", "卷三"]),
        ("poems/ci-like.json", ["北江月"]),
        ("poems/mengxue-like.json", ["試字文"]),
        ("poems/shijing-like.json", ["江水"]),
        ("names/yaml-title-mapping", ["江志 卷一", "江志 卷一·上京"]),
    ],
)
def test_the_sections_of_a_case(name: str, titles: list[str]) -> None:
    assert [section.title for work in works(name) for section in work.sections] == titles


def test_line_heads_of_a_case_name_page_and_line() -> None:
    (work,) = works("markup/T99n0001.txt")
    (section,) = work.sections
    assert [page.label for page in section.pages] == ["0001a"]
    lines = [span.name for span in section.spans if span.kind is SpanKind.LINE]
    assert lines == [f"0001a0{number}" for number in range(1, 6)]


def test_works_of_one_name_are_two_and_volumes_are_one() -> None:
    assert {(work.id, work.record.title, len(work.sections)) for work in works("names/same-name")} == {
        ("金史", "金史", 1),
        ("遼史", "遼史", 2),
    }


def test_a_title_in_two_scripts_is_taken() -> None:
    assert [work.record.title for work in works("names/yaml-title-mapping")] == ["江志 卷一"]


@pytest.mark.parametrize("work", ["KR2a0034", "KR2k0138", "KR2k0143", "KR2k0148"])
def test_real_files_of_kanripo_are_sound(work: str) -> None:
    folder: Path = FORMATS / "kanripo" / work
    if not folder.is_dir():
        skips.skip(f"NO REAL FILE WAS READ: {folder} is not there")
    items = [item for source in discover(folder)[0] for item in read(source)]
    assert [item for item in items if isinstance(item, Problem)] == []
    assert [item.id for item in items if isinstance(item, Work)] == [work]
