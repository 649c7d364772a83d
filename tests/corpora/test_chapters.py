"""Trees of chapters: folders are the contents of a book."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from corpora.model import Problem, Work
from corpora.readers import read
from corpora.readers.chapters import order
from corpora.sources.discover import discover


def write(folder: Path, chapters: dict[str, str]) -> None:
    for name, text in chapters.items():
        chapter = folder / name
        chapter.mkdir(parents=True, exist_ok=True)
        (chapter / "text.txt").write_text(text, "utf-8")


def read_all(folder: Path) -> tuple[list[Work], list[Problem]]:
    sources, problems = discover(folder)
    items = [item for source in sources for item in read(source)]
    return [item for item in items if isinstance(item, Work)], problems + [
        item for item in items if isinstance(item, Problem)
    ]


def test_a_folder_is_a_work_and_its_chapters_stand_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    names = ["卷十", "卷二", "卷一下", "卷一上", "序", "卷一百零三", "卷九十九"]
    write(tmp_path / "books", {f"宋书/列传/{name}": f"{name}之文。\r\n次行" for name in names})
    write(tmp_path / "books", {"庄子/逍遥游": "北冥有鱼，其名为鲲。"})
    works, problems = read_all(tmp_path)
    assert problems == []
    assert [work.id for work in works] == ["宋书", "庄子"]
    titles = ["序", "卷一上", "卷一下", "卷二", "卷十", "卷九十九", "卷一百零三"]
    assert [section.title for section in works[0].sections] == [f"列传·{title}" for title in titles]
    assert works[0].sections[0].text == "序之文。\n次行\n"


def test_the_script_is_seen_in_the_text(tmp_path: Path) -> None:
    write(tmp_path, {"甲/一": "会宁府在混同江之南，国人谓之上京。", "乙/一": "會寧府在混同江之南，國人謂之上京。"})
    works, _ = read_all(tmp_path)
    assert {work.id: work.record.script for work in works} == {"甲": "Hans", "乙": "Hant"}


def test_one_bad_chapter_is_one_problem_and_the_rest_is_read(tmp_path: Path) -> None:
    write(tmp_path, {"甲/一": "会宁府", "甲/二": "", "乙/一": "上京"})
    (tmp_path / "甲" / "三").mkdir()
    (tmp_path / "甲" / "三" / "text.txt").write_bytes(b"\x89PNG\0\0\xff")
    works, problems = read_all(tmp_path)
    assert [len(work.sections) for work in works] == [1, 1]
    assert sorted(problem.file.parent.name for problem in problems) == ["三", "二"]


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    write(tmp_path / "outside", {"甲/一": "会宁府"})
    write(tmp_path / "books", {"乙/一": "上京", "丙/一": "东京"})
    (tmp_path / "books" / "丁").symlink_to(tmp_path / "outside" / "甲")
    works, problems = read_all(tmp_path / "books")
    assert [work.id for work in works] == ["丙", "乙"]
    assert len(problems) == 1


@given(st.lists(st.integers(0, 9999), min_size=2, max_size=6, unique=True))
def test_numbers_count_however_they_are_written(numbers: list[int]) -> None:
    arabic = sorted((f"卷{number}" for number in numbers), key=lambda name: order(Path(name)))
    assert arabic == [f"卷{number}" for number in sorted(numbers)]
    digits = sorted((f"卷{_digits(number)}" for number in numbers), key=lambda name: order(Path(name)))
    assert digits == [f"卷{_digits(number)}" for number in sorted(numbers)]


def _digits(number: int) -> str:
    return "".join("〇一二三四五六七八九"[int(digit)] for digit in str(number))
