"""What is answered does not depend on how the works lie in packs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise, product
from pathlib import Path

import pytest
from open_index import build
from paging import pages
from stores import KINDS
from test_store_contract import write

from indexer.building.build import compact
from search.library import Library
from search.model import Mode, Scope, SearchRequest, SearchResponse, Sort
from search.occurrences import Grouping, Order
from search.stores.cluster import coarse, counting

QUERIES = (
    "國黑",
    "江",
    "東 NOT 黑江黑江國",
    "國 NEAR/3 東",
    '"黑" 江東國',
    "國東江黑國國",
    "title:書 江",
    "國黑國國 OR (江江 AND 江東東江)",
    "title:書 OR 國黑國國黑",
)


def at_once(paths: list[Path], index: Path, engine: str) -> None:
    build(paths, index, engine=engine)


def backwards(paths: list[Path], index: Path, engine: str) -> None:
    for path in reversed(paths):
        build([path], index, engine=engine)


def compacted(paths: list[Path], index: Path, engine: str) -> None:
    backwards(paths, index, engine)
    assert compact(index).rewritten


def replaced(paths: list[Path], index: Path, engine: str) -> None:
    """Have the first work come last, after another of its id."""
    text = paths[1].read_text("utf-8")
    paths[1].write_text(text.replace("國", "江"), "utf-8")
    build(paths, index, engine=engine)
    paths[1].write_text(text, "utf-8")
    build(paths, index, engine=engine)
    compact(index)


@pytest.fixture(scope="module", params=["tantivy", "whoosh"])
def libraries(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[Library]:
    paths = write(tmp_path_factory.mktemp("texts"))
    layouts: list[Callable[[list[Path], Path, str], None]] = [at_once, backwards, compacted, replaced]
    libraries = []
    for lay in layouts:
        index = tmp_path_factory.mktemp(lay.__name__)
        lay(paths, index, request.param)
        libraries.append(Library.open(index))
    assert {library.status()["packs"] for library in libraries} >= {1, len(paths)}
    return libraries


def shown(response: SearchResponse) -> SearchResponse:
    """A response without what is of its time and of its index; scores as far as an answer shows them."""
    hits = tuple(replace(hit, score=round(hit.score, 4)) for hit in response.hits)
    return replace(response, hits=hits, took_ms=0, generation=0, next="more" if response.next else "")


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("sort", Sort)
@pytest.mark.parametrize("q", QUERIES)
def test_whole_responses_are_the_same_however_the_works_lie(
    libraries: list[Library], q: str, mode: Mode, sort: Sort
) -> None:
    request = SearchRequest(q, mode=mode, sort=sort, facets=True, limit=7)
    first, *others = (shown(library.search(request)) for library in libraries)
    assert first.total.passages or first.total.alike or mode is Mode.EXACT
    for other in others:
        assert other == first


@pytest.mark.parametrize("order", Order)
@pytest.mark.parametrize("q", QUERIES[:4])
def test_occurrences_are_the_same_however_the_works_lie(libraries: list[Library], q: str, order: Order) -> None:
    first, *others = (tuple(library.find(q).sorted_by(order)) for library in libraries)
    assert first
    for other in others:
        assert other == first


def test_pages_are_parts_of_one_list(libraries: list[Library]) -> None:
    for library in libraries:
        for mode in Mode:
            request = SearchRequest("國黑江", mode=mode, limit=3)
            whole = library.search(replace(request, limit=100)).hits
            assert [hit for page in pages(library, request) for hit in page.hits] == list(whole)


@pytest.fixture(scope="module")
def clustered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """A library on a cluster, where works were replaced and removed."""
    paths = write(tmp_path_factory.mktemp("texts"))
    texts = {path: path.read_text("utf-8") for path in paths[1:3]}
    with KINDS["cluster"]() as index:
        for path, text in texts.items():
            path.write_text(text.replace("國", "江"), "utf-8")
        address = index([paths[1:], paths[:1]], tmp_path_factory.mktemp("index"))
        for path, text in texts.items():
            path.write_text(text, "utf-8")
        build(paths[1:3], address)
        yield Library.open(address)


@pytest.mark.parametrize("scope", Scope)
@pytest.mark.parametrize("sort", Sort)
@pytest.mark.parametrize("q", QUERIES)
def test_exact_responses_are_the_same_on_a_cluster(
    libraries: list[Library], clustered: Library, q: str, sort: Sort, scope: Scope
) -> None:
    for strict in (False, True):
        request = SearchRequest(q, mode=Mode.EXACT, sort=sort, scope=scope, strict=strict, facets=True, limit=7)
        assert shown(clustered.search(request)) == shown(libraries[0].search(request))
        mine, other = pages(clustered, request), pages(libraries[0], request)
        assert [hit for page in mine for hit in page.hits] == [hit for page in other for hit in page.hits]


PHRASES = ["".join(each) for each in product("國黑江東", repeat=3)]
MANY = {
    "words": " OR ".join(PHRASES[:32]),
    "readings": " OR ".join(f'"{each}○一○○○二"' for each in PHRASES[:31]) + " OR 國黑江",
    "all of them": " ".join(f'"{one}{other}"' for one, other in pairwise("國黑江東" * 4)),
    "wildcards": " OR ".join(f"{each[0]}?{each[1]}*{each[2]}" for each in PHRASES[:8]) + " OR 江國東",
    "near": f"({' OR '.join(PHRASES[:16])}) NEAR/5 ({' OR '.join(PHRASES[16:31])})",
    "nested": "國黑" + "".join(f" OR ({each} AND (東 NOT {each[::-1]}" for each in PHRASES[:5]) + "))" * 5,
    "nested fields": "江國" + "".join(f" OR ({each} AND (title:書" for each in PHRASES[:5]) + "))" * 5,
    "long": "國黑江東" * 240,
    "long words": " OR ".join("".join(PHRASES[each : each + 10]) for each in range(24)) + " OR 江國",
}


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("q", MANY.values(), ids=MANY)
def test_queries_of_many_words_are_answered_on_a_cluster(
    libraries: list[Library], clustered: Library, q: str, mode: Mode
) -> None:
    """OpenSearch takes a bounded number of clauses, inside each other to a bounded depth."""
    for strict, scope in ((False, Scope.BOTH), (True, Scope.BOTH), (False, Scope.TEXT)):
        request = SearchRequest(q, mode=mode, strict=strict, scope=scope, facets=True, limit=7)
        mine, other = (shown(library.search(request)) for library in (clustered, libraries[0]))
        assert mine.total.passages == other.total.passages
        assert mine == other or mode is not Mode.EXACT
    if mode is Mode.EXACT:
        assert tuple(clustered.find(q).sorted_by(Order.PLACE)) == tuple(libraries[0].find(q).sorted_by(Order.PLACE))


@pytest.mark.parametrize("scope", Scope)
@pytest.mark.parametrize("q", QUERIES)
def test_what_is_asked_coarsely_is_found_exactly(
    libraries: list[Library], clustered: Library, q: str, scope: Scope, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coarse, "MOST_CLAUSES", 0)
    for strict in (False, True):
        request = SearchRequest(q, mode=Mode.EXACT, scope=scope, strict=strict, facets=True, limit=7)
        assert shown(clustered.search(request)) == shown(libraries[0].search(request))
        mine, other = (library.find(q, scope=scope, strict=strict) for library in (clustered, libraries[0]))
        assert tuple(mine.sorted_by(Order.PLACE)) == tuple(other.sorted_by(Order.PLACE))


def test_works_are_counted_however_many_there_are(
    libraries: list[Library], clustered: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "MOST_WORKS", 2)
    request = SearchRequest("國", mode=Mode.EXACT, facets=True)
    assert shown(clustered.search(request)).facets == shown(libraries[0].search(request)).facets


@pytest.mark.parametrize("order", Order)
@pytest.mark.parametrize("q", QUERIES)
def test_occurrences_are_the_same_on_a_cluster(
    libraries: list[Library], clustered: Library, q: str, order: Order
) -> None:
    for scope in Scope:
        mine, other = (library.find(q, scope=scope).sorted_by(order) for library in (clustered, libraries[0]))
        assert tuple(mine) == tuple(other)
        for grouping in Grouping:
            assert mine.grouped_by(grouping) == other.grouped_by(grouping)
