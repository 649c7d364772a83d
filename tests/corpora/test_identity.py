"""Works are told apart by where they stand, and the volumes of one work are one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from corpora.model import Work
from corpora.readers import read
from corpora.readers.volumes import title
from corpora.sources.discover import discover


def write(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"{name}\n")


def works(folder: Path) -> dict[str, Work]:
    found = [item for source in discover(folder)[0] for item in read(source)]
    assert all(isinstance(item, Work) for item in found)
    read_works = {item.id: item for item in found if isinstance(item, Work)}
    assert len(read_works) == len(found)
    return read_works


@pytest.mark.parametrize(
    ("names", "ids"),
    [
        (["a.txt", "x/b.txt"], {"a", "b"}),
        (["x/a.txt", "y/a.txt"], {"x-a", "y-a"}),
        (["a.txt", "x/a.txt"], {"a", "x-a"}),
        (["a.txt", "a.md"], {"a.txt", "a.md"}),
        (["x/a.txt", "x/a.md", "y/a.txt"], {"x-a.txt", "x-a.md", "y-a.txt"}),
        (["x/y/a.txt", "x/z/a.txt", "b.txt"], {"x-y-a", "x-z-a", "b"}),
        (["江 志/a.txt", "山/a.txt"], {"江-志-a", "山-a"}),
    ],
)
def test_files_of_one_name_are_named_by_where_they_stand(tmp_path: Path, names: list[str], ids: set[str]) -> None:
    write(tmp_path / "root", *names)
    assert set(works(tmp_path / "root")) == ids


def test_names_that_run_together_are_still_told_apart(tmp_path: Path) -> None:
    write(
        tmp_path,
        "x/y-a.txt",
        "x-y/a.txt",
        "z/a.txt",
        "z/y-a.txt",
        "z-y/a.txt",
        "x-a.txt",
        "x/a.txt",
        "é/a.txt",
        "?/a.txt",
    )
    assert len(works(tmp_path)) == 9


def test_ids_are_the_same_wherever_the_root_stands(tmp_path: Path) -> None:
    write(tmp_path / "root", "x/a.txt", "y/a.txt", "z/卷一.txt", "w/z/卷一.txt", "b.txt")
    shutil.copytree(tmp_path / "root", tmp_path / "elsewhere" / "other")
    assert set(works(tmp_path / "root")) == set(works(tmp_path / "elsewhere" / "other"))


def test_a_long_path_makes_a_short_id(tmp_path: Path) -> None:
    deep = "/".join("松花江志" * 10 for _ in range(4))
    write(tmp_path, f"{deep}/甲/a.txt", f"{deep}/乙/a.txt")
    assert len(works(tmp_path)) == 2
    assert all(len(work) <= 100 for work in works(tmp_path))


def test_an_id_in_the_header_stays(tmp_path: Path) -> None:
    write(tmp_path, "x/a.txt", "y/a.txt")
    (tmp_path / "x" / "a.txt").write_text("---\nid: WY1\n---\n江\n")
    assert set(works(tmp_path)) == {"WY1", "y-a"}


def test_volumes_are_sections_of_one_work_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    write(
        tmp_path,
        *(f"遼史/{name}.txt" for name in ("卷十", "卷二", "卷一", "跋", "序", "卷首", "卷三上", "卷三下", "附錄")),
    )
    (work,) = works(tmp_path).values()
    assert (work.id, work.record.title) == ("遼史", "遼史")
    names = ["序", "卷首", "卷一", "卷二", "卷三上", "卷三下", "卷十", "跋", "附錄"]
    assert {section.title for section in work.sections} == set(names)
    assert [section.title for section in work.sections][2:] == names[2:]


def test_volumes_of_markdown_keep_their_headings(tmp_path: Path) -> None:
    (tmp_path / "志").mkdir()
    for number, part in (("0002", "山"), ("0001", "江")):
        (tmp_path / "志" / f"卷{number}.md").write_text(f"---\ntitle: 江志 卷{number}\nauthor: 某\n---\n# {part}\n文\n")
    (work,) = works(tmp_path).values()
    assert (work.id, work.record.title, work.record.author) == ("志", "江志", "某")
    assert [section.title for section in work.sections] == ["江志 卷0001·江", "江志 卷0002·山"]


def test_a_file_beside_volumes_is_a_work_of_its_own(tmp_path: Path) -> None:
    write(tmp_path, "遼史/卷一.txt", "遼史/卷二.txt", "遼史/松漠紀聞.txt")
    assert set(works(tmp_path)) == {"遼史", "松漠紀聞"}


@pytest.mark.parametrize(
    "names", [["一.txt", "二.txt"], ["01.txt", "02.txt"], ["卷積.txt", "卷土重來.txt"], ["序.txt", "跋.txt"]]
)
def test_what_only_looks_like_volumes_stays_apart(tmp_path: Path, names: list[str]) -> None:
    write(tmp_path / "書", *names)
    assert len(works(tmp_path)) == len(names)


def test_a_volume_that_is_named_itself_is_a_work(tmp_path: Path) -> None:
    write(tmp_path, "遼史/卷一.txt")
    assert set(works(tmp_path / "遼史" / "卷一.txt")) == {"卷一"}


def test_folders_of_volumes_of_one_name_are_told_apart(tmp_path: Path) -> None:
    write(tmp_path, "武英殿/遼史/卷一.txt", "百衲/遼史/卷一.txt")
    assert set(works(tmp_path)) == {"武英殿-遼史", "百衲-遼史"}


@pytest.mark.parametrize(
    ("given", "expected"),
    [(["江志 卷一", "江志 卷二"], "江志"), (["江志·卷一 江源", "江志·卷二"], "江志"), (["江志", "山志"], ""),
     (["", ""], ""), (["江志 卷一"], "江志 卷一"), (["江志卷上", "江志卷下"], "江志")],
)  # fmt: skip
def test_the_title_is_what_the_volumes_titles_have_in_common(given: list[str], expected: str) -> None:
    assert title(given) == expected
