"""The contract of every store, held to a plain scan: what matches, in which order, near what, and what a view sees."""

from __future__ import annotations

import random
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import Found, runs, scan, shared_runs
from stores import Indexing

from corpora.model import Section, Work
from corpora.readers import read
from corpora.sources.discover import discover
from indexer.engines.base import GramQuery
from indexer.text.folding import fold
from indexer.text.grams import gram_query, grams
from indexer.text.prominence import LIST, passage_weights
from indexer.text.streams import code_points, main_stream, main_windows, note_windows, notes_stream, passage_starts
from indexer.text.streams import text_of as text
from search.model import Scope, Sort
from search.occurrences import Grouping, Order
from search.parallels.shared import SEED, TextRange
from search.query import Field, parse
from search.ranking.pieces import Pieces
from search.stores.base import Eligible, ExactQuery, Filters, PassageRef, Ref, Store, Wanted
from search.stores.cluster.store import ClusterStore
from search.stores.opening import open_store

LETTERS = "國国黑東江"
PHRASES = st.text(st.sampled_from("國黑東江"), min_size=1, max_size=3)
SCOPES = st.sampled_from(Scope)
DYNASTIES = {"乙": "遼", "丙": "金", "甲": "金", "丁": ""}
YEARS = {"丙": 1344, "甲": 1150}
ALL = 10_000
Factory = Callable[[Sequence[Sequence[Path]], Path], Store]
"""Indexes batches of texts, one after another, into what may be named by an empty folder, and opens that."""
few = settings(max_examples=25, deadline=None)


def some(dice: random.Random) -> str:
    return "".join(dice.choices(LETTERS, k=dice.randrange(1, 6)))


def volume(dice: random.Random) -> str:
    lines = ["#+TITLE: 回文", "#+PROPERTY: ID KR9z0001"]
    for juan in "一二":
        lines.append(f"#+PROPERTY: JUAN 卷{juan}")
        for page in range(4):
            lines.append(f"<pb:KR9z0001_WYG_{'一二'.index(juan) + 1:03}-{page + 1}a>¶")
            for _ in range(dice.randrange(1, 7)):
                parts = (f"({some(dice)}/{some(dice)})" if dice.random() < 0.2 else some(dice) for _ in range(4))
                lines.append("　" * dice.randrange(2) + "".join(parts) + "¶")
    return "\n".join(lines) + "\n"


def write(folder: Path) -> list[Path]:
    """Write a book of pages and notes and four works of modern print, two of them alike but for their ids."""
    dice = random.Random(5)
    paths = [folder / "KR9z0001"]
    paths[0].mkdir()
    (paths[0] / "KR9z0001_001.txt").write_text(volume(dice), "utf-8")
    same = "，".join(some(dice) for _ in range(150))
    for name, dynasty in DYNASTIES.items():
        year = f"year: {YEARS[name]}\n" if name in YEARS else ""
        said = same if name in "甲丁" else "。".join(some(dice) for _ in range(150))
        paths.append(folder / f"{name}.txt")
        header = f"id: {name}\ntitle: {name}書\ndynasty: {dynasty}\nlanguage: lzh\n{year}"
        paths[-1].write_text(f"---\n{header}---\n{said}\n", "utf-8")
    return paths


@dataclass(frozen=True)
class Indexed:
    """A store, with the works that went into it."""

    store: Store
    works: tuple[Work, ...]

    @cached_property
    def sections(self) -> list[tuple[str, int, Section]]:
        return [
            (work.id, number, section)
            for work in sorted(self.works, key=lambda work: work.id)
            for number, section in enumerate(work.sections)
        ]

    @cached_property
    def starts(self) -> dict[tuple[str, int], list[int]]:
        return {
            (work, number): [start for start, _ in passage_starts(section)] for work, number, section in self.sections
        }

    @cached_property
    def everything(self) -> list[PassageRef]:
        """Every passage, in the order of place."""
        return [PassageRef(*key, start) for key, starts in self.starts.items() for start in starts]

    def passage(self, work: str, number: int, offset: int) -> PassageRef:
        starts = self.starts[work, number]
        return PassageRef(work, number, starts[bisect_right(starts, offset) - 1])

    def scanned(self, phrase: str, scope: Scope, strict: bool = False) -> list[tuple[PassageRef, Found]]:
        """What a plain scan finds, and the passage where it begins."""
        return [
            (self.passage(work, number, found.characters[0].offset), found)
            for work, number, section in self.sections
            for found in scan([section], phrase, scope, strict)
        ]

    def standing(self, phrase: str, scope: Scope = Scope.BOTH) -> set[PassageRef]:
        return {passage for passage, _ in self.scanned(phrase, scope)}

    def named(self, refs: Sequence[Ref]) -> list[PassageRef]:
        return [each.ref for each in self.store.passages([Wanted(ref) for ref in refs])]

    def refs(self) -> list[Ref]:
        """The store's refs of every passage, by place; there is something in each."""
        page = self.store.match(ExactQuery(parse("NOT_THERE OR title:書 OR title:回文").tree)).page(Sort.PLACE, 0, ALL)
        return [each.passage for each in page]


@pytest.fixture(scope="module")
def factory(indexing: Indexing) -> Factory:
    return lambda batches, folder: open_store(indexing(batches, folder))


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write(tmp_path_factory.mktemp("texts"))


@pytest.fixture(scope="module")
def indexed(factory: Factory, paths: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Indexed:
    store = factory([paths[2:3], paths[:2], paths], tmp_path_factory.mktemp("index"))
    return Indexed(store, tuple(works(paths)))


def works(paths: Sequence[Path]) -> Iterator[Work]:
    for path in paths:
        for source in discover(path)[0]:
            yield from (item for item in read(source) if isinstance(item, Work))


def exact(phrase: str, scope: Scope = Scope.BOTH, strict: bool = False) -> ExactQuery:
    return ExactQuery(parse(f'"{phrase}"').tree, scope, strict)


def test_works_and_sections_are_what_was_read(indexed: Indexed) -> None:
    cards = indexed.store.works()
    assert [card.id for card in cards] == sorted(work.id for work in indexed.works)
    assert {card.id: card.record for card in cards} == {work.id: work.record for work in indexed.works}
    for work, number, section in indexed.sections:
        assert indexed.store.section(work, number) == section
        assert tuple(indexed.store.paths(work)[number]) == section.path
        assert indexed.store.pages(work)[number] == section.pages
    with pytest.raises(KeyError):
        indexed.store.pages("戊")
    for missing in (("甲", 1), ("甲", -1), ("戊", 0)):
        with pytest.raises(KeyError):
            indexed.store.section(*missing)


def test_refs_sort_by_place_and_lead_to_the_editions_own_text(indexed: Indexed) -> None:
    refs = indexed.refs()
    assert refs == sorted(refs)
    assert len(set(refs)) == len(refs)
    assert indexed.named(refs) == indexed.everything
    texts = {(work, number): section.text for work, number, section in indexed.sections}
    stored = indexed.store.passages([Wanted(ref, ALL) for ref in refs])
    for each, place in zip(stored, indexed.everything, strict=True):
        assert each.text == texts[place.work, place.section][place.offset :]
        assert "".join(chr(code) for code in each.folded if code) == "".join(map(fold, each.text))
    assert [card.id for card in indexed.store.works_of(refs)] == [place.work for place in indexed.everything]
    weights = [
        weight
        for work, number, section in indexed.sections
        for weight in passage_weights(section, np.array(indexed.starts[work, number], np.uint32)).tolist()
    ]
    assert indexed.store.weights_of(refs) == pytest.approx(weights)


@few
@given(phrase=PHRASES, scope=SCOPES, strict=st.booleans())
def test_what_matches_is_what_a_plain_scan_finds(indexed: Indexed, phrase: str, scope: Scope, strict: bool) -> None:
    expected = Counter(passage for passage, _ in indexed.scanned(phrase, scope, strict))
    matches = indexed.store.match(exact(phrase, scope, strict))
    assert (matches.passages, matches.occurrences) == (len(expected), expected.total())
    assert {card.id: count for card, count in matches.by_work()} == Counter(place.work for place in expected)
    page = matches.page(Sort.PLACE, 0, ALL)
    assert indexed.named([each.passage for each in page]) == [
        place for place in indexed.everything if place in expected
    ]


@few
@given(phrase=PHRASES, scope=SCOPES)
def test_marks_cover_just_the_words(indexed: Indexed, phrase: str, scope: Scope) -> None:
    scanned, refs = indexed.scanned(phrase, scope), indexed.refs()
    texts = {(work, number): section.text for work, number, section in indexed.sections}
    for place, marks in zip(indexed.everything, indexed.store.match(exact(phrase, scope)).marks(refs), strict=True):
        here = [found for passage, found in scanned if passage == place]
        assert (marks is None) == (not here)
        if marks:
            section = texts[place.work, place.section]
            covered = {at for start, end in marks.ranges for at in range(start, end) if fold(section[at])}
            assert covered == {each.offset for found in here for each in found.characters}
            assert marks.typed == any("".join(each.original for each in found.characters) == phrase for found in here)
            assert marks.asked


@few
@given(phrase=PHRASES, sort=st.sampled_from(Sort), size=st.integers(1, 7))
def test_pages_are_parts_of_one_order(indexed: Indexed, phrase: str, sort: Sort, size: int) -> None:
    matches = indexed.store.match(exact(phrase))
    whole = list(matches.page(sort, 0, ALL))
    assert len(whole) == matches.passages
    paged = [each for first in range(0, len(whole), size) for each in matches.page(sort, first, size)]
    assert paged == whole
    assert matches.page(sort, len(whole), size) == []
    years = {work.id: work.record.year or ALL for work in indexed.works}
    places = indexed.named([each.passage for each in whole])
    match sort:
        case Sort.RELEVANCE:
            assert whole == sorted(whole, key=lambda each: (-each.score, each.passage))
        case Sort.PLACE:
            assert places == sorted(places)
        case Sort.DATE:
            assert places == sorted(places, key=lambda place: (years[place.work], place))


@few
@given(phrase=PHRASES)
def test_scores_are_known_of_those_that_match(indexed: Indexed, phrase: str) -> None:
    matches, refs = indexed.store.match(exact(phrase)), indexed.refs()
    assert matches.scores_of(refs) == dict(matches.page(Sort.RELEVANCE, 0, ALL))
    typed = {place for place, found in indexed.scanned(phrase, Scope.BOTH, strict=True)}
    weights = indexed.store.weights_of(refs)
    for place, ref, weight in zip(indexed.everything, refs, weights, strict=True):
        if (score := matches.scores_of([ref]).get(ref)) is not None:
            assert int(score) == 3 + (place in typed and weight > LIST)


def test_other_names_count_less_than_what_was_asked(indexed: Indexed) -> None:
    tree = parse('"國黑" OR "東江"').tree
    matches = indexed.store.match(ExactQuery(tree, asked=parse('"東江"').tree))
    asked = indexed.standing("東江")
    assert indexed.standing("國黑") - asked
    marks = matches.marks(refs := indexed.refs())
    assert {place for place, each in zip(indexed.everything, marks, strict=True) if each and each.asked} == asked
    for place, ref in zip(indexed.everything, refs, strict=True):
        assert (matches.scores_of([ref]).get(ref, 0) >= 3) == (place in asked)


@few
@given(one=PHRASES, other=PHRASES)
def test_operators_are_those_of_sets(indexed: Indexed, one: str, other: str) -> None:
    left, right = indexed.standing(one), indexed.standing(other)
    for operator, expected in (("AND", left & right), ("OR", left | right), ("NOT", left - right)):
        tree = parse(f'"{one}" {operator} "{other}"').tree
        page = indexed.store.match(ExactQuery(tree)).page(Sort.PLACE, 0, ALL)
        assert set(indexed.named([each.passage for each in page])) == expected


FILTERS = ({"dynasty": ("金",)}, {"work": ("甲", "KR9z0001")}, {"dynasty": ("遼",), "work": ("甲",)})


@pytest.mark.parametrize("filters", FILTERS)
def test_filters_keep_to_works(indexed: Indexed, filters: dict[str, tuple[str, ...]]) -> None:
    chosen = {
        work.id
        for work in indexed.works
        if all({"dynasty": work.record.dynasty, "work": work.id}[name] in taken for name, taken in filters.items())
    }
    query = replace(exact("國"), filters=filters)
    matches = indexed.store.match(query)
    assert {card.id for card, _ in matches.by_work()} == chosen
    assert matches.occurrences == len(indexed.store.find(query))
    vector = indexed.store.embedder.embed(["國黑東江"])[0]
    eligible = Eligible(filters)
    for found in (
        indexed.store.rank(GramQuery(("國", "国", "江"), "both"), eligible, ALL),
        indexed.store.nearest(vector, Scope.BOTH, eligible, ALL),
    ):
        assert {place.work for place in indexed.named([each.passage for each in found])} == chosen


def test_rankings_keep_to_what_is_eligible(indexed: Indexed) -> None:
    vector = indexed.store.embedder.embed(["國黑東江"])[0]
    query = gram_query("國黑東江", "both")
    matches = indexed.store.match(exact("江東國"))
    among_fields = {place for place in indexed.everything if place.work == "甲"}
    for eligible, expected in (
        (Eligible(), set(indexed.everything)),
        (Eligible(matches=matches), indexed.standing("江東國")),
        (Eligible(fields=(Field("title", "甲"),)), among_fields),
        (Eligible(fields=(Field("title", "甲"),), matches=matches), among_fields & indexed.standing("江東國")),
        (Eligible(matches=indexed.store.match(exact("無"))), set()),
    ):
        ranked = indexed.named([each.passage for each in indexed.store.rank(query, eligible, ALL)])
        near = indexed.named([each.passage for each in indexed.store.nearest(vector, Scope.BOTH, eligible, ALL)])
        assert set(ranked) == {
            place for place in expected if any(char in "".join(read_at(indexed, place)) for char in "国黑东江")
        }
        assert set(near) <= expected
        assert len(near) == len(set(near))


def read_at(indexed: Indexed, place: PassageRef) -> list[str]:
    """The folded text of a passage."""
    section = next(each for work, number, each in indexed.sections if (work, number) == place[:2])
    starts = [*indexed.starts[place[:2]], len(section.text)]
    return list(map(fold, section.text[place.offset : starts[starts.index(place.offset) + 1]]))


def test_a_ranking_has_the_best_first_and_equals_by_place(indexed: Indexed) -> None:
    for query in ("國黑東", "江", "東江國"):
        whole = indexed.store.rank(gram_query(query, "both"), Eligible(), ALL)
        assert list(whole) == sorted(whole, key=lambda each: (-each.score, each.passage))
        for limit in (1, 3, 7):
            assert indexed.store.rank(gram_query(query, "both"), Eligible(), limit) == whole[:limit]
    assert indexed.store.rank(gram_query("無", "both"), Eligible(), 5) == []


@pytest.mark.parametrize("scope", Scope)
def test_the_nearest_windows_are_those_of_exhaustive_search(indexed: Indexed, scope: Scope) -> None:
    embedder = indexed.store.embedder
    vector = embedder.embed(["黑東國江黑"])[0]
    cosines: dict[PassageRef, list[tuple[float, int]]] = {}
    for work, number, section in indexed.sections:
        codes = code_points(section.text)
        main, notes = main_stream(section, codes), notes_stream(section, codes)
        kinds = [(main, main_windows(section, main), Scope.TEXT), (notes, note_windows(notes), Scope.NOTES)]
        for stream, windows, kind in kinds:
            for window in windows if scope in (kind, Scope.BOTH) else ():
                place = indexed.passage(work, number, int(stream.offsets[(window.start + window.end) // 2]))
                cosine = float(embedder.embed([text(stream.codes[window.start : window.end])])[0] @ vector)
                cosines.setdefault(place, []).append((cosine, window.end - window.start))
    found = indexed.store.nearest(vector, scope, Eligible(), ALL)
    passages = [each.passage for each in found]
    places = indexed.named(passages)
    assert set(places) == set(cosines)
    weights = indexed.store.weights_of(passages)
    expected = [max(cosines[place])[0] * weight for place, weight in zip(places, weights, strict=True)]
    # Those of a cluster are made of bytes.
    within = 5e-3 if isinstance(indexed.store, ClusterStore) else 1e-4
    assert [each.score for each in found] == pytest.approx(expected, abs=within)
    assert [each.score for each in found] == sorted((each.score for each in found), reverse=True)
    assert indexed.store.nearest(vector, scope, Eligible(), 3) == list(found[:3])
    windows = indexed.store.windows(vector, scope, passages)
    assert windows.keys() == set(passages)
    assert indexed.store.windows(vector, scope, []) == {}
    shown = indexed.store.passages([Wanted(passage, ALL, windows[passage]) for passage in passages])
    for passage, place, stored in zip(passages, places, shown, strict=True):
        window = windows[passage]
        as_near = {length for cosine, length in cosines[place] if cosine >= max(cosines[place])[0] - within}
        assert window.end - window.start in as_near
        assert stored.stretch
        start, end = stored.stretch
        said = "".join(chr(code) for code in stored.folded[start:end] if code)
        assert len(said) >= window.end - max(window.start, 0)


@pytest.mark.parametrize("scope", Scope)
def test_texts_are_the_folded_passages_and_what_is_around_them(indexed: Indexed, scope: Scope) -> None:
    refs = indexed.refs()[::-1]
    pieces = indexed.store.texts(refs, scope)
    own = inside(pieces)
    for position, place in enumerate(reversed(indexed.everything)):
        expected = Counter(read_at(indexed, place))
        del expected[""]
        said = Counter(chr(code) for code in own.get(position, ()) if chr(code) in "国黑东江")
        assert said == expected if scope is Scope.BOTH else said <= expected
    assert pieces.around.any() == (scope is not Scope.NOTES)


def inside(pieces: Pieces) -> dict[int, list[int]]:
    """The characters of each passage itself, by its position."""
    found: dict[int, list[int]] = {}
    ends = np.cumsum(pieces.lengths)
    for row in np.flatnonzero(~pieces.around).tolist():
        mine = pieces.codes[ends[row] - pieces.lengths[row] : ends[row]]
        found.setdefault(int(pieces.passages[row]), []).extend(mine.tolist())
    return found


@few
@given(phrase=PHRASES, scope=SCOPES)
def test_occurrences_are_those_of_a_plain_scan_in_every_order_and_group(
    indexed: Indexed, phrase: str, scope: Scope
) -> None:
    scanned = [
        (place.work, place.section, found.characters[0].offset) for place, found in indexed.scanned(phrase, scope)
    ]
    found = indexed.store.find(exact(phrase, scope))
    places = [(each.work.id, each.section_number, each.start) for each in found]
    assert places == sorted(scanned)
    for order in Order:
        again = found.sorted_by(order)
        assert sorted((each.work.id, each.section_number, each.start) for each in again) == places
        assert again[1:3] == tuple(again)[1:3]
    years = {work.id: work.record.year or ALL for work in indexed.works}
    by_year = [(each.work.id, each.section_number, each.start) for each in found.sorted_by(Order.YEAR)]
    assert by_year == sorted(places, key=lambda place: (years[place[0]], place))
    scans = [one for _, one in indexed.scanned(phrase, scope)]
    expected = {
        Grouping.WORK: Counter(work for work, _, _ in scanned),
        Grouping.SECTION: Counter(f"{work}/{section}" for work, section, _ in scanned),
        Grouping.WORDS: Counter("".join(each.folded for each in one.characters) for one in scans),
        Grouping.SPELLING: Counter("".join(each.original for each in one.characters) for one in scans),
    }
    for grouping in Grouping:
        groups = found.grouped_by(grouping)
        assert {group.value: group.count for group in groups} == expected.get(
            grouping, {group.value: group.count for group in groups}
        )
        assert [len(found.within(grouping, group.value)) for group in groups] == [group.count for group in groups]
        assert [len(found) - len(found.without(grouping, group.value)) for group in groups] == [
            group.count for group in groups
        ]


def test_names_that_are_looked_for_side_by_side_are_told_apart(indexed: Indexed) -> None:
    found = indexed.store.find(ExactQuery(parse("國黑 OR 東江 OR 無").tree))
    counted = {group.value: group.count for group in found.grouped_by(Grouping.WORDS)}
    assert counted == {fold(each): len(indexed.scanned(each, Scope.BOTH)) for each in ("國黑", "東江")}
    left = found.without(Grouping.WORDS, "东江")
    assert len(left) == counted[fold("國黑")]


def test_a_sample_is_drawn_without_replacement_and_lies_in_order(indexed: Indexed) -> None:
    found = indexed.store.find(exact("國"))
    places = [(each.work.id, each.section_number, each.start) for each in found]
    for seed in range(5):
        sample = [(each.work.id, each.section_number, each.start) for each in found.sample(9, seed)]
        assert sample == sorted(sample)
        assert len(set(sample)) == 9
        assert set(sample) <= set(places)


LONG = st.text(st.sampled_from("國黑東江"), min_size=5, max_size=12)


@few
@given(one=LONG, other=LONG)
def test_what_shares_runs_is_what_a_plain_comparison_finds(indexed: Indexed, one: str, other: str) -> None:
    asked = f"{fold(one)}\0{fold(other)}"
    found = indexed.store.shared(code_points(asked), SEED, {}, None)
    expected = {
        (work, number, at, run[place].offset, length)
        for work, number, section in indexed.sections
        for run in runs(section, Scope.BOTH)[:-1]
        for at, place, length in shared_runs(asked, "".join(each.folded for each in run), SEED)
    }
    got = [
        (each.work.id, each.section_number, at, each.offsets[place], length)
        for each in found.texts
        for at, place, length in zip(*(column.tolist() for column in each.runs), strict=True)
    ]
    assert len(got) == len(set(got))
    assert set(got) == expected
    assert not found.at_least
    sections = {(work, number): section for work, number, section in indexed.sections}
    for each in found.texts:
        section = sections[each.work.id, each.section_number]
        assert section.text[each.start :].startswith(each.text)
        assert section.title == each.section
        originals = zip(each.offsets.tolist(), each.ends.tolist(), strict=True)
        assert [fold(section.text[start:end]) for start, end in originals] == list(text(each.codes))
        pages = [page for page in section.pages if page.start <= each.start]
        assert each.page(each.start).label == (pages[-1].label if pages else "")


def test_what_shares_runs_keeps_to_filters_and_leaves_a_place_out(indexed: Indexed) -> None:
    section = next(section for work, _, section in indexed.sections if work == "甲")
    asked = code_points(fold(section.text[:60]))

    def works_with_all_of_it(store: Store, filters: Filters, but: TextRange | None) -> set[str]:
        found = store.shared(asked, SEED, filters, but).texts
        assert {each.work.id for each in found} <= set(filters.get("work", [card.id for card in store.works()]))
        return {each.work.id for each in found if each.runs.lengths.max() == len(asked)}

    assert works_with_all_of_it(indexed.store, {}, None) == {"甲", "丁"}
    assert works_with_all_of_it(indexed.store, {}, TextRange("甲", 0, 0, 60)) == {"丁"}
    assert works_with_all_of_it(indexed.store, {}, TextRange("甲", 0, 1, 60)) == {"甲", "丁"}
    assert works_with_all_of_it(indexed.store, {"work": ("甲", "乙")}, None) == {"甲"}
    assert works_with_all_of_it(indexed.store.without(frozenset({"丁"})), {}, None) == {"甲"}
    for nothing in ("", "甲乙丙丁戊己", "國"):
        assert indexed.store.shared(code_points(nothing), SEED, {}, None).texts == ()


def test_the_nearest_windows_of_several_vectors_are_those_of_each(indexed: Indexed) -> None:
    vectors = indexed.store.embedder.embed(["國黑東江", "江江東", "黑國"])
    for filters in ({}, {"work": ("甲", "KR9z0001")}):
        for vector, near in zip(vectors, indexed.store.nearest_windows(vectors, filters, 5), strict=True):
            ranked = indexed.store.nearest(vector, Scope.BOTH, Eligible(filters), 5)
            assert [each.likeness for each in near] == pytest.approx([each.score for each in ranked])
            closest = indexed.store.windows(vector, Scope.BOTH, [each.passage for each in near])
            assert {each.passage: each.window for each in near} == closest


@few
@given(phrase=PHRASES, scope=SCOPES)
def test_a_section_is_marked_where_the_words_stand(indexed: Indexed, phrase: str, scope: Scope) -> None:
    for work, number, section in indexed.sections:
        marks = indexed.store.section_marks(work, number, exact(phrase, scope))
        found = list(scan([section], phrase, scope))
        covered = {at for start, end in marks.ranges for at in range(start, end) if fold(section.text[at])}
        assert covered == {each.offset for one in found for each in one.characters}
        assert marks.occurrences == len(found)


def test_a_word_stands_and_is_spelled_as_the_works_have_it(indexed: Indexed) -> None:
    assert indexed.store.stands(["國", "無", "", "国黑"]) == {"國", "国黑"}
    assert indexed.store.stands([]) == frozenset()
    assert list(indexed.store.spellings(["東", "東", "无", "东"], "lzh")) == ["東", "東", "", "東"]
    assert list(indexed.store.spellings(["東"], "zh")) == [""]


def test_a_view_answers_as_a_store_that_never_had_the_works(
    indexed: Indexed, factory: Factory, paths: list[Path], tmp_path: Path
) -> None:
    view = indexed.store.without(frozenset({"甲", "KR9z0001"}))
    kept = [path for path in paths if path.stem not in ("甲", "KR9z0001")]
    alone = Indexed(factory([kept], tmp_path / "alone"), tuple(works(kept)))
    seen = Indexed(view, alone.works)
    assert view.works() == alone.store.works()
    assert seen.named(seen.refs()) == alone.named(alone.refs()) == alone.everything
    for phrase in ("國", "黑東", "江國"):
        mine, other = (each.store.match(exact(phrase)) for each in (seen, alone))
        assert (mine.passages, mine.occurrences) == (other.passages, other.occurrences)
        for sort in Sort:
            pages = [
                (each.named([one.passage for one in page]), [one.score for one in page])
                for each, page in ((seen, mine.page(sort, 0, ALL)), (alone, other.page(sort, 0, ALL)))
            ]
            assert pages[0] == pages[1]
        assert tuple(view.find(exact(phrase))) == tuple(alone.store.find(exact(phrase)))
        query = gram_query(phrase, "both")
        ranked = [
            set(each.named([one.passage for one in each.store.rank(query, Eligible(), ALL)])) for each in (seen, alone)
        ]
        assert ranked[0] == ranked[1]
        assert view.stands([phrase]) == alone.store.stands([phrase])
    with pytest.raises(KeyError):
        view.section("甲", 0)
    assert view.identity != indexed.store.identity
    assert indexed.store.without(frozenset({"戊"})).works() == indexed.store.works()


def test_a_view_without_works_finds_nothing(indexed: Indexed) -> None:
    """All collections may be closed to whoever asks."""
    view = indexed.store.without(frozenset(card.id for card in indexed.store.works()))
    vector = view.embedder.embed(["國黑東江"])[0]
    assert not view.works()
    for query in (exact("國"), ExactQuery(parse("國 NEAR/3 東").tree), ExactQuery(parse("國?東 OR 江").tree)):
        matches = view.match(query)
        assert (matches.passages, matches.occurrences, list(matches.by_work())) == (0, 0, [])
        assert [list(matches.page(sort, 0, ALL)) for sort in Sort] == [[] for _ in Sort]
        assert not view.find(query)
    assert list(view.rank(gram_query("國", "both"), Eligible(), ALL)) == []
    assert list(view.nearest(vector, Scope.BOTH, Eligible(), ALL)) == []
    assert not view.stands(["國"])
    assert list(view.spellings(["東"], "lzh")) == [""]


def test_status_counts_what_is_there(indexed: Indexed) -> None:
    status = indexed.store.status()
    assert status["works"] == len(indexed.works)
    assert status["passages"] == len(indexed.everything)
    assert status["characters"] == sum(len(section.text) for _, _, section in indexed.sections)
    assert sum(status["bytes"].values()) > 0
    assert grams("国黑") == ["国", "黑", "国黑"]
