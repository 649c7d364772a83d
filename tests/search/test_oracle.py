"""Law 2: every store finds an exact phrase in just the places where a plain scan of the folded text finds it."""

from __future__ import annotations

import json
import random
import re
import shutil
import warnings
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import pytest
from hypothesis import HealthCheck, assume, given, reject, settings
from hypothesis import strategies as st
from opencc import OpenCC
from oracle import Run, beside, covered, is_told, matches, occurrences, runs, together
from shared_texts import KANRIPO
from stores import Indexing

from corpora.manifests import bundled_folder
from corpora.model import Section, SpanKind, Work
from corpora.readers import read
from corpora.sources.discover import discover
from indexer.text.folding import fold
from indexer.text.streams import passage_starts
from search.library import Library
from search.model import Mode, Scope, SearchError, SearchRequest
from search.query import parse
from search.stores.base import ExactQuery

REAL = {
    "KR2e0012": ("000", "001", "002"),  # 松漠紀聞
    "KR2k0040": ("004",),  # 盛京通志, a chapter full of notes
}
SIMPLIFIED = OpenCC("t2s").convert
LONGEST = 40
"""Characters of a phrase: more than an engine sees of what follows a passage."""

Chosen = TypeVar("Chosen")


def restless(seed: int) -> str:
    """A Kanripo file of four different characters, so that phrases overlap themselves, cut up by everything."""
    dice = random.Random(seed)
    lines = ["#+TITLE: 回文", "#+PROPERTY: ID KR9z0001", "#+PROPERTY: JUAN 卷一"]
    for page in range(30):
        lines.append(f"<pb:KR9z0001_WYG_001-{page + 1}a>¶")
        for _ in range(dice.randrange(12)):
            parts = (
                f"({_characters(dice)}/{_characters(dice)})" if dice.random() < 0.2 else _characters(dice)
                for _ in range(dice.randrange(1, 5))
            )
            lines.append("　" * dice.randrange(3) + "".join(parts) + "¶")
    return "\n".join(lines) + "\n"


def unpaged(seed: int) -> str:
    """A text without pages and almost without line ends: its passages begin in the middle of things."""
    dice = random.Random(seed)
    return "".join(
        _characters(dice) + dice.choice(["", "", "", "，", "。"] + ["\n"] * (number % 40 == 0))
        for number in range(1500)
    )


def _characters(dice: random.Random) -> str:
    return "".join(dice.choices("國国黑東", k=dice.randrange(1, 8)))


def unknown(seed: int) -> str:
    """A text in JSON Lines of what stands for a character, of circles among numerals, and of iteration marks."""
    dice = random.Random(seed)
    parts = [*"國黑一三百○〇◯々〻□▢■〓×◆\n\ue000\U000f1d6b"]
    parts += ["⿰金先", "⿱⿰王文一", "[金*先]", "&CB00178;", "〔闕〕"]
    text = re.sub("\n[×◆\n]+", "\n", "".join(dice.choices(parts, k=4000)))  # no signs of items at the heads of lines
    return json.dumps({"id": "unknown", "title": "闕文", "text": text})


@dataclass(frozen=True)
class Indexed:
    """A library of one kind of store, with the works that went into it.

    ``cuts`` are, by what cuts the text there, the runs of it and the numbers of the characters that follow a cut.
    """

    library: Library
    works: tuple[Work, ...]
    cuts: dict[str, list[tuple[Run, int]]]

    @property
    def sections(self) -> list[Section]:
        return [section for work in self.works for section in work.sections if section.text]


@pytest.fixture(scope="module")
def indexed(indexing: Indexing, tmp_path_factory: pytest.TempPathFactory) -> Indexed:
    folder = tmp_path_factory.mktemp("texts")
    (folder / "KR9z0001").mkdir()
    (folder / "KR9z0001" / "KR9z0001_001.txt").write_text(restless(7), "utf-8")
    (folder / "unpaged.txt").write_text(unpaged(7), "utf-8")
    (folder / "unknown.jsonl").write_text(unknown(7), "utf-8")
    gazetteer = bundled_folder("bundled")
    assert gazetteer
    copied = {gazetteer / "hanjiang-zhilue" / "WY0001": [*(gazetteer / "hanjiang-zhilue" / "WY0001").iterdir()]}
    if KANRIPO.is_dir():
        copied |= {
            KANRIPO / work: [KANRIPO / work / f"{work}_{file}.txt" for file in files] for work, files in REAL.items()
        }
    else:
        warnings.warn(f"ENGINES WERE HELD TO OUR OWN TEXTS ALONE: {KANRIPO} is not there", stacklevel=1)
    for work, files in copied.items():
        (folder / work.name).mkdir()
        for file in files:
            shutil.copy(file, folder / work.name)
    works = [item for source in discover(folder)[0] for item in read(source)]
    opened = Library.open(indexing([[folder]], tmp_path_factory.mktemp("index")))
    library = Indexed(opened, tuple(work for work in works if isinstance(work, Work)), defaultdict(list))
    for section in library.sections:
        main, *notes, printed = runs(section, Scope.BOTH)
        for cut_by, offsets in cutters(section).items():
            for place, run in [("the text", main), *(("a note", note) for note in notes)]:
                if numbers := followers(run, offsets):
                    library.cuts[f"{cut_by} in {place}"] += [(run, number) for number in numbers]
        seams = [at for span in section.spans if span.kind is SpanKind.NOTE for at in (span.start, span.end)]
        library.cuts["a seam in print"] += [(printed, number) for number in followers(printed, seams)]
    return library


def cutters(section: Section) -> dict[str, list[int]]:
    """Where a section is cut, by what cuts it."""
    return {
        "a line's end": [offset for offset, char in enumerate(section.text) if char == "\n"],
        "a page's beginning": [page.start for page in section.pages],
        "a note": [span.start for span in section.spans if span.kind is SpanKind.NOTE],
        "a passage's beginning": [start for start, _ in passage_starts(section)],
    }


def followers(run: Run, offsets: Sequence[int]) -> list[int]:
    """The numbers of the characters of a run that follow the offsets, where others of the run go before."""
    numbers = {bisect_left(run, offset, key=lambda each: each.offset) for offset in offsets}
    return sorted(numbers - {0, len(run)})


@pytest.fixture(scope="session")
def spellings() -> dict[str, list[str]]:
    """For each folded character every character of the common blocks that folds to it."""
    found: dict[str, list[str]] = defaultdict(list)
    for code in (*range(0x3400, 0xA000), *range(0x20000, 0x2A6E0)):
        found[fold(chr(code))].append(chr(code))
    return found


def cut(data: st.DataObject, indexed: Indexed) -> str:
    """A phrase that stands in the texts, from the main text or from a note, without what cuts it up there."""
    places = indexed.cuts[data.draw(st.sampled_from(sorted(indexed.cuts)))]
    run, middle = pick(data, places)
    start = middle - data.draw(st.integers(1, min(middle, LONGEST - 1)))
    end = data.draw(st.integers(middle + 1, start + LONGEST))
    phrase = run[start:end]
    # What a phrase can't say without what goes before it, or without being a note.
    assume(phrase[0].original not in "々〻◆×")
    assume(not any(each.folded == "□" and each.original[:1] in "原此以上下缺闕阙" for each in phrase))
    said = "".join(each.original for each in phrase)
    assume(is_told(said))
    return said


def pick(data: st.DataObject, choices: Sequence[Chosen]) -> Chosen:
    """One of the choices, drawn by number: a failing example then shows the number, not a whole text."""
    return choices[data.draw(st.integers(0, len(choices) - 1))]


def quoted(phrase: str) -> str:
    return f'"{phrase}"'


def total(indexed: Indexed, q: str, scope: Scope, strict: bool = False) -> int | None:
    """What a search says of how often its words stand, without the rest of its answer."""
    return indexed.library.store.match(ExactQuery(parse(q).tree, scope, strict)).occurrences


law = settings(
    max_examples=100,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
SCOPES = st.sampled_from(Scope)


def test_the_texts_are_cut_up_by_everything(indexed: Indexed) -> None:
    parts = ("a line's end", "a page's beginning", "a passage's beginning")
    assert set(indexed.cuts) == {f"{part} in {run}" for part in parts for run in ("the text", "a note")} | {
        "a note in the text",
        "a seam in print",
    }
    pages = {(id(run), number) for run, number in indexed.cuts["a page's beginning in the text"]}
    assert any((id(run), number) not in pages for run, number in indexed.cuts["a passage's beginning in the text"])


@law
@given(data=st.data(), scope=SCOPES, strict=st.booleans())
def test_what_stands_there_is_found_as_often(indexed: Indexed, data: st.DataObject, scope: Scope, strict: bool) -> None:
    phrase = cut(data, indexed)
    found = occurrences(indexed.sections, phrase, Scope.BOTH, strict)
    assert found
    answer = indexed.library.search(SearchRequest(quoted(phrase), mode=Mode.EXACT, strict=strict, limit=1))
    assert answer.total.occurrences == len(found)
    assert total(indexed, quoted(phrase), scope, strict) == len(occurrences(indexed.sections, phrase, scope, strict))


@law
@given(data=st.data(), scope=SCOPES)
def test_any_spelling_finds_the_same(
    indexed: Indexed, spellings: dict[str, list[str]], data: st.DataObject, scope: Scope
) -> None:
    phrase = cut(data, indexed)
    expected = len(occurrences(indexed.sections, phrase, scope))
    # The signs of a description, which fold to nothing, have no other spelling.
    variant = "".join(data.draw(st.sampled_from(spellings.get(fold(each) or each, [each]))) for each in phrase)
    assert total(indexed, quoted(variant), scope) == expected
    assert total(indexed, quoted("".join(map(SIMPLIFIED, phrase))), scope) == expected
    # Converted as a whole a phrase may become another one: 甚鉅 becomes 甚钜, but 鉅 alone 巨.
    simplified = SIMPLIFIED(phrase)
    assert total(indexed, quoted(simplified), scope) == len(occurrences(indexed.sections, simplified, scope))


@law
@given(data=st.data(), scope=SCOPES, strict=st.booleans())
def test_what_may_not_stand_there_is_found_as_often(
    indexed: Indexed, data: st.DataObject, scope: Scope, strict: bool
) -> None:
    phrase = cut(data, indexed)[:2] + cut(data, indexed)[:2]
    assume(is_told(phrase))
    assert total(indexed, quoted(phrase), scope, strict) == len(occurrences(indexed.sections, phrase, scope, strict))


@law
@given(data=st.data(), scope=SCOPES)
def test_just_the_characters_of_the_phrase_are_marked(indexed: Indexed, data: st.DataObject, scope: Scope) -> None:
    phrase = cut(data, indexed)
    work = pick(data, indexed.works)
    sections = [section for section in work.sections if section.text]
    marked = {
        (number, offset)
        for number, section in enumerate(sections)
        for start, end in indexed.library.section(work.id, number, quoted(phrase), scope=scope).highlights
        for offset in range(start, end)
        if fold(section.text[offset])
    }
    expected = covered(sections, phrase, scope)
    assert marked == {(number, at) for number, at in expected if fold(sections[number].text[at])}


@law
@given(data=st.data(), scope=SCOPES)
def test_wildcards_stand_for_any_characters(indexed: Indexed, data: st.DataObject, scope: Scope) -> None:
    phrase = cut(data, indexed)[:20]
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(1, max(1, len(phrase) - 2)))
        end = data.draw(st.integers(start, start + 3))
        phrase = phrase[:start] + data.draw(st.sampled_from("?*")) + phrase[min(end, len(phrase) - 1) :]
    assume(is_told(phrase))
    assert total(indexed, quoted(phrase), scope) == len(occurrences(indexed.sections, phrase, scope))


ATOMS = st.sampled_from([*"国国黑东一〇〓□", ".", "[国黑]", "[^国]", "[^黑〓]", "[一-丁]"])
EXPRESSIONS = st.recursive(
    st.lists(ATOMS, min_size=1, max_size=3).map("".join),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map("".join),
        st.tuples(inner, inner).map(lambda both: f"(?:{'|'.join(both)})"),
        st.builds("(?:{}){}".format, inner, st.sampled_from(["?", "{0,2}", "{1,3}", "{2}", "??", "{0,3}?"])),
    ),
    max_leaves=4,
)


@law
@given(expression=EXPRESSIONS, scope=SCOPES)
def test_a_regular_expression_matches_from_each_start_once(indexed: Indexed, expression: str, scope: Scope) -> None:
    try:
        found = total(indexed, f"/{expression}/", scope)
    except SearchError:
        reject()  # for being too broad or too long
    assert found == len(matches(indexed.sections, expression, scope))


@law
@given(data=st.data(), scope=SCOPES, distance=st.integers(0, 12))
def test_near_finds_both_orders_in_one_run_and_before_one(
    indexed: Indexed, data: st.DataObject, scope: Scope, distance: int
) -> None:
    phrase = cut(data, indexed)
    assume("[" not in phrase)  # what is left of a composition might have its * as a wildcard
    split = data.draw(st.integers(3, 5))
    gap = data.draw(st.integers(0, 12))
    left, right = phrase[:split], phrase[split + gap : split + gap + 3] or phrase[-3:]
    assume(is_told(left) and is_told(right))
    if data.draw(st.booleans()):
        left, right = right, left
    for operator, is_ordered in (("NEAR", False), ("BEFORE", True)):
        q = f"{quoted(left)} {operator}/{distance} {quoted(right)}"
        assert total(indexed, q, scope) == len(beside(indexed.sections, left, right, distance, scope, is_ordered))


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data(), scope=SCOPES)
def test_within_a_section_words_are_near_however_far_apart(indexed: Indexed, data: st.DataObject, scope: Scope) -> None:
    left, right = cut(data, indexed)[:3], cut(data, indexed)[:3]
    assume(is_told(left) and is_told(right))
    for operator, is_ordered in (("NEAR", False), ("BEFORE", True)):
        q = f"{quoted(left)} {operator}/篇 {quoted(right)}"
        assert total(indexed, q, scope) == len(together(indexed.sections, left, right, scope, is_ordered))
