import contextlib
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from paging import pages
from stores import Indexing

from indexer.building.build import build
from indexer.embedding import MODEL, StaticEmbedder
from indexer.errors import IndexFailure
from search.library import Library
from search.model import Mode, Scope, SearchError, SearchRequest, SearchResponse, Sort, Why
from search.ranges import merged

NORTH = """#+TITLE: 北志
#+PROPERTY: ID KR9a0001
#+PROPERTY: JUAN 卷一
<pb:KR9a0001_WYG_001-1a>¶
混同江出長白山北流會黒龍江入海¶
上京會寧府在混同江之南(舊名/海古)其地苦寒¶
<pb:KR9a0001_WYG_001-1b>¶
王后臨朝立其子爲王後世因之¶
國人漁獵爲業冬則鑿氷取魚¶
#+PROPERTY: JUAN 卷二
<pb:KR9a0001_WYG_002-1a>¶
會寧府置留守司¶
王後徙都燕京¶
"""
ARTICLES = {
    "fish": ("冬捕", "甲", "2020", "每到冬天，渔民凿开冰面，在冰下布网捕鱼。混同江的鱼最为肥美。"),
    "city": ("会宁府", "乙", "2010", "会宁府是金朝的上京，遗址在今天的阿城。这里曾经是都城。"),
    "rail": ("铁路", "乙", "", "中东铁路修成以后，沿线出现了许多新的城镇和工厂。"),
}


@pytest.fixture(scope="module")
def library(indexing: Indexing, tmp_path_factory: pytest.TempPathFactory) -> Library:
    texts = tmp_path_factory.mktemp("texts")
    (texts / "KR9a0001").mkdir()
    (texts / "KR9a0001" / "KR9a0001_001.txt").write_text(NORTH, "utf-8")
    for name, (title, author, date, text) in ARTICLES.items():
        header = f"id: {name}\ntitle: {title}\nauthor: {author}\ncategory: 史部/地理類\nlanguage: zh\nscript: Hans\n"
        header += f"date: '{date}'\n" if date else ""
        (texts / f"{name}.md").write_text(f"---\n{header}---\n\n{text}\n", "utf-8")
    return Library.open(indexing([[texts]], tmp_path_factory.mktemp("index")))


def ask(library: Library, q: str, mode: Mode = Mode.EXACT, **options: object) -> SearchResponse:
    return library.search(SearchRequest(q=q, mode=mode, **options))  # type: ignore[arg-type]  # a test's shorthand


def marked(response: SearchResponse) -> list[list[str]]:
    return [[hit.text[start:end] for start, end in hit.highlights] for hit in response.hits]


def test_simplified_finds_traditional_and_the_original_is_highlighted(library: Library) -> None:
    response = ask(library, "会宁府", filters={"work": ("KR9a0001",)})
    assert (response.total.passages, response.total.occurrences) == (2, 2)
    assert marked(response) == [["會寧府"], ["會寧府"]]
    assert all(hit.why[0] is Why.FOLDED for hit in response.hits)


def test_a_phrase_runs_across_lines_pages_and_notes(library: Library) -> None:
    assert marked(ask(library, "入海上京")) == [["入海\n上京"]]
    across = ask(library, "苦寒王后臨朝").hits[0]
    assert across.page == "001-1a"
    assert across.text.endswith("王后臨朝")
    noted = ask(library, "之南其地")
    assert marked(noted) == [["之南", "其地"]]


def test_no_phrase_runs_across_sections(library: Library) -> None:
    assert ask(library, "取魚會寧府").total.passages == 0


def test_a_phrase_runs_from_a_note_into_the_text_where_both_are_searched(library: Library) -> None:
    assert marked(ask(library, "海古其地")) == [["海古其地"]]
    for scope in (Scope.TEXT, Scope.NOTES):
        assert ask(library, "海古其地", scope=scope).total.passages == 0


@pytest.mark.parametrize(("scope", "count"), [(Scope.TEXT, 0), (Scope.NOTES, 1), (Scope.BOTH, 1)])
def test_the_scope_is_a_stream(library: Library, scope: Scope, count: int) -> None:
    assert ask(library, "海古", scope=scope).total.occurrences == count


def test_spelled_as_typed_comes_first(library: Library) -> None:
    assert [hit.why[0] for hit in ask(library, "王後").hits] == [Why.EXACT, Why.EXACT]
    typed = ask(library, "王后")
    assert [hit.why[0] for hit in typed.hits] == [Why.EXACT, Why.FOLDED]


def test_strict_asks_for_the_very_characters(library: Library) -> None:
    assert ask(library, "会宁府", strict=True, filters={"work": ("KR9a0001",)}).total.passages == 0
    assert ask(library, "王后", strict=True).total.occurrences == 1
    assert ask(library, "黒龍江", strict=True).total.occurrences == 1


@pytest.mark.parametrize(
    ("q", "passages"),
    [
        ("會寧府 混同江", 1),
        ("會寧府 OR 混同江", 4),
        ("會寧府 NOT 留守", 2),
        ("混同江 NEAR/8 黑龙江", 1),
        ("混同江 NEAR/1 黑龙江", 0),
        ("会?府", 3),
        ("混*江", 2),
        ("title:北志 會寧府", 2),
        ("author:乙 會寧府", 1),
        ("category:地理 會寧府", 1),
        ("work:KR9a0001", 3),
        ("（會寧府 OR 铁路） NOT title:北志", 2),
    ],
)
def test_the_query_language(library: Library, q: str, passages: int) -> None:
    assert ask(library, q).total.passages == passages


def test_meaning_finds_what_shares_few_words(library: Library) -> None:
    response = ask(library, "冬天怎样在冰上捕鱼", Mode.SEMANTIC)
    assert {"fish", "KR9a0001"} == {hit.work.id for hit in response.hits[:2]}
    assert (response.total.passages, response.total.occurrences) == (0, 0)
    assert response.total.alike == len(response.hits)
    assert not any(hit.matched for hit in response.hits)
    assert response.hits[0].nearest_passage_range is not None


def test_hybrid_says_why_and_puts_the_typed_phrase_first(library: Library) -> None:
    response = ask(library, "会宁府", Mode.HYBRID)
    assert response.hits[0].work.id == "city"
    assert response.hits[0].why[0] is Why.EXACT
    assert response.total.occurrences == 3


def test_an_operator_binds_the_hybrid_mode_too(library: Library) -> None:
    response = ask(library, "会宁府 NOT title:北志", Mode.HYBRID)
    assert {hit.work.id for hit in response.hits} == {"city"}


def test_filters_and_facets_agree(library: Library) -> None:
    response = ask(library, "会宁府", facets=True)
    for value in response.facets["work"]:
        assert ask(library, "会宁府", filters={"work": (value.value,)}).total.passages == value.count
    assert ask(library, "会宁府", filters={"category": ("史部",)}).total.passages == 1


@pytest.mark.parametrize("mode", list(Mode))
def test_filters_hold_in_every_mode(library: Library, mode: Mode) -> None:
    assert {hit.work.id for hit in ask(library, "混同江", mode, filters={"author": ("甲",)}).hits} == {"fish"}


def test_sorting_by_place_and_by_date(library: Library) -> None:
    by_place = [hit.id for hit in ask(library, "会宁府", sort=Sort.PLACE).hits]
    assert by_place == sorted(by_place)
    dated = ask(library, "混同江 OR 会宁府 OR 铁路", sort=Sort.DATE)
    years = [hit.work.record.year for hit in dated.hits]
    assert years == sorted(years, key=lambda year: 9999 if year is None else year)


@pytest.mark.parametrize("mode", list(Mode))
def test_pages_of_a_search_join_without_gap_or_repetition(library: Library, mode: Mode) -> None:
    request = SearchRequest(q="混同江 OR 会宁府" if mode is Mode.EXACT else "混同江", mode=mode, limit=1)
    whole = library.search(replace(request, limit=100))
    turned = list(pages(library, request))
    ids = [hit.id for page in turned for hit in page.hits]
    assert ids == [hit.id for hit in whole.hits]
    assert [page.start for page in turned] == list(range(1, whole.listed + 1))
    assert turned[0].previous == ""
    for before, page in pairwise(turned):
        assert library.search(replace(request, cursor=page.previous)).hits == before.hits


@pytest.mark.parametrize("cursor", ["x", "W10", "é", "WzEsIDIsIDNd"])
def test_a_cursor_of_another_search_is_refused(library: Library, cursor: str) -> None:
    with pytest.raises(SearchError, match="bad-cursor"):
        ask(library, "江", cursor=cursor)


def test_a_cursor_of_an_index_that_was_built_anew_is_refused(tmp_path: Path) -> None:
    """Both are of generation 1, and the second has another order."""
    pages = []
    for number, texts in enumerate((["松花江", "混同江"], ["混同江", "鴨子江", "松花江"])):
        folder = tmp_path / str(number)
        folder.mkdir()
        for at, text in enumerate(texts):
            (folder / f"{at}.txt").write_text(text, "utf-8")
        build([folder], tmp_path / f"index-{number}")
        pages.append(Library.open(tmp_path / f"index-{number}"))
    first, second = pages
    assert first.generation == second.generation
    request = SearchRequest(q="江", mode=Mode.EXACT, limit=1)
    cursor = first.search(request).next
    assert first.search(replace(request, cursor=cursor)).hits
    with pytest.raises(SearchError, match="cursor-expired"):
        second.search(replace(request, cursor=cursor))


def test_every_hit_leads_to_its_section(library: Library) -> None:
    for hit in ask(library, "会宁府").hits:
        view = library.section(hit.work.id, hit.section_number, "会宁府")
        assert view.section.text[hit.start : hit.start + len(hit.text)] == hit.text
        assert {view.section.text[start:end] for start, end in view.highlights} <= {"會寧府", "会宁府"}


def test_a_section_counts_occurrences_that_overlap(tmp_path: Path) -> None:
    (tmp_path / "人.txt").write_text("人人人，江人人", "utf-8")
    build([tmp_path], tmp_path / "index")
    library = Library.open(tmp_path / "index")
    view = library.section(library.works()[0].id, 0, "人人")
    assert view.occurrences == ask(library, "人人").total.occurrences == 3
    assert view.highlights == ((0, 3), (5, 7))


@pytest.mark.parametrize(("work", "number"), [("nothing", 0), ("fish", 1), ("fish", -1)])
def test_a_section_that_is_not_there(library: Library, work: str, number: int) -> None:
    with pytest.raises(KeyError):
        library.section(work, number)


@pytest.mark.parametrize("q", ["", " ", "，。", "NOT 江", "\x00", "\ud800", "((((", '"', "*", "?" * 50])
@pytest.mark.parametrize("mode", list(Mode))
def test_odd_queries_are_answered_or_explained(library: Library, q: str, mode: Mode) -> None:
    with contextlib.suppress(SearchError):
        assert ask(library, q, mode).total.passages >= 0


def test_ranges_are_merged() -> None:
    assert merged([(3, 5), (0, 1), (1, 2), (4, 6)]) == [(0, 2), (3, 6)]


def test_status_names_the_index(library: Library, tmp_path: Path) -> None:
    status = library.status()
    assert status["works"] == 4
    assert status["bytes"]["engine"] > 0


def test_a_word_goes_before_the_same_characters_by_chance(tmp_path: Path) -> None:
    for name, text in (("chance", "东北大学的校园很大。"), ("word", "他在那一年考进了北大读书，毕业以后留在学校里。")):
        (tmp_path / f"{name}.md").write_text(f"---\nid: {name}\ntitle: {name}\nlanguage: zh\n---\n\n{text}\n", "utf-8")
    build([tmp_path], tmp_path / "index")
    found = ask(Library.open(tmp_path / "index"), "北大")
    assert [hit.work.id for hit in found.hits] == ["word", "chance"]
    assert found.total.occurrences == 2


def test_a_query_is_embedded_by_the_model_that_the_index_was_made_with(tmp_path: Path) -> None:
    letters = np.array(sorted(map(ord, "冬寒鱼渔")), np.uint64)
    vectors = np.array([{"冬": (1, 0), "寒": (1, 0)}.get(chr(int(letter)), (0, 1)) for letter in letters], np.float32)
    StaticEmbedder.from_weights(letters, vectors, np.ones(4, np.float32)).save(tmp_path / "model")
    (tmp_path / "a.txt").write_text("寒", "utf-8")
    build([tmp_path / "a.txt"], tmp_path / "index", model=tmp_path / "model")
    found = ask(Library.open(tmp_path / "index"), "冬", Mode.SEMANTIC)
    assert [hit.text.strip() for hit in found.hits] == ["寒"]
    (tmp_path / "model").rename(tmp_path / "elsewhere")
    with pytest.raises(IndexFailure, match="model"):
        ask(Library.open(tmp_path / "index"), "冬", Mode.SEMANTIC)


def test_an_index_of_an_older_shipped_model_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.txt").write_text("寒江", "utf-8")
    build([tmp_path / "a.txt"], tmp_path / "index")
    newer = StaticEmbedder.load(MODEL)
    newer.name = "wenyuan-static-newer"
    monkeypatch.setattr("search.stores.embedded.store.load_embedder", lambda _: newer)
    with pytest.raises(IndexFailure, match="build the index anew"):
        ask(Library.open(tmp_path / "index"), "寒", Mode.SEMANTIC)


def test_a_mark_that_repeats_a_character_is_not_spelled_as_it(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("人々皆來。人人皆去。", "utf-8")
    build([tmp_path], tmp_path / "index")
    held = Library.open(tmp_path / "index")
    totals = [
        held.search(SearchRequest(q=q, mode=Mode.EXACT, strict=strict)).total.occurrences
        for q in ("人", "人人")
        for strict in (False, True)
    ]
    assert totals == [4, 3, 2, 1]
