"""A hit in a long page shows the part around what was found; the whole page and its ranges stay as they are."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.building.build import build
from search.excerpts import LENGTH, SLACK, WHOLE, excerpt
from search.library import Library
from search.model import Mode, SearchRequest

LINE = "江水東流五百里入於海土人以漁獵為業，"
PAGE = LINE * 20


def part(text: str, *words: str) -> str:
    ranges = [(text.index(word), text.index(word) + len(word)) for word in words]
    start, end = excerpt(text, ranges)
    return text[start:end]


def test_a_short_passage_is_shown_whole() -> None:
    assert excerpt("江" * WHOLE, [(3, 5)]) == (0, WHOLE)


def test_the_part_around_what_was_found_is_shown() -> None:
    text = PAGE + "會寧府，" + PAGE
    shown = part(text, "會寧府")
    assert "會寧府" in shown
    assert LENGTH - 2 * SLACK <= len(shown) <= LENGTH + 2 * SLACK


@pytest.mark.parametrize("pause", ["，", "。」", "\n"])
def test_it_is_cut_where_the_text_pauses(pause: str) -> None:
    text = "江水東流五百里入於海土人以漁獵" + pause
    shown = part(text * 20 + "會寧府" + pause + text * 20, "會寧府")
    assert shown.startswith("江水")
    assert shown.endswith(("漁獵" + pause).rstrip("\n"))


def test_at_the_edges_of_a_passage_nothing_is_left_out() -> None:
    assert part("會寧府，" + PAGE, "會寧府").startswith("會寧府")
    assert part(PAGE + "會寧府", "會寧府").endswith("會寧府")


def test_the_part_that_holds_most_of_what_was_found_is_shown() -> None:
    text = "上京，" + PAGE + "上京會寧府，" + PAGE
    ranges = [(0, 2), (len(PAGE) + 3, len(PAGE) + 8)]
    start, end = excerpt(text, ranges)
    assert text[start:end].count("上京會寧府") == 1


def test_what_is_only_alike_shows_the_stretch_nearest_in_meaning() -> None:
    text = PAGE + "冬則鑿氷取魚，" + PAGE
    nearest = (len(PAGE), len(PAGE) + 6)
    start, end = excerpt(text, [(0, 2)], nearest)
    assert start <= nearest[0] < nearest[1] <= end < len(text)


def test_a_long_highlight_is_shown_to_its_end() -> None:
    text = "江" * 400
    assert excerpt(text, [(100, 300)]) == (100, 300)


@given(st.text(st.sampled_from("江海，。\n　「」"), max_size=700), st.data())
def test_it_is_a_part_of_the_text_and_cuts_no_highlight(text: str, data: st.DataObject) -> None:
    bounds = data.draw(st.lists(st.integers(0, len(text)), max_size=12, unique=True))
    ordered = sorted(bounds)
    ranges = list(zip(ordered[::2], ordered[1::2], strict=False))
    words = [(a, b) for a, b in ranges if text[a:b].strip("\n　") == text[a:b]]
    start, end = excerpt(text, words)
    assert 0 <= start <= end <= len(text)
    assert all(not (a < start < b or a < end < b) for a, b in words)
    if words:
        assert any(start <= a < b <= end for a, b in words)


def test_a_hit_keeps_its_text_and_its_ranges(tmp_path: Path) -> None:
    note = "（舊名海古）"
    (tmp_path / "a.txt").write_text(PAGE + f"上京會寧府{note}，" + PAGE, "utf-8")
    build([tmp_path], tmp_path / "index")
    library = Library.open(tmp_path / "index")
    (hit,) = library.search(SearchRequest("会宁府", Mode.EXACT)).hits
    section = library.section(hit.work.id, hit.section_number).section
    assert section.text[hit.start : hit.start + len(hit.text)] == hit.text
    assert [hit.text[start:end] for start, end in hit.highlights] == ["會寧府"]
    start, end = hit.excerpt
    assert 0 < end - start < len(hit.text)
    assert start <= hit.highlights[0][0] < hit.highlights[0][1] <= end
