"""Occurrences as a value: the places of a plain scan, their order, their groups, and what they say of themselves."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import Found, pairs, runs, scan
from stores import Indexing

from corpora.model import Section, Work
from corpora.readers import read
from corpora.sources.discover import discover
from indexer.text.folding import fold
from search.exact.occurrences import MOST_COMPARED
from search.grams import Unit
from search.library import Library
from search.model import Mode, Scope, SearchRequest
from search.occurrences import Beside, Grouping, GroupName, Occurrence, Order, Side

LETTERS = "國国黑東"
PHRASES = st.text(st.sampled_from("國黑東"), min_size=1, max_size=3)
SCOPES = st.sampled_from(Scope)


def volume(seed: int, juan: int) -> str:
    """A file of few different characters, with pages, notes, indentation and blank lines."""
    dice = random.Random(seed)
    lines = ["#+TITLE: 回文", f"#+PROPERTY: JUAN 卷{'一二三'[juan]}"]
    for page in range(6):
        lines.append(f"<pb:KR9z0001_WYG_00{juan + 1}-{page + 1}a>¶")
        for _ in range(dice.randrange(9)):
            parts = (f"({some(dice)}/{some(dice)})" if dice.random() < 0.2 else some(dice) for _ in range(4))
            lines.append("　" * dice.randrange(2) + "".join(parts) + "¶")
    return "\n".join(lines) + "\n"


def some(dice: random.Random) -> str:
    return "".join(dice.choices(LETTERS, k=dice.randrange(1, 6)))


@dataclass(frozen=True)
class Indexed:
    library: Library
    works: tuple[Work, ...]

    def scanned(self, phrase: str, scope: Scope) -> list[tuple[str, Section, Found]]:
        """What a plain scan finds, in order of place: work, section, occurrence."""
        found = [
            (work.id, section, each)
            for work in self.works
            for section in work.sections
            for each in scan([section], phrase, scope)
        ]
        numbers = {id(section): at for work in self.works for at, section in enumerate(work.sections)}
        return sorted(found, key=lambda one: (one[0], numbers[id(one[1])], one[2].characters[0].offset))

    def number(self, section: Section) -> int:
        return next(work.sections.index(section) for work in self.works if section in work.sections)


@pytest.fixture(scope="module")
def indexed(indexing: Indexing, tmp_path_factory: pytest.TempPathFactory) -> Indexed:
    folder = tmp_path_factory.mktemp("texts")
    (folder / "KR9z0001").mkdir()
    for juan in range(3):
        (folder / "KR9z0001" / f"KR9z0001_00{juan + 1}.txt").write_text(volume(juan, juan), "utf-8")
    dice = random.Random(11)
    for name, dynasty, year in (("甲", "遼", "year: 1150\n"), ("乙", "金", ""), ("丙", "金", "year: -90\n")):
        text = "，".join(some(dice) for _ in range(120))
        header = f"title: {name}書\ndynasty: {dynasty}\n{year}"
        (folder / f"{name}.txt").write_text(f"---\n{header}---\n{text}\n", "utf-8")
    index = indexing([[folder / "甲.txt"], [folder]], tmp_path_factory.mktemp("index"))  # 甲 in a pack of its own
    works = [item for source in discover(folder)[0] for item in read(source)]
    return Indexed(Library.open(index), tuple(work for work in works if isinstance(work, Work)))


def places(found: Sequence[Occurrence]) -> list[tuple[str, int, int]]:
    return [(each.work.id, each.section_number, each.start) for each in found]


@settings(max_examples=60)
@given(phrase=PHRASES, scope=SCOPES)
def test_all_occurrences_are_those_of_a_plain_scan_in_order_of_place(
    indexed: Indexed, phrase: str, scope: Scope
) -> None:
    found = indexed.library.find(f'"{phrase}"', scope=scope)
    expected = [
        (work, indexed.number(section), each.characters[0].offset)
        for work, section, each in indexed.scanned(phrase, scope)
    ]
    assert places(tuple(found)) == expected
    assert len(found) == len(expected)
    assert places(found[3:9]) == expected[3:9]


@settings(max_examples=30)
@given(phrase=PHRASES, scope=SCOPES, width=st.integers(0, 30))
def test_an_occurrence_shows_the_editions_own_characters(
    indexed: Indexed, phrase: str, scope: Scope, width: int
) -> None:
    texts = {work.id: [section.text for section in work.sections] for work in indexed.works}
    for each in indexed.library.find(f'"{phrase}"', scope=scope).with_context(width):
        text = texts[each.work.id][each.section_number]
        assert each.text == text[each.start : each.end]
        assert each.left == text[max(0, each.start - width) : each.start]
        assert each.right == text[each.end : each.end + width]
        assert "".join(fold(text[a:b]) for a, b in each.ranges) == fold(phrase)
        assert each.typed == ("".join(char for a, b in each.ranges for char in text[a:b] if fold(char)) == phrase)


@settings(max_examples=30)
@given(phrase=PHRASES, scope=SCOPES, order=st.sampled_from([Order.LEFT, Order.RIGHT]))
def test_sorting_by_context_reads_outward(indexed: Indexed, phrase: str, scope: Scope, order: Order) -> None:
    def context(one: tuple[str, Section, Found]) -> str:
        run = "".join(each.folded for each in runs(one[1], scope)[one[2].run])
        outward = run[: one[2].start][::-1] if order is Order.LEFT else run[one[2].end :]
        return outward[:MOST_COMPARED]

    expected = sorted(indexed.scanned(phrase, scope), key=context)
    found = indexed.library.find(f'"{phrase}"', scope=scope).sorted_by(order)
    assert places(tuple(found)) == [
        (work, indexed.number(section), each.characters[0].offset) for work, section, each in expected
    ]
    assert places(tuple(found.sorted_by(Order.PLACE))) == places(
        tuple(indexed.library.find(f'"{phrase}"', scope=scope))
    )


@settings(max_examples=20)
@given(phrase=PHRASES, scope=SCOPES)
def test_sorting_by_year_is_by_that_of_the_work_and_then_by_place(indexed: Indexed, phrase: str, scope: Scope) -> None:
    years = {work.id: work.record.year for work in indexed.works}
    assert None in years.values()
    found = indexed.library.find(f'"{phrase}"', scope=scope)
    expected = sorted(places(tuple(found)), key=lambda place: (years[place[0]] is None, years[place[0]] or 0))
    assert places(tuple(found.sorted_by(Order.YEAR))) == expected
    assert places(tuple(found.sorted_by(Order.RIGHT).sorted_by(Order.YEAR))) == expected


def folded(one: Occurrence) -> str:
    return "".join(fold(one.text[a - one.start : b - one.start]) for a, b in one.ranges)


@settings(max_examples=10)
@given(phrase=st.one_of(PHRASES.map('"{}"'.format), st.sampled_from(["國?", "國*東", "國黑 NEAR/3 東"])), scope=SCOPES)
def test_groups_count_what_they_lead_to(indexed: Indexed, phrase: str, scope: Scope) -> None:
    found = indexed.library.find(phrase, scope=scope)
    everything = tuple(found)
    where = places(everything)
    named = {
        Grouping.WORK: lambda each: each.work.id,
        Grouping.SECTION: lambda each: f"{each.work.id}/{each.section_number}",
        Grouping.DYNASTY: lambda each: each.work.record.dynasty,
        Grouping.CATEGORY: lambda each: each.work.record.category,
        Grouping.YEAR: lambda each: str(each.work.record.year or ""),
        Grouping.WORDS: folded,
        Grouping.SPELLING: lambda each: "".join(
            char for a, b in each.ranges for char in each.text[a - each.start : b - each.start] if fold(char)
        ),
    }
    for grouping, name in named.items():
        names = list(map(name, everything))
        expected = Counter(names)
        groups = found.grouped_by(grouping)
        assert {group.value: group.count for group in groups} == {key: n for key, n in expected.items() if key}
        assert list(groups) == sorted(groups, key=lambda group: (-group.count, group.value))
        for number, group in enumerate(groups):
            inside = found.within(grouping, group.value)
            assert len(inside) == group.count
            if 2 < number < len(groups) - 2:
                continue  # all of them would take minutes to read
            assert places(tuple(inside)) == [at for at, each in zip(where, names, strict=True) if each == group.value]
            outside = found.without(grouping, group.value)
            assert places(tuple(outside)) == [at for at, each in zip(where, names, strict=True) if each != group.value]
        some = [group.value for group in groups[1:3]]
        assert len(found.within(grouping, *some)) == sum(group.count for group in groups[1:3])
        assert len(found.without(grouping, *some)) == len(found) - sum(group.count for group in groups[1:3])
        assert len(found.within(grouping, "nowhere")) == len(found.within(grouping)) == 0
        assert len(found.without(grouping, "nowhere")) == len(found.without(grouping)) == len(found)


@settings(max_examples=20)
@given(phrase=PHRASES, grouping=st.sampled_from(Grouping), order=st.sampled_from(Order), seed=st.integers(0, 99))
def test_groups_are_those_of_what_is_left_whatever_was_counted_before(
    indexed: Indexed, phrase: str, grouping: Grouping, order: Order, seed: int
) -> None:
    fresh, counted = indexed.library.find(f'"{phrase}"'), indexed.library.find(f'"{phrase}"')
    for each in Grouping:
        counted.grouped_by(each)
    narrowed = [
        found.without(Grouping.SPELLING, "國").sample(30, seed).sorted_by(order).with_context(3)
        for found in (fresh, counted)
    ]
    assert narrowed[0].grouped_by(grouping) == narrowed[1].grouped_by(grouping)
    assert narrowed[0][:] == narrowed[1][:]


def test_words_are_named_in_any_script(indexed: Indexed) -> None:
    found = indexed.library.find("國 OR 東")
    assert len(found.within(Grouping.WORDS, "国")) == len(found.within(Grouping.WORDS, "國"))
    assert places(tuple(found.within(Grouping.WORDS, "国"))) == places(tuple(indexed.library.find("國")))


def test_a_group_is_named_by_one_text() -> None:
    for name in (GroupName(Grouping.SPELLING, "會寧府"), GroupName(Grouping.SECTION, "a:b/1")):
        assert GroupName.parse(str(name)) == name
    for text in ("", "spelling", ":x", "page:1", "Spelling:x"):
        with pytest.raises(ValueError, match=r"names no group|not a valid Grouping"):
            GroupName.parse(text)


def test_what_has_no_value_is_a_group_too(indexed: Indexed) -> None:
    found = indexed.library.find("國")
    none = found.within(Grouping.YEAR, GroupName.parse("year:").value)
    assert {each.work.record.year for each in none} == {None}
    counted = sum(group.count for group in found.grouped_by(Grouping.YEAR))
    assert len(none) == len(found) - counted > 0
    assert len(found.without(Grouping.YEAR, "")) == counted


def test_the_characters_that_are_searched_are_those_of_a_plain_scan(indexed: Indexed) -> None:
    for work in indexed.works:
        expected = [
            [sum(map(len, runs(section, scope))) for scope in (Scope.TEXT, Scope.NOTES)] for section in work.sections
        ]
        assert indexed.library.store.characters(work.id).tolist() == expected
    with pytest.raises(KeyError):
        indexed.library.store.characters("nowhere")


def around(section: Section, scope: Scope, one: Found, side: Side, distance: int) -> list[str]:
    """The characters on a side of an occurrence, or on each, in the run that it was found in."""
    run = "".join(each.folded for each in runs(section, scope)[one.run])
    stretches = {
        Side.LEFT: run[max(one.start - distance, 0) : one.start],
        Side.RIGHT: run[one.end : one.end + distance],
    }
    return [stretches[each] for each in side.sides]


@settings(max_examples=30)
@given(
    phrase=PHRASES,
    scope=SCOPES,
    side=st.sampled_from(Side),
    distance=st.integers(1, 7),
    unit=st.sampled_from([Unit.CHARACTER, Unit.PAIR]),
)
def test_neighbours_are_those_of_a_plain_scan_and_each_has_its_occurrences(
    indexed: Indexed, phrase: str, scope: Scope, side: Side, distance: int, unit: Unit
) -> None:
    found = indexed.library.find(f'"{phrase}"', scope=scope)
    expected: Counter[str] = Counter()
    total = 0
    for _, section, one in indexed.scanned(phrase, scope):
        near = around(section, scope, one, side, distance)
        grams = [part[at : at + unit.size] for part in near for at in range(len(part) - unit.size + 1)]
        expected.update(set(grams))
        total += len(grams)
    neighbours = found.neighbours(side, distance, unit)
    assert dict(zip(neighbours.grams, neighbours.counts, strict=True)) == expected
    assert neighbours.places == total
    for gram in [*list(expected)[:3], "龍", "國黑東"]:
        near_it = [
            (work, indexed.number(section), one.characters[0].offset)
            for work, section, one in indexed.scanned(phrase, scope)
            if any(fold(gram) in part for part in around(section, scope, one, side, distance))
        ]
        assert places(tuple(found.beside(Beside(side, distance, gram)))) == near_it


@pytest.mark.parametrize("filters", [{}, {"dynasty": ("金",)}])
def test_frequencies_are_those_of_a_plain_scan(indexed: Indexed, filters: dict[str, tuple[str, ...]]) -> None:
    grams = ["国", "东", "国黑", "黑黑", "东国", "龙", "龙国", "国黑东", "东黑国黑"]
    for scope in Scope:
        expected = [
            sum(
                1
                for work in indexed.works
                if not filters or work.record.dynasty in filters["dynasty"]
                for _ in scan(work.sections, gram, scope)
            )
            for gram in grams
        ]
        assert indexed.library.store.frequencies(grams, scope, filters) == expected


@pytest.mark.parametrize("filters", [{}, {"dynasty": ("金",)}])
def test_grams_are_those_of_a_plain_scan(indexed: Indexed, filters: dict[str, tuple[str, ...]]) -> None:
    letters = sorted(set(map(fold, LETTERS)))
    works = [work for work in indexed.works if not filters or work.record.dynasty in filters["dynasty"]]
    for unit in (Unit.CHARACTER, Unit.PAIR, Unit.TRIPLE, Unit.QUADRUPLE):
        for scope in (Scope.BOTH, Scope.NOTES):
            found = indexed.library.store.grams(unit, scope, filters)
            for gram in ["".join(each) for each in product(letters, repeat=unit.size)][:: unit.size**2]:
                assert found.get(gram, 0) == sum(1 for work in works for _ in scan(work.sections, gram, scope)), gram
            assert set("".join(found)) <= set(letters)


def test_what_is_near_is_named_by_one_text() -> None:
    for near in (Beside(Side.LEFT, 5, "太祖"), Beside(Side.BOTH, 50, "a:b"), Beside(Side.LEFT, 1, "大", word=True)):
        assert Beside.parse(str(near)) == near
    for text in ("", "left", "left:5", "left:5:", "left:0:x", "left:51:x", "up:5:x", "left:x:y"):
        with pytest.raises(ValueError, match=r"not of the form|not a valid Side|invalid literal"):
            Beside.parse(text)


@settings(max_examples=40)
@given(left=PHRASES, right=PHRASES, distance=st.integers(0, 9), scope=SCOPES)
def test_of_near_each_pair_is_a_stretch(indexed: Indexed, left: str, right: str, distance: int, scope: Scope) -> None:
    expected = {
        (work.id, number, *span)
        for work in indexed.works
        for number, section in enumerate(work.sections)
        for _, _, span in pairs([section], left, right, distance, scope)
    }
    found = indexed.library.find(f'"{left}" NEAR/{distance} "{right}"', scope=scope)
    assert places(tuple(found)) == sorted((work, number, offset) for work, number, offset, *_ in expected)
    texts = {work.id: [section.text for section in work.sections] for work in indexed.works}
    assert {
        (
            each.work.id,
            each.section_number,
            *(at for a, b in each.ranges for at in range(a, b) if fold(texts[each.work.id][each.section_number][at])),
        )
        for each in found
    } == expected


@settings(max_examples=60)
@given(st.lists(PHRASES, min_size=3, max_size=3), st.sampled_from(["{} {}", "{} OR {}", "{} NOT {}", "{} {} NOT {}"]))
def test_of_and_or_not_they_are_what_exact_search_counts(indexed: Indexed, phrases: list[str], form: str) -> None:
    q = form.format(*(f'"{phrase}"' for phrase in phrases))
    total = indexed.library.search(SearchRequest(q=q, mode=Mode.EXACT)).total
    assert len(indexed.library.find(q)) == total.occurrences


def test_filters_narrow_what_is_found(indexed: Indexed) -> None:
    found = indexed.library.find("國", filters={"dynasty": ("金",)})
    assert {each.work.record.dynasty for each in found} == {"金"}
    assert len(found) == len(indexed.library.find("國").within(Grouping.DYNASTY, "金"))


def test_a_sample_is_the_same_for_the_same_seed(indexed: Indexed) -> None:
    found = indexed.library.find("國")
    sample = found.sample(20, 5)
    assert len(sample) == 20
    assert places(tuple(sample)) == places(tuple(found.sample(20, 5)))
    assert places(tuple(sample)) != places(tuple(found.sample(20, 6)))
    assert set(places(tuple(sample))) <= set(places(tuple(found)))
    assert len(found.sample(10**9, 0)) == len(found)


def test_nothing_found_is_an_empty_value(indexed: Indexed) -> None:
    for q in ("龍", "title:甲書", ""):
        found = indexed.library.find(q)
        assert (len(found), tuple(found), found.grouped_by(Grouping.SPELLING)) == (0, (), ())
        assert len(found.sorted_by(Order.RIGHT)) == 0
    with pytest.raises(IndexError):
        indexed.library.find("龍")[0]


def test_a_view_finds_nothing_that_it_does_not_have(indexing: Indexing, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("會寧府在上京", "utf-8")
    (tmp_path / "b.txt").write_text("會寧府有密約", "utf-8")
    index = indexing([[tmp_path / "a.txt"], [tmp_path / "b.txt"]], tmp_path / "index")
    view = Library.open(index).without(frozenset({"b"}))
    assert [each.work.id for each in view.find("会宁府")] == ["a"]
