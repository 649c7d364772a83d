"""Images of pages, and boxes on them, as JSON Lines say them; and what Kanripo's lists say that there is none of."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from corpora.model import Canvas, Problem, Region, Section, Work
from corpora.readers import read
from corpora.sources.discover import discover


def read_line(folder: Path, **section: object) -> Section | str:
    """The section of a work of one line, or what is wrong with it."""
    line = {"id": "a", "title": "書", "sections": [{"text": "甲乙丙丁", **section}]}
    (folder / "a.jsonl").write_text(json.dumps(line), "utf-8")
    (item,) = (item for source in discover(folder)[0] for item in read(source))
    if isinstance(item, Problem):
        return item.reason
    assert isinstance(item, Work)
    return item.sections[0]


def test_a_page_has_its_image_its_service_and_its_size(tmp_path: Path) -> None:
    pages = [
        {"label": "1a", "start": 0, "facsimile": "https://i.example/1.png", "width": 1200, "height": 1800},
        {"label": "1b", "start": 1, "service": "https://i.example/iiif/2/"},
        {"label": "2a", "start": 2, "facsimile": "https://i.example/3.png", "service": "https://i.example/iiif/3"},
        {"label": "2b", "start": 3, "facsimile": "file:///etc/passwd", "service": "javascript:x", "width": 9},
    ]
    section = read_line(tmp_path, pages=pages)
    assert isinstance(section, Section)
    assert [page.canvas for page in section.pages] == [
        Canvas(0, "https://i.example/1.png", "", 1200, 1800),
        Canvas(0, "https://i.example/iiif/2/full/max/0/default.jpg", "https://i.example/iiif/2/"),
        Canvas(0, "https://i.example/3.png", "https://i.example/iiif/3"),
        None,
    ]


def test_a_region_is_on_the_page_where_its_text_begins(tmp_path: Path) -> None:
    pages = [{"label": "1b", "start": 2}, {"label": "1a", "start": 0}]
    section = read_line(
        tmp_path, pages=pages, regions=[[2, 4, 5, 6, 7, 8], [0, 1, 1, 2, 3, 4, 0.5], [1, 2, 0, 0, 9, 9, None]]
    )
    assert isinstance(section, Section)
    assert section.regions == (
        Region(0, 0, 1, 1, 2, 3, 4, 0.5),
        Region(0, 1, 2, 0, 0, 9, 9),
        Region(1, 2, 4, 5, 6, 7, 8),
    )


@pytest.mark.parametrize(
    "region",
    [
        [],
        "x",
        [0, 1, 2, 3, 4],
        [0, 1, 2, 3, 4, 5, 6, 7],
        [0, 0, 1, 1, 1, 1],
        [3, 5, 1, 1, 1, 1],
        [2, 1, 1, 1, 1, 1],
        [-1, 1, 1, 1, 1, 1],
        [0, 1, 1, 1, 1, 1 << 25],
        [0, 1, 1.5, 1, 1, 1],
        [0, 1, True, 1, 1, 1],
        [0, 1, 1, 1, 1, 1, 2],
        [0, 1, 1, 1, 1, 1, "sure"],
        [0, 1, 1, 1, 1, 1, True],
        [0, 1, 1, 1, 1, 1, float("nan")],
    ],
)
def test_a_region_that_can_be_none_is_one_problem(tmp_path: Path, region: object) -> None:
    assert "region" in str(read_line(tmp_path, pages=[{"label": "1a", "start": 0}], regions=[region]))


def test_a_region_before_the_first_page_and_a_size_that_is_none_are_problems(tmp_path: Path) -> None:
    pages: list[dict[str, object]] = [{"label": "1a", "start": 2}]
    assert read_line(tmp_path, pages=pages, regions=[[0, 1, 1, 1, 1, 1]]) == "region is of no text, or of no page"
    for size in (-1, 1.5, "9", True, 1 << 25):
        assert "width or height" in str(read_line(tmp_path, pages=[{**pages[0], "width": size}]))


def test_no_page_of_a_real_book_leads_to_an_image_that_is_missing(kanripo: Path) -> None:
    book = kanripo / "KR2a0033"
    (work,) = (item for source in discover(book)[0] for item in read(source) if isinstance(item, Work))
    pages = [page for section in work.sections for page in section.pages]
    lists = (book / "_data" / "imglist").glob("*.txt")
    rows = [line.split("\t") for file in lists for line in file.read_text("utf-8").splitlines()]
    missing = {row[1].partition(" ")[2] for row in rows if row[2].strip() == "missing/missing"}
    assert missing
    assert {page.label for page in pages if not page.facsimile} >= missing
    assert any(page.facsimile for page in pages)
    assert not [page for page in pages if "missing" in page.facsimile]
