"""The contents of a work as a tree, and the counts of what stands in each of its sections, on every kind of store."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import scan
from stores import Indexing

from corpora.model import Section
from search.contents import MOST_LISTED, Contents, ContentsEntry, FoundInWork, contents, counterpart, named
from search.library import Library
from search.model import Scope

HEADINGS = st.lists(st.sampled_from(("", "卷一", "卷二", "天文", "地理")), max_size=3).map(tuple)
PATHS = st.lists(HEADINGS, min_size=1, max_size=12)


def flat(entries: Sequence[ContentsEntry], above: str = "") -> Iterator[tuple[int, str]]:
    """Yield the sections that entries lead to, in order, each with the headings above it and its own."""
    for each in entries:
        words = f"{above} {each.heading}".split()
        if each.number is not None:
            yield each.number, " ".join(words)
        yield from flat(each.below, " ".join(words))


def of(paths: Sequence[tuple[str, ...]], counts: dict[int, int] | None = None, around: int = 0) -> Contents:
    return contents([path[-1] if path else "無題" for path in paths], paths, counts or {}, around)


@given(PATHS)
def test_each_section_is_listed_once_in_order_below_its_headings(paths: list[tuple[str, ...]]) -> None:
    assert list(flat(of(paths).entries)) == [
        (number, " ".join(" ".join(path or ("無題",)).split())) for number, path in enumerate(paths)
    ]


@given(PATHS, st.dictionaries(st.integers(0, 11), st.integers(1, 9)))
def test_a_heading_counts_what_is_below_it(paths: list[tuple[str, ...]], counts: dict[int, int]) -> None:
    def check(entry: ContentsEntry) -> None:
        numbers = [number for number, _ in flat([entry])]
        assert (entry.first, entry.last) == (numbers[0], numbers[-1])
        assert entry.found == sum(counts.get(number, 0) for number in numbers)
        for each in entry.below:
            check(each)

    for entry in of(paths, counts).entries:
        check(entry)


def test_headings_with_nothing_else_below_them_are_one_and_others_a_tree() -> None:
    annals, treatises = ("卷八", "本紀第八", "世宗下"), ("卷二十", "志第一", "天文")
    page = of([("目録",), annals, treatises])
    assert [entry.heading for entry in page.entries] == ["目録", "卷八 本紀第八 世宗下", "卷二十 志第一 天文"]
    (entry,) = of([("列傳", "卷一"), ("列傳", "卷二"), ("列傳", "卷二", "高麗")]).entries
    assert (entry.heading, entry.number) == ("列傳", None)
    assert [(each.heading, each.number) for each in entry.below] == [("卷一", 0), ("卷二", 1)]
    assert [each.heading for each in entry.below[1].below] == ["高麗"]
    assert named("卷八", annals) == "卷八 本紀第八 世宗下"
    assert named("列傳·高麗", ("列傳", "高麗")) == "列傳·高麗"


def test_a_long_work_is_listed_a_page_at_a_time() -> None:
    many = 2 * MOST_LISTED + 3
    paths = [("全唐詩", f"詩{number}") for number in range(many)]
    for around in (0, MOST_LISTED - 1, MOST_LISTED, many - 1, many + 99):
        page = of(paths, {}, around)
        assert page.total == many
        assert [number for number, _ in flat(page.entries)] == list(range(page.start, page.end))
        assert page.start <= min(around, many - 1) < page.end <= page.start + MOST_LISTED


def test_the_next_section_that_has_any_is_known_in_both_directions() -> None:
    found = FoundInWork({2: 5, 7: 1})
    assert [found.before(each) for each in (0, 2, 3, 7, 8)] == [None, None, 2, 2, 7]
    assert [found.after(each) for each in (0, 2, 3, 7, 8)] == [2, 7, 7, None, None]
    assert found.total == 6


@dataclass(frozen=True)
class HeldWork:
    library: Library
    sections: tuple[Section, ...]


@pytest.fixture(scope="module")
def held(indexing: Indexing, tmp_path_factory: pytest.TempPathFactory) -> HeldWork:
    """A work of sections within others, some with notes, beside another that has the same words."""
    folder, dice = tmp_path_factory.mktemp("contents"), random.Random(8)
    sections = []
    for number in range(12):
        text = "".join(dice.choices("國国黑東江，\n", k=dice.randrange(1, 90))).strip() or "黑"
        middle = len(text) // 2
        notes = [[middle, middle + 3]] if len(text) > middle + 3 else []
        path = [f"部{number // 5}", f"卷{number}"]
        sections.append({"title": f"卷{number}", "path": path, "text": text, "notes": notes})
    works = [
        {"id": "甲", "title": "甲書", "language": "lzh", "sections": sections},
        {"id": "乙", "title": "乙書", "language": "lzh", "sections": sections[:3]},
    ]
    (folder / "works.jsonl").write_text("\n".join(json.dumps(each, ensure_ascii=False) for each in works), "utf-8")
    library = Library.open(indexing([[folder / "works.jsonl"]], folder / "index"))
    return HeldWork(library, tuple(library.section("甲", number).section for number in range(12)))


@settings(max_examples=25, deadline=None)
@given(phrase=st.text("國黑東江", min_size=1, max_size=3), scope=st.sampled_from(Scope), strict=st.booleans())
def test_counts_in_sections_are_those_of_a_plain_scan(held: HeldWork, phrase: str, scope: Scope, strict: bool) -> None:
    found = held.library.found_in("甲", f'"{phrase}"', scope=scope, strict=strict)
    assert found.counts == Counter(each.section for each in scan(held.sections, phrase, scope, strict))
    assert list(found.counts) == sorted(found.counts)
    page = held.library.contents_around("甲", 0, found.counts)
    assert sum(each.found for each in page.entries) == found.total
    for number in range(12):
        view = held.library.section("甲", number, f'"{phrase}"', strict, scope)
        assert view.occurrences == found.counts.get(number, 0)


def test_contents_are_those_of_the_sections(held: HeldWork) -> None:
    page = held.library.contents_around("甲", 0, {})
    assert [(number, words) for number, words in flat(page.entries)] == [
        (number, " ".join(section.path)) for number, section in enumerate(held.sections)
    ]
    assert [len(each.below) for each in page.entries] == [5, 5, 2]
    with pytest.raises(KeyError):
        held.library.contents_around("無", 0, {})


def test_the_section_at_the_same_place_of_another_work() -> None:
    one = (["目録", "卷八", "卷九"], [("目録",), ("卷八", "本紀第八", "世宗下"), ("卷九",)])
    same = (["卷九", "卷八"], [("卷九",), ("卷八", "本紀第八", "世宗下")])
    assert [counterpart(number, one, same) for number in range(3)] == [0, 1, 0]
    other = (["一", "二", "第二十"], [("一",), ("二",), ("第二十", "世宗下")])
    assert counterpart(1, one, other) == 2  # what it is of, though the numbers differ
    assert counterpart(2, one, (["唯一"], [("唯一",)])) == 0  # the last where there is none of that number
    assert counterpart(1, one, (["巻八", "目录"], [(), ()])) == 0  # in any script


@given(PATHS, PATHS, st.integers(0, 11))
def test_there_is_always_a_section_at_the_same_place(
    one: list[tuple[str, ...]], other: list[tuple[str, ...]], number: int
) -> None:
    works = [([path[-1] if path else "無題" for path in paths], paths) for paths in (one, other)]
    at = min(number, len(one) - 1)
    assert 0 <= counterpart(at, *works) < len(other)
    assert works[0][0][counterpart(at, works[0], works[0])] == works[0][0][at]
