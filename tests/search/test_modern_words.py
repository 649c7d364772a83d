"""Words of modern text, by jieba's cut: how often they stand, which are near an occurrence, and which are one."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import Found, runs, scan, words
from stores import Indexing

from corpora.model import Section, Work
from corpora.readers import read
from corpora.sources.discover import discover
from search.collocates import CollocatesRequest
from search.concordance import ConcordanceRequest
from search.grams import Unit
from search.keywords import KeywordsRequest
from search.library import Library
from search.model import Scope
from search.occurrences import Beside, Side
from search.selection import of_selection

PIECES = ("东北大学", "北大", "大学", "发展中国家", "中国", "研究", "歷史", "学生", "会宁府", "，", "。\n")
QUERIES = ("大学", "大", "中国", "历史", "北大")


@dataclass(frozen=True)
class Indexed:
    library: Library
    modern: dict[str, Section]


@pytest.fixture(scope="module")
def indexed(indexing: Indexing, tmp_path_factory: pytest.TempPathFactory) -> Indexed:
    folder, dice = tmp_path_factory.mktemp("texts"), random.Random(7)
    for name, language in (("今", "zh"), ("古", "lzh"), ("又今", "zh")):
        text = "".join(dice.choices(PIECES, k=240 if name == "今" else 90))
        (folder / f"{name}.txt").write_text(
            f"---\nid: {name}\ntitle: {name}\nlanguage: {language}\n---\n{text}", "utf-8"
        )
    index = indexing([[folder / "今.txt"], [folder]], tmp_path_factory.mktemp("index"))
    works = [item for source in discover(folder)[0] for item in read(source)]
    modern = {work.id: work.sections[0] for work in works if isinstance(work, Work) and work.record.language == "zh"}
    return Indexed(Library.open(index), modern)


def standing(section: Section) -> list[str]:
    run = "".join(each.folded for each in runs(section, Scope.TEXT)[0])
    return [run[start:end] for start, end in words(section)]


def near(section: Section, one: Found, side: Side, distance: int) -> list[str]:
    """The words that lie within so many characters of an occurrence."""
    run = "".join(each.folded for each in runs(section, Scope.TEXT)[0])
    stretches = {Side.LEFT: (one.start - distance, one.start), Side.RIGHT: (one.end, one.end + distance)}
    within = [stretches[each] for each in side.sides]
    return [run[start:end] for low, high in within for start, end in words(section) if low <= start and end <= high]


def test_words_are_those_of_modern_text(indexed: Indexed) -> None:
    store = indexed.library.store
    by_work = {work: Counter(standing(section)) for work, section in indexed.modern.items()}
    assert store.grams(Unit.WORD, Scope.BOTH, {}) == sum(by_work.values(), Counter())
    assert store.grams(Unit.WORD, Scope.TEXT, {"work": ("今", "古")}) == by_work["今"]
    assert not store.grams(Unit.WORD, Scope.NOTES, {})
    assert {"东北", "大学", "历史"} <= by_work["今"].keys()
    for word, count in sum(by_work.values(), Counter()).most_common(6):
        assert len(indexed.library.find(f'"{word}"').words()) == count
    assert not len(indexed.library.find("会宁府", filters={"work": ("古",)}).words())


@settings(max_examples=15)
@given(query=st.sampled_from(QUERIES), side=st.sampled_from(Side), distance=st.integers(1, 7))
def test_words_near_are_those_of_a_plain_scan_and_each_has_its_occurrences(
    indexed: Indexed, query: str, side: Side, distance: int
) -> None:
    expected: Counter[str] = Counter()
    total = 0
    for section in indexed.modern.values():
        for one in scan([section], query, Scope.TEXT):
            found = near(section, one, side, distance)
            expected.update(set(found))
            total += len(found)
    occurrences = indexed.library.find(query)
    neighbours = occurrences.neighbours(side, distance, Unit.WORD)
    assert dict(zip(neighbours.grams, neighbours.counts, strict=True)) == expected
    assert neighbours.places == total
    for word in [*list(expected)[:4], "北大"]:
        assert len(occurrences.beside(Beside(side, distance, word, word=True))) == expected[word]


def test_numbers_lead_to_as_many_lines(indexed: Indexed) -> None:
    library = indexed.library
    found = library.collocates(CollocatesRequest("大学", unit=Unit.WORD, least=1))
    assert found.rows
    lines = of_selection(ConcordanceRequest, found.request.counted, "大学")
    assert library.concordance(lines).total == found.occurrences
    for row in found.rows[:3]:
        beside = of_selection(ConcordanceRequest, found.request.near(row.words), "大学")
        assert library.concordance(beside).total == row.count
        everywhere = of_selection(ConcordanceRequest, found.reference, f'"{row.words}"')
        assert library.concordance(everywhere).total == row.frequency
    keywords = library.keywords(KeywordsRequest("今", unit=Unit.WORD))
    counts = {work: Counter(standing(section)) for work, section in indexed.modern.items()}
    assert (keywords.size, keywords.rest_size) == (counts["今"].total(), counts["又今"].total())
    assert {row.words: (row.count, row.rest) for row in keywords.rows} == {
        word: (count, counts["又今"][word]) for word, count in counts["今"].items() if count >= 3
    }
    assert not library.keywords(KeywordsRequest("古", unit=Unit.WORD)).rows
