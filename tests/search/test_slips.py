"""A phrase with one character wrong, missing or too much: every store finds just what a plain scan finds."""

from __future__ import annotations

import json
import random
import re
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st
from oracle import with_slips
from stores import Indexing

from corpora.model import Section, Work
from corpora.readers import read
from corpora.sources.discover import discover
from indexer.text.folding import fold
from search.library import Library
from search.model import Mode, Scope, SearchError, SearchRequest, Slip, Why
from search.query import parse
from search.words.lookalikes import pairs

CASES = {
    "as it is": "甲乙丙丁戊",
    "in print": "甲乙(丙丁/戊己)丙丁戊",
    "a word in a note": "子(甲乙丙/丁戊)丑",
    "a note within": "甲乙丙(寅/)丁戊卯辰",
    "look-alikes": "申乙丙丁戊。甲乙丙丁戍。甲乙丙下戊",
    "wrong": "子乙丙丁戊。甲乙子丁戊。甲乙丙丁子",
    "extra": "甲乙子丙丁戊。",
    "something around it": "子甲乙丙丁戊子",
    "missing": "乙丙丁戊",
    "missing within": "甲乙丁戊",
    "missing at the end": "甲乙丙丁",
    "beside each other": "甲乙丙丁甲乙丙丁戊乙丙丁戊",
    "two slips": "甲子丙子戊。甲乙丙子。乙子丙丁戊",
}
"""Texts around 甲乙丙丁戊, each a section of its own."""


def sections_of(dice: random.Random) -> list[str]:
    """The cases; a text of four characters full of notes; and one of what stands for a character."""
    restless = "".join(
        f"({_some(dice)}/{_some(dice)})" if dice.random() < 0.3 else _some(dice) + "\n" * (dice.random() < 0.1)
        for _ in range(400)
    )
    parts = [*"國黑一三〇々□〓\n", "⿰金先", "[金*先]", "&CB00178;", "國黑", "東國"]
    unknown = re.sub("\n+", "\n", "".join(dice.choices(parts, k=400)))
    return [*CASES.values(), restless, unknown]


def _some(dice: random.Random) -> str:
    return "".join(dice.choices("國国黑東", k=dice.randrange(1, 8)))


@dataclass(frozen=True)
class Indexed:
    """A library of one kind of store, with the sections that went into it, by work and number."""

    library: Library
    sections: dict[tuple[str, int], Section]

    def scanned(self, phrase: str, scope: Scope, strict: bool = False) -> list[tuple[str, int, int, int, Slip]]:
        return sorted(
            (*place, found.characters[0].offset, found.last + 1, slip)
            for place, section in self.sections.items()
            for found, slip in with_slips([section], phrase, scope, strict)
        )

    def found(self, phrase: str, scope: Scope, strict: bool = False) -> list[tuple[str, int, int, int, Slip]]:
        return sorted(
            (each.work.id, each.section_number, each.start, each.end, _kind(each.slip))
            for each in self.library.find(f'"{phrase}"~', scope=scope, strict=strict)
        )


def _kind(slip: Slip) -> Slip:
    return Slip.WRONG if slip is Slip.LOOKALIKE else slip


@pytest.fixture(scope="module")
def indexed(indexing: Indexing, tmp_path_factory: pytest.TempPathFactory) -> Indexed:
    folder = tmp_path_factory.mktemp("texts")
    for number, text in enumerate(sections_of(random.Random(3))):
        notes = []
        while found := re.search(r"\(([^()/]*)/([^()]*)\)", text):
            said = found[1] + found[2]
            notes.append([found.start(), found.start() + len(said)])
            text = text[: found.start()] + said + text[found.end() :]
        (folder / f"{number:02}.jsonl").write_text(
            json.dumps({"id": f"w{number:02}", "title": "試", "text": text, "notes": notes}), "utf-8"
        )
    works = [item for source in discover(folder)[0] for item in read(source)]
    sections = {
        (work.id, number): section
        for work in works
        if isinstance(work, Work)
        for number, section in enumerate(work.sections)
    }
    return Indexed(Library.open(indexing([[folder]], tmp_path_factory.mktemp("index"))), sections)


@st.composite
def phrases(draw: st.DrawFn) -> str:
    """A phrase of the texts, most often with a slip, or a random one."""
    text = draw(st.sampled_from([*CASES.values(), *sections_of(random.Random(3))[-2:]]))
    start = draw(st.integers(0, max(len(text) - 3, 0)))
    phrase = re.sub(r"[()/\n]", "", text[start : start + draw(st.integers(3, 9))])
    at = draw(st.integers(0, len(phrase)))
    return phrase[:at] + draw(st.sampled_from(["", "", "國", "乙"])) + phrase[at + draw(st.integers(0, 1)) :]


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(phrase=phrases(), scope=st.sampled_from(Scope), strict=st.booleans())
@example(phrase="甲乙丙丁戊", scope=Scope.BOTH, strict=False)
@example(phrase="甲乙丙", scope=Scope.BOTH, strict=False)
@example(phrase="國国黑", scope=Scope.BOTH, strict=True)
def test_what_is_found_is_what_a_plain_scan_finds(indexed: Indexed, phrase: str, scope: Scope, strict: bool) -> None:
    try:
        parse(f'"{phrase}"~')
    except SearchError:
        assume(False)
    expected = indexed.scanned(phrase, scope, strict)
    assert indexed.found(phrase, scope, strict) == expected
    response = indexed.library.search(SearchRequest(f'"{phrase}"~', Mode.EXACT, scope, strict))
    assert response.total.occurrences == len(expected)
    assert len(indexed.library.find(f'"{phrase}"', scope=scope, strict=strict)) == sum(
        slip is Slip.NONE for *_, slip in expected
    )


def test_what_is_as_asked_comes_first_then_what_looks_alike(indexed: Indexed) -> None:
    response = indexed.library.search(SearchRequest('"甲乙丙丁戊"~', Mode.EXACT, limit=100))
    whys = [hit.why for hit in response.hits]
    assert whys[0] == (Why.EXACT,)
    asked = [why in ((Why.EXACT,), (Why.FOLDED,)) for why in whys]
    assert asked == sorted(asked, reverse=True)
    assert (Why.LOOKALIKE,) in whys
    alike = [Why.LOOKALIKE in why for why, is_asked in zip(whys, asked, strict=True) if not is_asked]
    assert alike == sorted(alike, reverse=True)
    assert {why for each in whys for why in each} >= {Why.WRONG, Why.EXTRA, Why.MISSING}


def test_lines_say_what_is_wrong_with_them(indexed: Indexed) -> None:
    found = {each.text: (each.slip, each.typed) for each in indexed.library.find('"甲乙丙丁戊"~', scope=Scope.TEXT)}
    assert found["甲乙丙丁戊"] == (Slip.NONE, True)
    assert found["申乙丙丁戊"] == found["甲乙丙下戊"] == (Slip.LOOKALIKE, False)
    assert found["子乙丙丁戊"] == (Slip.WRONG, False)
    assert found["甲乙子丙丁戊"] == (Slip.EXTRA, False)
    assert found["甲乙丁戊"] == (Slip.MISSING, False)


def test_a_phrase_with_a_slip_joins_others_as_any_does(indexed: Indexed) -> None:
    alone, either = (indexed.library.find(q) for q in ('"甲乙丙丁戊"~', '"甲乙丙丁戊"~ OR "甲乙丙丁戊"'))
    assert [(each.address, each.slip) for each in alone] == [(each.address, each.slip) for each in either]
    near = indexed.library.find('"甲乙丙丁戊"~ BEFORE/0 "乙丙丁戊"')
    assert [(each.text, each.slip) for each in near] == [("甲乙丙丁戊乙丙丁戊", Slip.NONE)]
    denied = indexed.library.search(SearchRequest('"丁戊" NOT "甲乙丙丁戊"~', Mode.EXACT))
    wanted = indexed.library.search(SearchRequest('"丁戊" "甲乙丙丁戊"~', Mode.EXACT))
    every = indexed.library.search(SearchRequest('"丁戊"', Mode.EXACT))
    assert denied.total.passages + wanted.total.passages == every.total.passages


def test_what_stands_almost_everywhere_is_refused(indexed: Indexed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("search.exact.approximate.MOST_PLACES", 3)
    with pytest.raises(SearchError, match="slip-too-broad: 國國黑"):
        indexed.library.find("國國黑~")


def test_look_alikes_are_characters_that_search_tells_apart() -> None:
    folded = [frozenset(map(fold, pair)) for pair in pairs()]
    assert all(len(pair) == 2 and all(len(char) == 1 for char in pair) for pair in folded)
    assert len(folded) == len(set(folded))
