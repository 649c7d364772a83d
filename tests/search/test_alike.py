"""What a search returns: first the passages in which the words stand, then those that are only alike, counted apart."""

from __future__ import annotations

import pytest
from paging import pages
from stores import Indexing

from search.library import Library
from search.model import Hit, Mode, SearchRequest, SearchResponse, Sort

TEXTS = {
    "walls": (1200, "上京會寧府，金之舊都也。城在江南，宮室壯麗，四時有市。"),
    "office": (1300, "置會寧府尹一人，掌府事。又置會寧府推官，分理刑獄。"),
    "ice": (1700, "冬月江冰厚數尺，土人鑿冰取魚，謂之冬捕。"),
    "town": (None, "會寧縣，附郭。府治在焉。"),
    "capital": (1100, "上京，舊都也，宮闕在江之南。"),
    "horses": (1400, "其馬善走，冬月亦放牧於野。"),
}


@pytest.fixture(scope="module")
def library(indexing: Indexing, tmp_path_factory: pytest.TempPathFactory) -> Library:
    texts = tmp_path_factory.mktemp("texts")
    for name, (year, text) in TEXTS.items():
        header = f"id: {name}\ntitle: {name}\n" + (f"year: {year}\n" if year else "")
        (texts / f"{name}.txt").write_text(f"---\n{header}---\n{text}\n", "utf-8")
    return Library.open(indexing([[texts]], tmp_path_factory.mktemp("index")))


def ask(library: Library, q: str, mode: Mode = Mode.HYBRID, **options: object) -> SearchResponse:
    return library.search(SearchRequest(q=q, mode=mode, **options))  # type: ignore[arg-type]  # a test's shorthand


def names(response: SearchResponse) -> list[str]:
    return [hit.work.id for hit in response.hits]


def holds(hit: Hit, *phrases: str) -> bool:
    return all(phrase in hit.text for phrase in phrases)


def test_each_hit_says_whether_the_words_stand_in_it(library: Library) -> None:
    for mode in Mode:
        response = ask(library, "会宁府", mode)
        assert [hit.matched for hit in response.hits] == [holds(hit, "會寧府") for hit in response.hits]
        assert sum(hit.matched for hit in response.hits) == 2


def test_where_the_words_stand_comes_first_and_what_is_alike_after(library: Library) -> None:
    matched = [hit.matched for hit in ask(library, "会宁府").hits]
    assert matched == sorted(matched, reverse=True)
    assert set(matched) == {True, False}


def test_counts_are_of_places_where_the_words_stand(library: Library) -> None:
    response = ask(library, "会宁府")
    assert (response.total.passages, response.total.occurrences) == (2, 3)
    assert response.total.alike == len(response.hits) - 2 > 0


def test_every_mode_counts_the_same_places(library: Library) -> None:
    totals = [ask(library, "会宁府", mode).total for mode in Mode]
    assert {(total.passages, total.occurrences) for total in totals} == {(2, 3)}
    assert ask(library, "会宁府", Mode.EXACT).total.alike == 0


def test_facets_count_apart_what_is_only_alike(library: Library) -> None:
    response = ask(library, "会宁府", facets=True)
    works = {each.value: (each.count, each.alike) for each in response.facets["work"]}
    assert works["walls"] == works["office"] == (1, 0)
    assert works["town"] == (0, 1)
    assert sum(count for count, _ in works.values()) == response.total.passages
    assert sum(alike for _, alike in works.values()) == response.total.alike
    counts = [each.count for each in response.facets["work"]]
    assert counts == sorted(counts, reverse=True)


def test_a_facet_is_counted_as_if_nothing_in_it_were_chosen(library: Library) -> None:
    free = ask(library, "会宁府", facets=True).facets
    chosen = ask(library, "会宁府", filters={"work": ("walls",)}, facets=True).facets
    assert chosen["work"] == free["work"]
    assert [(each.count, each.alike) for each in chosen["collection"]] == [(1, 0)]
    away = ask(library, "会宁府", filters={"work": ("walls",), "collection": ("nowhere",)}, facets=True).facets
    assert away["work"] == ()
    meant = ask(library, "冬天怎样凿开江冰捕鱼", facets=True).facets["work"]
    assert ask(library, "冬天怎样凿开江冰捕鱼", filters={"work": ("ice",)}, facets=True).facets["work"] == meant
    both = ask(library, "会宁府", filters={"work": ("walls", "office")})
    assert both.total.passages == 2


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("q", ["会宁府", "冬天怎样凿开江冰捕鱼"])
def test_a_section_marks_in_a_passage_that_is_alike_what_its_hit_does(library: Library, q: str, mode: Mode) -> None:
    for hit in ask(library, q, mode).hits:
        passage = (hit.start, hit.start + len(hit.text))
        view = library.section(hit.work.id, hit.section_number, q, alike=passage, aliases=mode is Mode.HYBRID)
        marks = view.highlights if hit.matched else view.shared
        assert marks == tuple((start + hit.start, end + hit.start) for start, end in hit.highlights)
    assert library.section("ice", 0, q, alike=(9, 3)).shared == ()
    assert library.section("ice", 0, q, alike=(0, 10**12)).shared == library.section("ice", 0, q, alike=(0, 99)).shared


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize(("sort", "order"), [(Sort.PLACE, ["office", "walls"]), (Sort.DATE, ["walls", "office"])])
def test_sorted_by_place_or_date_only_places_where_the_words_stand_are_listed(
    library: Library, mode: Mode, sort: Sort, order: list[str]
) -> None:
    response = ask(library, "会宁府", mode, sort=sort)
    assert names(response) == order
    assert response.total == ask(library, "会宁府", mode).total


def test_where_nothing_stands_verbatim_the_list_is_of_what_is_alike(library: Library) -> None:
    response = ask(library, "冬天怎样凿开江冰捕鱼")
    assert names(response)[0] == "ice"
    assert (response.total.passages, response.total.occurrences) == (0, 0)
    assert response.total.alike == len(response.hits)
    assert ask(library, "冬天怎样凿开江冰捕鱼", sort=Sort.DATE).hits == ()


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("q", ['"会宁府"', "“会宁府”", "「會寧府」", '"会宁府" 旧都'])
def test_quotation_marks_bind_in_every_mode(library: Library, mode: Mode, q: str) -> None:
    response = ask(library, q, mode)
    assert response.hits
    assert all(holds(hit, "會寧府") for hit in response.hits)


@pytest.mark.parametrize("mode", [Mode.HYBRID, Mode.SEMANTIC])
def test_what_is_alike_is_looked_for_within_what_is_quoted(library: Library, mode: Mode) -> None:
    response = ask(library, '"会宁府" 旧都', mode)
    assert {hit.work.id: hit.matched for hit in response.hits} == {"walls": True, "office": False}
    assert (response.total.passages, response.total.alike) == (1, 1)


@pytest.mark.parametrize("mode", list(Mode))
def test_a_quoted_phrase_that_stands_nowhere_finds_nothing(library: Library, mode: Mode) -> None:
    assert ask(library, '"宁府会"', mode).hits == ()


@pytest.mark.parametrize("mode", list(Mode))
def test_pages_go_through_the_whole_list(library: Library, mode: Mode) -> None:
    whole = ask(library, "会宁府", mode, limit=100)
    request = SearchRequest(q="会宁府", mode=mode, limit=1)
    ids = [hit.id for page in pages(library, request) for hit in page.hits]
    assert ids == [hit.id for hit in whole.hits]
    assert len(ids) == whole.total.passages + whole.total.alike


def test_a_search_of_the_catalogue_alone_counts_passages_and_no_places(library: Library) -> None:
    response = ask(library, "title:walls")
    assert (response.total.passages, response.total.occurrences, response.total.alike) == (1, 0, 0)
    assert response.hits[0].matched
