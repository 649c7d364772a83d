"""What stands beside the text is not in the way of a phrase: numbers of notes, readings, iteration marks, line
heads."""

from __future__ import annotations

import json

import oracle
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stores import Indexing

from corpora.model import Section, Span, SpanKind, Work
from corpora.readers import read
from corpora.sources.discover import discover
from indexer.text.folding import fold
from indexer.text.streams import BOUNDARY, code_points, main_stream, notes_stream, printed_order
from search.library import Library
from search.model import Mode, Scope, SearchRequest

TEXTS = {
    "notes.txt": "完顏氏[1]居按出虎水[2]之側，上京①會寧府在焉。松(sōng)花(huā)江。\n[1] 即王族，見〔三〕傳。\n",
    "foot.md": "號<ruby>海<rt>hǎi</rt></ruby>東<sup>2</sup>青[^a]之國。\n\n[^a]: 鷹[^b]隼也。\n",
    "again.txt": "家々有書，人〻能讀。時〃往來。\n",
    "unknown.txt": "烏⿰王文國在北。王文者縣令。王\U000f1d6b氏。\n",
    "heads.txt": "T99n0001_p0001a01║夫水之流也[1]源\nT99n0001_p0001a02║遠者其流長。\n",
}
FOUND = [
    # phrase, scope, strict, how often
    ("完顏氏居按出虎水之側", Scope.TEXT, False, 1),
    ("上京會寧府", Scope.TEXT, True, 1),
    ("松花江", Scope.TEXT, False, 1),
    ("即王族", Scope.NOTES, False, 1),
    ("即王族", Scope.TEXT, False, 0),
    ("王族見三傳", Scope.NOTES, False, 1),
    ("海東青之國", Scope.TEXT, False, 1),
    ("鷹隼也", Scope.NOTES, True, 1),
    ("sōng", Scope.BOTH, False, 0),
    ("家家", Scope.TEXT, False, 1),
    ("家々有書", Scope.TEXT, False, 1),
    ("家々", Scope.TEXT, True, 1),
    ("家家", Scope.TEXT, True, 0),
    ("人人能讀時時往來", Scope.TEXT, False, 1),
    ("王文", Scope.TEXT, False, 1),
    ("烏國", Scope.TEXT, False, 0),
    ("烏〓國", Scope.TEXT, False, 1),
    ("王氏", Scope.TEXT, False, 0),
    ("王\U000f1d6b氏", Scope.TEXT, False, 1),
    ("源遠者", Scope.TEXT, False, 1),
    ("0001a02", Scope.BOTH, False, 0),
]


@pytest.fixture(scope="module")
def indexed(indexing: Indexing, tmp_path_factory: pytest.TempPathFactory) -> tuple[Library, list[Work]]:
    folder = tmp_path_factory.mktemp("texts")
    for name, text in TEXTS.items():
        (folder / name).write_text(text, "utf-8")
    index = indexing([[folder]], tmp_path_factory.mktemp("index"))
    works = [item for source in discover(folder)[0] for item in read(source)]
    return Library.open(index), [work for work in works if isinstance(work, Work)]


@pytest.mark.parametrize(("phrase", "scope", "strict", "times"), FOUND)
def test_phrases_run_across_it(
    indexed: tuple[Library, list[Work]], phrase: str, scope: Scope, strict: bool, times: int
) -> None:
    library, works = indexed
    request = SearchRequest(q=f'"{phrase}"', mode=Mode.EXACT, scope=scope, strict=strict)
    sections = [section for work in works for section in work.sections]
    assert library.search(request).total.occurrences == times
    assert len(oracle.occurrences(sections, phrase, scope, strict)) == times


def test_highlights_are_the_phrase_s_own_characters(indexed: tuple[Library, list[Work]]) -> None:
    library, works = indexed
    (work,) = (work for work in works if work.id == "notes")
    view = library.section(work.id, 0, '"上京會寧府"', scope=Scope.TEXT)
    marked = {at for start, end in view.highlights for at in range(start, end)}
    text = work.sections[0].text
    assert {at for at in marked if fold(text[at]) and text[at] != "①"} == oracle_places(work, "上京會寧府")


def oracle_places(work: Work, phrase: str) -> set[int]:
    return {at for _, at in oracle.covered(work.sections, phrase, Scope.TEXT)}


@st.composite
def sections(draw: st.DrawFn) -> Section:
    """A section with notes and marks, in the text and in notes."""
    parts: list[str] = []
    spans: list[Span] = []
    length = 0
    for _ in range(draw(st.integers(1, 6))):
        kind = draw(st.sampled_from([None, SpanKind.NOTE, SpanKind.MARK]))
        piece = draw(st.text("江山々〻，1\n", min_size=1, max_size=5))
        if kind:
            spans.append(Span(kind, length, length + len(piece)))
        if kind is SpanKind.NOTE and len(piece) > 2:
            spans.append(Span(SpanKind.MARK, length + 1, length + 2))
        parts.append(piece)
        length += len(piece)
    return Section("卷一", "".join(parts), spans=tuple(spans))


@settings(max_examples=300)
@given(sections())
def test_streams_are_the_runs_of_the_plain_scan(section: Section) -> None:
    codes = code_points(section.text)
    main, notes = main_stream(section, codes), notes_stream(section, codes)
    (text,), others = oracle.runs(section, Scope.TEXT), oracle.runs(section, Scope.NOTES)
    assert [(each.folded, each.offset) for each in text] == [
        (chr(code), offset) for code, offset in zip(main.codes[:-1].tolist(), main.offsets[:-1].tolist(), strict=True)
    ]
    told = "".join("|" if code == BOUNDARY else chr(code) for code in notes.codes.tolist())
    assert told == "".join("".join(each.folded for each in run) + "|" for run in others)
    assert [each.offset for run in others for each in run] == notes.offsets[notes.codes != BOUNDARY].tolist()


@settings(max_examples=300)
@given(sections())
def test_the_printed_order_is_that_of_the_page(section: Section) -> None:
    codes = code_points(section.text)
    streams = main_stream(section, codes), notes_stream(section, codes)
    printed = printed_order(section, codes, *streams)
    if not any(oracle.runs(section, Scope.NOTES)):
        assert not len(printed.offsets)
        return
    ends = [*printed.starts.tolist()[1:], len(printed.offsets)]
    homes = zip(printed.starts.tolist(), ends, printed.homes.tolist(), strict=True)
    told = [streams[home % 2].codes[home // 2 : home // 2 + end - start].tolist() for start, end, home in homes]
    letters = [code for part in told for code in part]
    for at in printed.repeats.tolist():
        letters[at] = int(printed.codes[at])
    assert letters == printed.codes.tolist()
    read = list(zip(map(chr, letters), printed.offsets.tolist(), strict=True))
    assert read[:-1] == [(each.folded, each.offset) for each in oracle.printed(section)]
    assert read[-1] == (chr(BOUNDARY), len(section.text))


def test_an_index_made_before_has_the_kinds_of_spans_that_it_had() -> None:
    """Packs hold the number of a kind: these are what the numbers mean."""
    assert json.dumps([kind.name for kind in SpanKind][:4]) == '["NOTE", "SMALL", "HEAD", "GAIJI"]'
