"""Shared runs, chains and alignments, held to what a plain comparison finds."""

from __future__ import annotations

from itertools import combinations, pairwise, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle import shared_runs

from corpora.catalogue import CatalogueRecord
from corpora.model import Section
from indexer.text.streams import BOUNDARY, code_points
from search.model import WorkCard
from search.parallels import comparing
from search.parallels import runs as module
from search.parallels.alignment import EDIT, SAME, Agreement, AlignedStretch, aligned, compared
from search.parallels.chains import FAR, by_segment, chained
from search.parallels.comparing import CollectionComparison, stretches_of
from search.parallels.model import Agreements
from search.parallels.runs import Runs, Shingles, united
from search.parallels.shared import neighbourhoods

TEXTS = st.text(st.sampled_from("甲乙丙\0"), max_size=60)
WHOLE = st.text(st.sampled_from("甲乙丙"), min_size=1, max_size=14)


def rows(runs: Runs) -> list[tuple[int, int, int]]:
    return list(zip(*(column.tolist() for column in runs), strict=True))


def found(text: str, other: str, least: int) -> Runs:
    return Runs.joined(list(Shingles(code_points(text), least).shared(code_points(other))))


@settings(max_examples=150)
@given(text=TEXTS, other=TEXTS, least=st.integers(2, 13))
def test_shingles_find_every_maximal_run_once(text: str, other: str, least: int) -> None:
    got = rows(found(text, other, least))
    assert len(got) == len(set(got))
    assert set(got) == shared_runs(text, other, least)


def test_long_runs_and_many_of_them_are_found_in_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "甲乙丙丁戊己庚辛" * 20
    expected = shared_runs(text, text[3:90], 12)
    assert max(length for _, _, length in expected) == 87
    monkeypatch.setattr(module, "AT_ONCE", 7)
    assert set(rows(found(text, text[3:90], 12))) == expected


@given(text=TEXTS, other=TEXTS)
def test_pieces_of_runs_are_united_to_them(text: str, other: str) -> None:
    whole = found(text, other, 2)
    pieces = [(at + step, place + step, 2) for at, place, length in rows(whole) for step in range(0, length - 1)]
    made = united(Runs(*np.array(pieces, np.int64).reshape(-1, 3).T))
    assert sorted(rows(made)) == sorted(rows(whole))


@given(text=TEXTS, other=TEXTS)
def test_chains_keep_each_run_or_a_part_of_it_in_the_order_of_both_texts(text: str, other: str) -> None:
    whole = found(text, other, 2)
    covered: set[tuple[int, int]] = set()
    for chain in chained(whole):
        for (at, place, length), (next_at, next_place, _) in pairwise(rows(chain)):
            assert at + length <= next_at
            assert place + length <= next_place
            assert max(next_at - at, next_place - place) - length <= FAR + length
        covered |= {(at + step, place + step) for at, place, length in rows(chain) for step in range(length)}
    assert covered <= {(at + step, place + step) for at, place, length in rows(whole) for step in range(length)}
    assert {(at + length - 1, place + length - 1) for at, place, length in rows(whole)} <= covered


def test_what_is_turned_round_makes_two_chains_and_what_is_changed_makes_one() -> None:
    one, other = "子丑寅卯辰巳午未申酉戌亥", "甲乙丙丁戊己庚辛壬癸天地"
    assert len(chained(found(one + other, other + one, 5))) == 2
    (chain,) = chained(found(one + "人" + other, one + "心" + other, 5))
    assert rows(chain) == [(0, 0, 12), (13, 13, 12)]


def test_segments_are_what_boundaries_part() -> None:
    text, other = "甲乙丙\0甲乙\0\0丙甲乙", "甲乙"
    segments = [(low, high, rows(some)) for low, high, some in by_segment(code_points(text), found(text, other, 2))]
    assert segments == [(0, 3, [(0, 0, 2)]), (4, 6, [(4, 0, 2)]), (8, 11, [(9, 0, 2)])]


def said(steps: tuple[AlignedStretch, ...], text: str, other: str) -> tuple[str, str]:
    """Both texts as the alignment says them again, and that its steps are what they claim."""
    for each in steps:
        mine, theirs = text[each.start : each.end], other[each.here_start : each.here_end]
        match each.agreement:
            case Agreement.SAME:
                assert mine == theirs
                assert mine
            case Agreement.CHANGED:
                assert len(mine) == len(theirs) > 0
                assert all(a != b for a, b in zip(mine, theirs, strict=True))
            case Agreement.MISSING:
                assert mine
                assert not theirs
            case Agreement.ADDED:
                assert theirs
                assert not mine
    for one, following in pairwise(steps):
        assert (one.end, one.here_end) == (following.start, following.here_start)
    return (
        "".join(text[each.start : each.end] for each in steps),
        "".join(other[each.here_start : each.here_end] for each in steps),
    )


def best(text: str, other: str) -> int:
    """The best score of a global alignment, by the textbook's recurrence."""
    row = [-EDIT * at for at in range(len(other) + 1)]
    for char in text:
        above, row = row, [row[0] - EDIT]
        for at, here in enumerate(other, 1):
            row.append(max(above[at - 1] + (SAME if char == here else -EDIT), above[at] - EDIT, row[-1] - EDIT))
    return row[-1]


@given(text=WHOLE, other=WHOLE)
def test_an_alignment_says_both_texts_and_none_scores_better(text: str, other: str) -> None:
    steps = compared(code_points(text), code_points(other))
    assert said(steps, text, other) == (text, other)
    assert Agreements.of(steps).score == best(text, other)


@given(before=WHOLE, after=WHOLE, other_before=WHOLE, other_after=WHOLE)
def test_beyond_a_run_an_alignment_goes_on_as_far_as_it_pays(
    before: str, after: str, other_before: str, other_after: str
) -> None:
    run = "天地玄黄宇宙"
    text, other = before + run + after, other_before + run + other_after
    chain = Runs(*np.array([[len(before)], [len(other_before)], [len(run)]]))
    steps = aligned(code_points(text), code_points(other), chain)
    said(steps, text, other)
    reachable = max(
        best(before[start:], other_before[here:])
        for start in range(len(before) + 1)
        for here in range(len(other_before) + 1)
    ) + max(
        best(after[:end], other_after[:there]) for end in range(len(after) + 1) for there in range(len(other_after) + 1)
    )
    assert Agreements.of(steps).score == SAME * len(run) + reachable


def test_neighbourhoods_end_where_it_is_far_to_the_next_run_and_at_boundaries() -> None:
    at = np.arange(5)
    places = np.array([0, 10, 15 + 2 * FAR, 18 + 2 * FAR, 40 + 2 * FAR])
    runs = Runs(at, places, np.full(5, 5))
    groups = [some.places.tolist() for some in neighbourhoods(runs, np.array([30 + 2 * FAR]), 8)]
    assert groups == [[0, 10], [15 + 2 * FAR, 18 + 2 * FAR]]  # overlapping runs share what they share once


SHELVES = st.lists(st.lists(st.text(st.sampled_from("甲乙丙"), max_size=30), min_size=1, max_size=3), max_size=4)


@settings(max_examples=60)
@given(shelf=SHELVES, least=st.integers(2, 5), held=st.integers(1, 60), read=st.integers(1, 60))
def test_works_are_compared_two_by_two_however_they_are_cut(
    shelf: list[list[str]], least: int, held: int, read: int
) -> None:
    cards = [WorkCard(str(number), "", CatalogueRecord(""), len(texts)) for number, texts in enumerate(shelf)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(comparing, "HELD", held)
        patch.setattr(comparing, "READ", read)
        comparison = CollectionComparison(
            cards,
            cards,
            least,
            lambda work, number: Section("", shelf[int(work)][number]),
            lambda work: np.array([[len(text), 0] for text in shelf[int(work)]]),
        )
    rows, pairs, _ = stretches_of(comparison.step(number) for number in range(len(comparison.steps)))
    expected = {
        (one, other): sum(len(shared_runs(mine, theirs, least)) for mine, theirs in product(shelf[one], shelf[other]))
        for one, other in combinations(range(len(shelf)), 2)
    }
    assert {(int(pair.here.id), int(pair.there.id)): pair.runs for pair in pairs} == {
        pair: runs for pair, runs in expected.items() if runs
    }
    for row in rows:
        for place in (row.here, row.there):
            texts = shelf[int(place.work.id)]
            assert place.text == texts[place.section_number][place.start : place.end]
            assert place.at == sum(map(len, texts[: place.section_number])) + place.start


def test_boundaries_are_in_no_run() -> None:
    assert BOUNDARY == 0
    assert rows(found("甲乙\0丙丁", "甲乙\0丙丁", 2)) == [(0, 0, 2), (3, 3, 2)]
