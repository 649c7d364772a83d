"""Text and ranges become markup that says exactly the text, well nested."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from web.presenting.rendering import Layer, MarkedRange, markup

TEXTS = st.text(alphabet="完顏<>&\"'\n　a", max_size=30)
RANGES = st.lists(st.tuples(st.integers(-3, 35), st.integers(-3, 35)), max_size=6)


class Nesting(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@given(TEXTS, RANGES, RANGES, RANGES, st.integers(0, 35))
def test_markup_says_the_text_and_nests(
    text: str, notes: list[tuple[int, int]], windows: list[tuple[int, int]], found: list[tuple[int, int]], anchor: int
) -> None:
    layers = [Layer("span", "note", notes), Layer("i", "window", windows), Layer("mark", "found", found)]
    anchors = {anchor: ["hit"], anchor // 2: ["o-1", "o-2"]}
    shown = str(markup(text, layers, anchors=anchors, printed_lines=True))
    plain = unescape(re.sub(r"<[^>]*>", "", re.sub(r"<br[^>]*>", "\n", shown)))
    assert plain == text
    parser = Nesting()
    parser.feed(shown)
    assert not parser.open
    set_here = [name for at, names in sorted(anchors.items()) if at < len(text) for name in names]
    assert re.findall(r'id="([^"]+)"', shown) == set_here


@given(TEXTS, RANGES)
def test_exactly_the_ranges_are_marked(text: str, found: list[tuple[int, int]]) -> None:
    shown = str(markup(text.replace("\n", "完"), [Layer("mark", "found", found)]))
    marked = [unescape(part) for part in re.findall(r"<mark[^>]*>(.*?)</mark>", shown)]
    covered = {at for start, end in found for at in range(max(start, 0), min(end, len(text)))}
    assert sum(map(len, marked)) == len(covered)


def test_a_highlight_across_a_note_is_split_at_its_bounds() -> None:
    shown = markup("甲乙丙丁", [Layer("span", "note", [(1, 3)]), Layer("mark", "found", [(0, 2)])])
    assert str(shown) == ('<mark class="found">甲</mark><span class="note"><mark class="found">乙</mark>丙</span>丁')


def test_titles_are_escaped() -> None:
    assert 'title="&#34;&gt;"' in markup("〓", [Layer("span", "gaiji", [MarkedRange(0, 1, '">')])])


def test_only_line_ends_for_want_of_room_are_soft() -> None:
    assert markup("甲\n乙", printed_lines=True) == '甲<br class="soft">乙'
    assert markup("　甲\n乙", printed_lines=True) == "　甲<br>乙"
    assert markup("甲\n乙") == "甲<br>乙"
