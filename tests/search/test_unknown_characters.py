"""Law 11: whatever stands for one character in print is one in search, in every format."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import oracle
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from stores import Indexing

from corpora.model import Section, Span, SpanKind, Work
from corpora.readers import read
from corpora.sources.discover import discover
from indexer.building.build import build
from indexer.cluster.address import IndexAddress
from indexer.text.readings import MOST_LACKING
from indexer.text.streams import BOUNDARY, code_points, main_stream, notes_stream, printed_order
from search.library import Library
from search.model import Mode, Scope, SearchRequest, SearchResponse

SHAPES = {
    "private use": "\U000f1dab",
    "private use, old": "\ue123",
    "description": "⿰王文",
    "description of three": "⿳艹⿰王文一",
    "description within": "⿱⿰王文一",
    "reference": "&KR2038;",
    "reference of CBETA": "&CB00178;",
    "composition": "[金*先]",
    "geta": "〓",
    "replacement": "\ufffd",
    "square": "□",
    "rounded square": "▢",
    "small square": "◻",
    "dotted square": "⬚",
    "black square": "■",
    "hatched square": "▨",
    "disc": "●",
    "double circle": "◎",
    "circle": "○",
    "large circle": "◯",
    "ideographic zero": "〇",
    "diamond": "◆",
    "cross": "×",
    "triangle": "△",
    "remark": "〔闕〕",
    "remark, simplified": "【缺】",
    "remark with a count of one": "〔缺一字〕",
}


def kanripo(folder: Path, line: str) -> None:
    (folder / "KR9z0001").mkdir()
    head = "#+TITLE: 試\n#+PROPERTY: JUAN 1\n<pb:KR9z0001_WYG_001-1a>¶\n"
    (folder / "KR9z0001" / "KR9z0001_001.txt").write_text(f"{head}{line}¶\n", "utf-8")


def chapters(folder: Path, line: str) -> None:
    for name in ("卷一", "卷二"):
        (folder / "試" / name).mkdir(parents=True)
    (folder / "試" / "卷一" / "text.txt").write_text(f"{line}\n", "utf-8")
    (folder / "試" / "卷二" / "text.txt").write_text("江水。\n", "utf-8")


def file(name: str, text: str) -> Callable[[Path, str], None]:
    return lambda folder, line: (folder / name).write_text(text.format(line), "utf-8") and None


def jsonl(folder: Path, line: str, notes: Sequence[Sequence[int]] = ()) -> None:
    (folder / "a.jsonl").write_text(json.dumps({"id": "a", "title": "試", "text": line, "notes": notes}), "utf-8")


def poems(folder: Path, line: str) -> None:
    (folder / "a.json").write_text(json.dumps([{"title": "試", "paragraphs": [line]}]), "utf-8")


FORMATS = {
    "kanripo": kanripo,
    "plain": file("a.txt", "{}\n"),
    "markdown": file("a.md", "# 試\n\n{}\n"),
    "html in plain text": file("a.txt", "<p>{}</p>\n"),
    "cbeta": file("a.txt", "T99n0001_p0001a01║{}\nT99n0001_p0001a02║江水。\n"),
    "chapters": chapters,
    "json lines": jsonl,
    "poems": poems,
}


@dataclass(frozen=True)
class Indexed:
    """A library with the sections that went into it."""

    library: Library
    sections: list[Section]

    def search(self, phrase: str, scope: Scope = Scope.TEXT, strict: bool = False) -> SearchResponse:
        return self.library.search(SearchRequest(q=f'"{phrase}"', mode=Mode.EXACT, scope=scope, strict=strict))

    def count(self, phrase: str, scope: Scope = Scope.TEXT, strict: bool = False) -> int:
        return self.search(phrase, scope, strict).total.occurrences or 0

    def marked(self, phrase: str) -> list[str]:
        return [hit.text[start:end] for hit in self.search(phrase).hits for start, end in hit.highlights]


def opened(texts: Path, index: IndexAddress) -> Indexed:
    works = [item for source in discover(texts)[0] for item in read(source)]
    return Indexed(Library.open(index), [each for work in works if isinstance(work, Work) for each in work.sections])


def names(shapes: dict[str, str]) -> dict[str, str]:
    """A word for each shape, of two characters that stand nowhere else, with it between them."""
    return {
        name: f"{chr(0x5100 + number)}{shape}{chr(0x6100 + number)}"
        for number, (name, shape) in enumerate(shapes.items())
    }


@pytest.fixture(scope="module", params=FORMATS)
def indexed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Indexed:
    texts = tmp_path_factory.mktemp("texts")
    FORMATS[request.param](texts, "，".join(names(SHAPES).values()))
    index = tmp_path_factory.mktemp("index")
    build([texts], index)
    return opened(texts, index)


@pytest.mark.parametrize("shape", SHAPES)
def test_what_stands_for_a_character_is_one(indexed: Indexed, shape: str) -> None:
    word = names(SHAPES)[shape]
    before, after = word[0], word[-1]
    assert indexed.count(before + after) == 0
    assert indexed.count(f"{before}?{after}") == 1
    assert indexed.count(f"{before}??{after}") == 0
    assert indexed.count(f"{before}零{after}") == indexed.count(f"{before}人{after}") == 0
    assert indexed.count(word) == 1
    (marked,) = indexed.marked(f"{before}?{after}")
    assert marked in (word, f"{before}〓{after}")  # whole, or as the reader gives what it resolves
    assert indexed.marked(word) == [marked]
    for said in (before + after, f"{before}?{after}", word):
        assert indexed.count(said) == len(oracle.occurrences(indexed.sections, said, Scope.TEXT))


@pytest.fixture(scope="module")
def text(indexing: Indexing, tmp_path_factory: pytest.TempPathFactory) -> Indexed:
    texts = tmp_path_factory.mktemp("texts")
    kanripo(texts, "都部(闕/)司甲(闕一/字)乙(見後/文)丙李(缺三/字)張⿰金先氏")
    lines = (
        "一九○三年，一九〇四年，一九零五年，民國二○年，一百◯八人，王○氏，王零氏，八三一三〇號，號〇九三。",
        "○三老。甲[缺三字]乙，丙（原闕二字）丁，戊〔闕文〕己，庚（以下缺失）辛，壬（守闕）癸，子(缺五十字)丑。",
        "◆益州。△第八章。施◆為，耿×、耿舒，×年，家々，〓々，⿰金先々，囗口。",
        "趙⿰金先氏，錢[金*先]氏，孫⿱山大氏，李〓氏，周⿰，氏。",
    )
    jsonl(texts, "\n".join(lines))
    return opened(texts, indexing([[texts]], tmp_path_factory.mktemp("index")))


@pytest.mark.parametrize(
    ("phrase", "strict", "times"),
    [
        # a circle by a numeral is zero, in whatever way it is typed
        ("一九〇三", False, 1),
        ("一九零三", False, 1),
        ("一九○三", False, 1),
        ("一九◯三", False, 1),
        ("一九〇三", True, 0),
        ("一九○三", True, 1),
        ("一九零四", False, 1),
        ("一九○五", False, 1),
        ("一九三", False, 0),
        ("民國二〇年", False, 1),
        ("二零", False, 1),
        ("一百〇八", False, 1),
        ("八三一三零", False, 1),
        ("零九三", False, 1),
        # elsewhere it is a character that nobody knows: any one, where it is looked for
        ("王零氏", False, 1),
        ("王○氏", False, 2),
        ("王〇氏", False, 2),
        ("王□氏", True, 2),
        ("王[○]氏", False, 1),
        ("王[〇]氏", True, 0),
        ("王[○]氏", True, 1),
        ("王[^○]氏", False, 1),
        ("王?氏", False, 2),
        ("三老", False, 1),
        ("零三老", False, 0),
        ("○三老", False, 1),
        ("[○]三", False, 1),
        ("〇三", False, 1),
        ("零三", False, 1),
        # remarks of an edition
        ("都部司", False, 0),
        ("都部?司", False, 1),
        ("甲乙", False, 0),
        ("甲?乙", False, 1),
        ("乙丙", False, 2),
        ("李張", False, 0),
        ("李???張", False, 1),
        ("李??張", False, 0),
        ("甲???乙", False, 1),
        ("甲〔缺三字〕乙", False, 1),
        ("甲[缺三字]乙", True, 1),
        ("丙??丁", False, 1),
        ("戊?己", False, 1),
        ("戊□己", False, 1),
        ("戊□己", True, 1),
        ("戊[□]己", True, 0),
        ("戊〔闕〕己", False, 1),
        ("庚以下缺失辛", False, 1),
        ("壬守闕癸", False, 1),
        ("子" + "□" * MOST_LACKING + "丑", False, 1),
        # signs of items, and of characters
        ("益州", False, 1),
        ("施為", False, 0),
        ("施?為", False, 1),
        ("耿耿", False, 0),
        ("耿×耿", False, 1),
        ("囗口", False, 1),
        ("口口", False, 0),
        ("家家", False, 1),
        ("家々", True, 1),
        # descriptions
        ("趙⿰金先氏", False, 1),
        ("趙⿰金先氏", True, 1),
        ("趙[金*先]氏", False, 1),
        ("趙[金*先]氏", True, 0),
        ("錢⿰金先氏", False, 1),
        ("趙⿱山大氏", False, 0),
        ("孫⿱山大氏", False, 1),
        ("孫〓氏", True, 1),
        ("[趙錢孫李]〓氏", False, 4),
        ("[趙錢孫李][〓]氏", False, 4),
        ("[趙錢孫李][〓]氏", True, 1),
        ("[趙錢孫李][^〓]氏", False, 0),
        ("[趙錢孫李][⿰金先大]氏", False, 2),
        ("[趙錢孫李][^⿰金先]氏", False, 2),
        ("[錢孫李]⿰金先氏", False, 1),
        ("李⿰金先氏", False, 0),
        ("張⿰金先氏", True, 1),
        ("周氏", False, 1),
        ("金先", False, 0),
        ("趙⿰金先", False, 1),
        ("先氏", False, 0),
        ("⿰金先", False, 4),
        ("⿰金先", True, 3),
    ],
)
def test_a_phrase_is_found_as_often_as_it_stands(text: Indexed, phrase: str, strict: bool, times: int) -> None:
    assert text.count(phrase, strict=strict) == times
    assert len(oracle.occurrences(text.sections, phrase, Scope.TEXT, strict)) == times


def test_a_remark_in_a_note_is_read_as_it_is_printed(text: Indexed) -> None:
    assert text.count("闕一字", Scope.NOTES) == 1
    assert text.count("闕一字", Scope.TEXT) == 0
    assert text.marked("甲〔闕〕乙") == ["甲闕一字乙"]


def test_a_description_is_marked_whole(text: Indexed) -> None:
    assert text.marked("趙?氏") == text.marked("趙⿰金先氏") == ["趙⿰金先氏"]
    assert text.marked("甲[缺三字]乙") == ["甲[缺三字]乙"]
    (occurrence,) = text.library.find('"趙?"')
    assert (occurrence.text, occurrence.right[:1]) == ("趙⿰金先", "氏")


PIECES = [*"國王一三百零○〇◯々〻□▢■〓×◆，\n \ue000\U000f1d6b〔闕字"]
PIECES += ["⿰金先", "⿱⿰王文一", "⿰王", "[金*先]", "&CB00178;", "&amp;", "〔闕〕", "（缺三字）"]
CLASSES = ["[國王]", "[^國〓]", "[□○一]", "[^零]"]
PHRASES = st.lists(st.sampled_from([*PIECES, *CLASSES, "[缺"]), min_size=1, max_size=6).map("".join)


@st.composite
def sections(draw: st.DrawFn) -> Section:
    """A section of all that stands for a character, with notes and marks."""
    parts: list[str] = []
    spans: list[Span] = []
    length = 0
    for _ in range(draw(st.integers(1, 6))):
        kind = draw(st.sampled_from([None, None, SpanKind.NOTE, SpanKind.SMALL, SpanKind.MARK]))
        remark = st.sampled_from(["闕", "闕一\n字", "缺三字", "闕字", "缺失"])
        piece = draw(remark if kind in (SpanKind.NOTE, SpanKind.SMALL) and draw(st.booleans()) else PHRASES)
        if kind:
            spans.append(Span(kind, length, length + len(piece)))
        parts.append(piece)
        length += len(piece)
    text = "".join(parts)
    bounds = {span.start for span in spans} | {span.end for span in spans}
    from_readers = [
        Span(SpanKind.GAIJI, *found)
        for found in oracle.gaiji.find(text)
        if not bounds & {*range(found[0] + 1, found[1])}
    ]
    return Section("卷一", text, spans=tuple(sorted([*spans, *from_readers], key=lambda span: (span.start, -span.end))))


@settings(max_examples=600, deadline=None)
@given(sections())
def test_streams_are_the_runs_of_the_plain_scan(section: Section) -> None:
    codes = code_points(section.text)
    main, notes = main_stream(section, codes), notes_stream(section, codes)
    text, *others, page = oracle.runs(section, Scope.BOTH)
    printed = printed_order(section, codes, main, notes)
    pages = [page] if len(printed.codes) else []
    assert pages or page == text  # where no note says a word
    for stream, runs in ((main, [text]), (notes, others), (printed, pages)):
        told = "".join("|" if code == BOUNDARY else chr(code) for code in stream.codes.tolist())
        assert told == "".join("".join(each.folded for each in run) + "|" for run in runs)
        kept = stream.codes != BOUNDARY
        assert [(each.offset, len(each.original)) for run in runs for each in run] == list(
            zip(stream.offsets[kept].tolist(), stream.lengths[kept].tolist(), strict=True)
        )


@pytest.fixture(scope="module")
def mixed(indexing: Indexing, tmp_path_factory: pytest.TempPathFactory) -> Indexed:
    texts = tmp_path_factory.mktemp("texts")
    dice = random.Random(7)
    whole = [piece for piece in PIECES if piece != "⿰王"]  # which would take in what stands beside it, over a seam
    parts: list[str] = []
    notes: list[tuple[int, int]] = []
    for _ in range(600):
        begin = sum(map(len, parts))
        parts.append(dice.choice(["闕", "缺三字", *("".join(dice.choices(whole, k=4)) for _ in range(6))]))
        if dice.random() < 0.4:
            notes.append((begin, begin + len(parts[-1])))
    jsonl(texts, "".join(parts), notes)
    (texts / "b.txt").write_text("".join(dice.choices(PIECES, k=3000)), "utf-8")
    return opened(texts, indexing([[texts]], tmp_path_factory.mktemp("index")))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(phrase=PHRASES, scope=st.sampled_from(Scope), strict=st.booleans())
def test_a_phrase_is_found_where_the_plain_scan_finds_it(
    mixed: Indexed, phrase: str, scope: Scope, strict: bool
) -> None:
    assume(oracle.is_told(phrase))
    expected = len(oracle.occurrences(mixed.sections, phrase, scope, strict))
    assert mixed.count(phrase, scope, strict) == expected


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=PHRASES, between=st.sampled_from("?*"), after=PHRASES)
def test_a_wildcard_is_any_character_however_it_is_written(
    mixed: Indexed, before: str, between: str, after: str
) -> None:
    phrase = f"國{before.strip()}{between}{after.strip()}國"
    assert mixed.count(phrase, Scope.BOTH) == len(oracle.occurrences(mixed.sections, phrase, Scope.BOTH))
