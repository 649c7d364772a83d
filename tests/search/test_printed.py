"""A phrase is found where the page runs from text into a note and out of one, as often as a plain scan finds it."""

from __future__ import annotations

import random
from bisect import bisect_right
from pathlib import Path

import oracle
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stores import Indexing

from corpora.model import CatalogueRecord, Page, Section, Span, SpanKind, Work
from indexer.embedding import load_embedder
from indexer.store.generation import Generation, PackEntry, Settings
from indexer.store.pack import Pack
from indexer.store.writer import PackWriter
from indexer.text.folding import fold
from indexer.text.streams import passage_starts
from search.exact.evaluation import distinct
from search.library import Library
from search.model import Mode, Scope, SearchRequest
from search.occurrences import Occurrence, Occurrences
from search.query import parse
from search.stores.base import ExactQuery
from search.stores.embedded.matches import evaluated
from search.stores.embedded.occurrences import occurrences_of
from search.stores.embedded.snapshot import Snapshot

LETTERS = "國国黑東三○々"
PHRASES = st.text(st.sampled_from(LETTERS[:6]), min_size=1, max_size=5).filter(oracle.is_told)
SCOPES = st.sampled_from(Scope)
KINDS = (None, SpanKind.NOTE, SpanKind.NOTE, SpanKind.MARK)


def section(seed: int, size: int) -> Section:
    """A section in which notes stand side by side, at either end, across pages, empty, and with marks in them."""
    dice = random.Random(seed)
    text, spans = "", []
    for _ in range(size):
        kind = dice.choice(KINDS)
        piece = "".join(dice.choices(LETTERS + "，\n", k=dice.randrange(1, 6)))
        if kind:
            spans.append(Span(kind, len(text), len(text) + len(piece)))
        if kind is SpanKind.NOTE and len(piece) > 3:
            spans.append(Span(SpanKind.MARK, len(text) + 1, len(text) + 2))
        text += piece
    cuts = sorted(dice.sample(range(1, len(text)), min(size // 3, len(text) - 1)))
    return Section(f"卷{seed}", text, pages=tuple(Page(str(at), at) for at in (0, *cuts)), spans=tuple(spans))


def plain(seed: int) -> Section:
    return Section("無注", "".join(random.Random(seed).choices(LETTERS, k=40)))


SECTIONS = [plain(1), section(2, 30), section(3, 4), plain(4), plain(5), section(6, 50), section(7, 9), plain(8)]


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    writer = PackWriter()
    writer.add(Work("a", CatalogueRecord("甲"), tuple(SECTIONS)), "local", "digest")
    folder = tmp_path_factory.mktemp("packs") / "pack"
    writer.write(folder, {}, load_embedder(None), lambda step, done, total: None)
    entry = PackEntry(1, folder.name, ("a",), (0,))
    return Snapshot(Generation(1, Settings("tantivy", "", ""), (entry,)), {1: Pack(folder)})


def find(snapshot: Snapshot, q: str, scope: Scope, strict: bool = False) -> Occurrences:
    """What :meth:`search.library.Library.find` does, for which alone no engine is needed."""
    matches = evaluated(snapshot, ExactQuery(parse(q).tree, scope, strict), near_spans=True)
    return occurrences_of(snapshot, {number: each.occurrences for number, each in matches.items()})


def characters(found: Occurrence) -> tuple[int, ...]:
    """The number of the section, and the offsets of the characters that fold to something."""
    text = SECTIONS[found.section_number].text
    beside = {at for span in SECTIONS[found.section_number].spans if span.kind is SpanKind.MARK for at in _of(span)}
    places = (at for start, end in found.ranges for at in range(start, end))
    return found.section_number, *(at for at in places if fold(text[at]) and at not in beside)


def _of(span: Span) -> range:
    return range(span.start, span.end)


def page(number: int, offset: int) -> str:
    starts = [each.start for each in SECTIONS[number].pages]
    return SECTIONS[number].pages[bisect_right(starts, offset) - 1].label if starts else ""


def quoted(phrase: str) -> str:
    return f'"{phrase}"'


@settings(max_examples=300)
@given(phrase=PHRASES, scope=SCOPES, strict=st.booleans())
def test_phrases_stand_where_a_plain_scan_finds_them(
    snapshot: Snapshot, phrase: str, scope: Scope, strict: bool
) -> None:
    found = find(snapshot, quoted(phrase), scope, strict)
    expected = list(oracle.scan(SECTIONS, phrase, scope, strict))
    assert sorted(map(characters, found)) == sorted((each.section, *each.offsets) for each in expected)
    assert [each.page for each in found] == [page(each.section_number, each.start) for each in found]
    for each in found:
        notes = (span for span in SECTIONS[each.section_number].spans if span.kind is SpanKind.NOTE)
        assert each.in_notes == any(span.start <= each.start and each.end <= span.end for span in notes)


@settings(max_examples=300)
@given(
    pattern=st.text(st.sampled_from("國黑三○?*"), min_size=1, max_size=6),
    ends=st.tuples(st.sampled_from(["", "?", "??"]), st.sampled_from("國黑東"), st.sampled_from(["東", "黑", "國?"])),
    scope=SCOPES,
)
def test_wildcards_run_over_seams(snapshot: Snapshot, pattern: str, ends: tuple[str, str, str], scope: Scope) -> None:
    before, first, last = ends
    pattern = before + first + pattern + last
    assert len(find(snapshot, quoted(pattern), scope)) == len(oracle.occurrences(SECTIONS, pattern, scope))


@settings(max_examples=200)
@given(left=PHRASES, right=PHRASES, distance=st.integers(0, 9), scope=SCOPES)
def test_words_are_near_in_their_stream_or_in_print(
    snapshot: Snapshot, left: str, right: str, distance: int, scope: Scope
) -> None:
    q = f"{quoted(left)} NEAR/{distance} {quoted(right)}"
    pairs = list(oracle.pairs(SECTIONS, left, right, distance, scope))
    spans = {(one.section, *span) for one, _, span in pairs}
    assert sorted(map(characters, find(snapshot, q, scope))) == sorted(spans)
    evaluated = snapshot.evaluator(1, scope, False).evaluate(parse(q).tree)
    assert sum(len(each.starts) for each in distinct(evaluated.occurrences, evaluated.passages)) == len(
        oracle.beside(SECTIONS, left, right, distance, scope)
    )


@settings(max_examples=200)
@given(st.lists(PHRASES, min_size=2, max_size=2), st.sampled_from(["{} {}", "{} OR {}", "{} NOT {}"]), SCOPES)
def test_a_passage_has_what_begins_in_it(snapshot: Snapshot, phrases: list[str], form: str, scope: Scope) -> None:
    cuts = [[start for start, _ in passage_starts(section)] for section in SECTIONS]
    one, other = (
        [(each.section, *each.offsets) for each in oracle.scan(SECTIONS, phrase, scope)] for phrase in phrases
    )
    passages, others = (
        {(number, bisect_right(cuts[number], first)) for number, first, *_ in found} for found in (one, other)
    )
    wanted = {"{} {}": passages & others, "{} OR {}": passages | others, "{} NOT {}": passages - others}[form]
    counted = {*one} if form == "{} NOT {}" else {*one, *other}
    expected = [each for each in counted if (each[0], bisect_right(cuts[each[0]], each[1])) in wanted]
    assert sorted(map(characters, find(snapshot, form.format(*map(quoted, phrases)), scope))) == sorted(expected)


def test_what_runs_over_a_seam_is_found_shown_and_counted_as_other_words_are(
    indexing: Indexing, tmp_path: Path
) -> None:
    file = tmp_path / "texts" / "KR9a0001" / "KR9a0001_001.txt"
    file.parent.mkdir(parents=True)
    lines = (
        "#+TITLE: 北志",
        "#+PROPERTY: JUAN 卷一",
        "<pb:KR9a0001_WYG_001-1a>¶",
        "江源(出長/白山)北流¶",
        "(丙/寅)二年冬¶",
    )
    file.write_text("\n".join(lines) + "\n", "utf-8")
    library = Library.open(indexing([[tmp_path / "texts"]], tmp_path / "index"))
    for phrase, marked in (("江源出长白", "江源出長白"), ("白山北流", "白山北流"), ("丙寅二年", "丙寅二年")):
        answer = library.search(SearchRequest(phrase, mode=Mode.EXACT))
        (hit,) = answer.hits
        assert answer.total.occurrences == 1
        assert [hit.text[start:end] for start, end in hit.highlights] == [marked]
        view = library.section("KR9a0001", 0, phrase)
        assert view.occurrences == 1
        assert [view.section.text[start:end] for start, end in view.highlights] == [marked]
        assert [each.text for each in library.find(phrase)] == [marked]
        for scope in (Scope.TEXT, Scope.NOTES):
            assert library.search(SearchRequest(phrase, mode=Mode.EXACT, scope=scope)).total.occurrences == 0
    assert library.search(SearchRequest("江源 NEAR/1 白山", mode=Mode.EXACT)).total.occurrences == 0
    assert library.search(SearchRequest("江源 NEAR/2 白山", mode=Mode.EXACT)).total.occurrences == 2
    assert library.search(SearchRequest("江源北流", mode=Mode.EXACT)).total.occurrences == 1
