"""A search whose time is over is given up, wherever it is just then, and answers nothing."""

from __future__ import annotations

from collections.abc import Callable
from math import inf

import pytest

from indexer.building.build import build
from search import deadline
from search.deadline import SearchTimeout
from search.library import Library
from search.model import Mode, SearchRequest, Sort

QUERIES = ("松花江", "(松花 NEAR/10 長白) OR 完*部 OR ?*水", "冬天在冰上捕鱼", "高速铁路在哪里")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    folder = tmp_path_factory.mktemp("deadline")
    for name in ("甲", "乙"):
        (folder / f"{name}.txt").write_text("松花江出長白山，至會寧府。\n完顏部居按出虎水之上。", "utf-8")
        build([folder / f"{name}.txt"], folder / "index")
    library = Library.open(folder / "index")
    for q in QUERIES:  # what is read once is read now
        library.search(SearchRequest(q, facets=True))
    return library


class Clock:
    """Stands still until it has been looked at so often; then all time is over."""

    def __init__(self, looks: float) -> None:
        self.left = looks
        self.seen = 0

    def __call__(self) -> float:
        self.seen += 1
        self.left -= 1
        return 0.0 if self.left >= 0 else inf


def given_up(monkeypatch: pytest.MonkeyPatch, looks: float, work: Callable[[], object]) -> tuple[bool, int]:
    """Whether the work was given up when the clock was looked at so often, and how often it was."""
    clock = Clock(looks + 1)  # the bound is set by the clock, too
    monkeypatch.setattr(deadline, "_clock", clock)
    try:
        with deadline.within(1):
            work()
    except SearchTimeout:
        return True, clock.seen - 1
    return False, clock.seen - 1


@pytest.mark.parametrize("mode", Mode)
@pytest.mark.parametrize("q", QUERIES)
def test_a_search_is_given_up_whenever_its_time_ends(
    library: Library, q: str, mode: Mode, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = SearchRequest(q, mode=mode, facets=True, sort=Sort.PLACE, filters={"dynasty": ()})
    _, looks = given_up(monkeypatch, inf, lambda: library.search(asked))
    assert looks >= library.status()["packs"]
    for early in range(looks):
        assert given_up(monkeypatch, early, lambda: library.search(asked)) == (True, early + 1)
    assert given_up(monkeypatch, looks, lambda: library.search(asked)) == (False, looks)


def test_what_a_section_is_marked_with_has_a_bound_too(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    work = library.works()[0].id
    assert given_up(monkeypatch, 0, lambda: library.section(work, 0, "松花江"))[0]
    assert not given_up(monkeypatch, 0, lambda: library.section(work, 0))[0]


def test_without_a_bound_a_search_takes_what_it_takes(library: Library) -> None:
    with pytest.raises(SearchTimeout), deadline.within(-1):
        library.search(SearchRequest("松花江"))
    assert library.search(SearchRequest("松花江")).hits


def test_what_was_given_up_is_answered_whole_the_next_time(library: Library) -> None:
    whole = library.search(SearchRequest("完顏部居 OR 長白", facets=True))
    with pytest.raises(SearchTimeout), deadline.within(-1):
        library.search(SearchRequest("完顏部居 OR 長白", facets=True))
    again = library.search(SearchRequest("完顏部居 OR 長白", facets=True))
    assert (again.total, again.facets, again.hits) == (whole.total, whole.facets, whole.hits)
