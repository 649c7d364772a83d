"""Bodies of plain text and Markdown: sections with their spans, each over what it says."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from corpora.model import Section, Span, SpanKind
from corpora.readers.bodies import Start, cut, sections, whole

LINES = st.lists(
    st.sampled_from(
        [
            "江[1]山",
            "卷一",
            "第二回 山",
            "# 江[^1]",
            "[^1]: 注",
            "[1] 注",
            "```",
            "<h2>江</h2>",
            "松(sōng)花",
            "⿰王文",
            "",
            "<b>江</b>",
        ]
    ),
    max_size=15,
)


def over(found: list[Section], kind: SpanKind) -> list[str]:
    return [section.text[span.start : span.end] for section in found for span in section.spans if span.kind is kind]


def test_a_title_leaves_out_what_stands_beside_its_heading() -> None:
    assert [part.title for part in sections(["# 上京[^1]", "文"], "志", True)] == ["上京"]
    assert [part.title for part in sections(["卷一", "第二回 江[^1]", "文"], "志", False)] == ["卷一·第二回 江"]


def test_spans_go_with_their_sections() -> None:
    found = sections(["序[^1]", "# 江", "甲[^2]", "# 山", "[^1]: 乙", "[^2]: 丙"], "志", True)
    assert [part.title for part in found] == ["志", "江", "山"]
    assert over(found, SpanKind.MARK) == ["[^1]", "[^2]", "[^1]:", "[^2]:"]
    assert over(found, SpanKind.NOTE) == [" 乙", " 丙"]


def test_a_span_over_a_cut_is_cut() -> None:
    found = cut("江山水", [Span(SpanKind.NOTE, 0, 3)], [Start(1, ((1, "山"),)), Start(2, ((1, "水"),))], "志")
    assert over(found, SpanKind.NOTE) == ["江", "山", "水"]


def test_lines_that_only_say_where_links_lead_are_no_text() -> None:
    (found,) = sections(["見[江][a]", '[a]: https://example.org/ "江"', "[b]: 注"], "志", True)
    assert found.text == "見[江][a]\n[b]: 注\n"


@given(LINES)
def test_sections_are_the_whole_text_and_spans_are_over_what_they_say(lines: list[str]) -> None:
    for markdown in (False, True):
        found = sections(lines, "志", markdown)
        if not markdown:
            assert "".join(part.text for part in found).split() == whole(lines, "志").text.split()
        for part in found:
            assert all(0 <= span.start < span.end <= len(part.text) for span in part.spans)
            assert list(part.spans) == sorted(part.spans, key=lambda span: span.start)
        assert set(over(found, SpanKind.GAIJI)) <= {"〓"}
        assert set(over(found, SpanKind.MARK)) <= {"[1]", "[^1]", "[^1]:", "(sōng)"}
        assert set(over(found, SpanKind.NOTE)) <= {" 注"}
