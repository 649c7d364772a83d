from itertools import pairwise

from corpora.model import Page, Section, Span, SpanKind
from indexer.text.folding import fold
from indexer.text.streams import (
    BOUNDARY,
    LONGEST_PASSAGE,
    code_points,
    main_stream,
    main_windows,
    note_windows,
    notes_stream,
    passage_starts,
    text_of,
)

TEXT = "混同江\n　源出長白山\n會寧府"
NOTED = Section("卷一", TEXT, spans=(Span(SpanKind.NOTE, 4, 7), Span(SpanKind.NOTE, 9, 10)))


def shown(codes: object) -> str:
    return "".join("|" if code == BOUNDARY else chr(code) for code in codes)  # type: ignore[attr-defined]  # an array


def test_the_main_stream_leaves_notes_out_and_leads_back_to_the_text() -> None:
    stream = main_stream(NOTED, code_points(TEXT))
    assert shown(stream.codes) == "混同江长白会宁府|"
    for code, offset in zip(stream.codes[:-1], stream.offsets[:-1], strict=True):
        assert fold(TEXT[offset]) == chr(code)


def test_each_note_is_closed_by_a_boundary() -> None:
    stream = notes_stream(NOTED, code_points(TEXT))
    assert shown(stream.codes) == "源出|山|"
    assert [TEXT[offset] for offset in stream.offsets[:2]] == ["源", "出"]


def test_a_page_is_a_passage() -> None:
    section = Section("卷一", TEXT, pages=(Page("001-1a", 0), Page("001-1b", 4)))
    assert passage_starts(section) == [(0, 0), (4, 1)]


def test_text_before_the_first_page_mark_is_a_passage_without_a_page() -> None:
    section = Section("卷一", TEXT, pages=(Page("001-1a", 4),))
    assert passage_starts(section) == [(0, -1), (4, 0)]


def test_a_long_text_without_pages_is_cut_and_covered() -> None:
    text = "松花江出长白山。北流会嫩江，" * 200
    starts = [start for start, _ in passage_starts(Section("篇", text))]
    lengths = [end - start for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]
    assert starts[0] == 0
    assert min(lengths) > 0
    assert max(lengths) <= LONGEST_PASSAGE


def test_an_empty_section_has_no_passage() -> None:
    assert passage_starts(Section("空", "")) == []


def test_unpunctuated_text_gets_overlapping_windows_that_cover_it() -> None:
    text = "松花江出長白山北流會嫩江" * 20
    stream = main_stream(Section("卷", text), code_points(text))
    windows = main_windows(Section("卷", text), stream)
    assert windows[0].start == 0
    assert windows[-1].end == len(stream.codes) - 1
    assert all(after.start < before.end for before, after in pairwise(windows))


def test_punctuated_text_gets_its_sentences() -> None:
    text = "松花江出长白山，北流。嫩江出大兴安岭，南流。两江相会，东流入海。"
    stream = main_stream(Section("篇", text), code_points(text))
    found = [text_of(stream.codes[each.start : each.end]) for each in main_windows(Section("篇", text), stream)]
    assert found == ["松花江出长白山北流", "嫩江出大兴安岭南流", "两江相会东流入海"]


def test_short_notes_get_no_window() -> None:
    text = "江混同江源出長白山北流"
    section = Section("卷", text, spans=(Span(SpanKind.NOTE, 0, 1), Span(SpanKind.NOTE, 1, 11)))
    assert len(note_windows(notes_stream(section, code_points(text)))) == 1


def test_a_section_that_is_all_note_has_both_streams() -> None:
    section = Section("卷", "源出長白山", spans=(Span(SpanKind.NOTE, 0, 5),))
    assert shown(main_stream(section, code_points(section.text)).codes) == "|"
    assert shown(notes_stream(section, code_points(section.text)).codes) == "源出长白山|"
