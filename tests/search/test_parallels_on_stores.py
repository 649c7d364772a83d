"""Parallels on every store: what is quoted, reworded or turned round is found and told apart, and no run is missed."""

from __future__ import annotations

import random
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import pytest
from oracle import Run, runs, shared_runs
from stores import Indexing

from corpora.model import Section, SpanKind, Work
from corpora.readers import read
from corpora.sources.discover import discover
from search.addresses import Address
from search.library import Library
from search.model import Scope, SearchError
from search.parallels import comparing, written
from search.parallels.alignment import Agreement
from search.parallels.model import MOST_CHARACTERS, Likeness, Parallel, ParallelsRequest
from search.parallels.works import WorkParallelsRequest

FIRST = "金之先出靺鞨氏靺鞨本號勿吉古肅慎地也"
SECOND = "元魏時勿吉有七部曰粟末部曰伯咄部曰安車骨部"
THIRD = "隋稱靺鞨而七部並同唐初有黑水靺鞨粟末靺鞨"
MODERN = "寒冬時節，漁人在冰上鑿孔，下網捕魚。"
CLASSICAL = "冬月，漁者鑿冰取魚。"


def filler(seed: int, size: int) -> str:
    """Characters that stand in none of the quotations, and never five in a row as another filler has them."""
    return "".join(random.Random(seed).choices("山川草木花鳥風月春夏秋", k=size))


BOOKS = {
    "源": f"{filler(1, 90)}。{FIRST}，{SECOND}。{THIRD}。{filler(2, 90)}",
    "同": f"{filler(3, 90)}{FIRST}{filler(4, 90)}",
    "简": f"{filler(5, 40)}，金之先，出靺鞨氏。靺鞨本号勿吉，古肃慎地也。{filler(6, 40)}",
    "改": f"{filler(7, 50)}金之先出靺鞨之氏，靺鞨本名勿吉，古肅慎也{filler(8, 50)}",
    "倒": f"{filler(9, 50)}{THIRD}{filler(10, 12)}{SECOND}{filler(11, 50)}",
    "漁": f"{filler(12, 50)}。{CLASSICAL}{filler(13, 50)}。",
}
NOTED = (
    "#+TITLE: 注\n#+PROPERTY: ID KR9z0001\n#+PROPERTY: JUAN 卷一\n<pb:KR9z0001_WYG_001-1a>¶\n"
    f"欽定四庫全書¶\n風月({SECOND[:6]}/{SECOND[6:12]})¶\n({SECOND[12:17]}/{SECOND[17:]})山川¶\n"
    f"{THIRD[:8]}(另條/見前){THIRD[8:]}¶\n"
)


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("texts")
    for name, text in BOOKS.items():
        (folder / f"{name}.txt").write_text(f"---\nid: {name}\ntitle: {name}書\n---\n{text}\n", "utf-8")
    (folder / "KR9z0001").mkdir()
    (folder / "KR9z0001" / "KR9z0001_001.txt").write_text(NOTED, "utf-8")
    return sorted(folder.iterdir())


@pytest.fixture(scope="module")
def library(indexing: Indexing, paths: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Library:
    return Library.open(indexing([paths[:3], paths], tmp_path_factory.mktemp("index")))


@pytest.fixture(scope="module")
def works(paths: list[Path]) -> dict[str, Work]:
    read_works = [each for path in paths for source in discover(path)[0] for each in read(source)]
    return {each.id: each for each in read_works if isinstance(each, Work)}


def found(library: Library, text: str, **more: object) -> dict[str, Parallel]:
    """The best parallel in wording of each work."""
    answer = library.parallels(replace(ParallelsRequest(text), **more))
    some = [each for each in answer.rows if each.likeness is not Likeness.MEANING]
    return {each.work.id: each for each in reversed(some)}


def said(text: str, section: Section, parallel: Parallel) -> list[tuple[Agreement, str, str]]:
    """What each stretch of a parallel says in the text and in the section."""
    return [
        (each.agreement, text[each.start : each.end], section.text[each.here_start : each.here_end])
        for part in parallel.parts
        for each in part.stretches
    ]


def test_what_is_quoted_is_exact_in_any_script_and_over_any_punctuation(
    library: Library, works: dict[str, Work]
) -> None:
    parallels = found(library, FIRST)
    in_order = [each.work.id for each in library.parallels(ParallelsRequest(FIRST)).rows]
    assert in_order[:4] == ["同", "源", "简", "改"]  # equals in the order of place
    for work in ("同", "源", "简"):
        each = parallels[work]
        assert each.likeness is Likeness.EXACT
        assert (each.agreements.same, each.agreements.identity) == (len(FIRST), 1)
        section = works[work].sections[0]
        assert section.text[each.start : each.end] == each.text
        assert section.text[: each.start].endswith(each.left)
        assert section.text[each.end :].startswith(each.right)
        assert library.locate(Address.parse(str(each.address))).start == each.start
    assert parallels["简"].text == "金之先，出靺鞨氏。靺鞨本号勿吉，古肃慎地也"


def test_what_is_changed_missing_and_added_is_told(library: Library, works: dict[str, Work]) -> None:
    each = found(library, FIRST)["改"]
    assert each.likeness is Likeness.NEAR
    assert [step for step in said(FIRST, works["改"].sections[0], each) if step[0] is not Agreement.SAME] == [
        (Agreement.ADDED, "", "之"),
        (Agreement.CHANGED, "號", "名"),
        (Agreement.MISSING, "地", ""),
    ]
    assert (each.agreements.changed, each.agreements.missing, each.agreements.added) == (1, 1, 1)


def test_parts_are_found_in_any_order(library: Library, works: dict[str, Work]) -> None:
    text = f"{SECOND}。{THIRD}"
    each = found(library, text)["倒"]
    assert each.likeness is Likeness.EXACT
    steps = said(text, works["倒"].sections[0], each)
    assert [(mine, theirs) for _, mine, theirs in steps] == [(THIRD, THIRD), (SECOND, SECOND)]
    assert len(each.parts) == 2


def test_a_note_is_a_text_of_its_own(library: Library, works: dict[str, Work]) -> None:
    each = found(library, SECOND)["KR9z0001"]
    assert each.in_notes
    assert each.page == "001-1a"
    assert each.likeness is Likeness.EXACT
    note, _ = [span for span in works["KR9z0001"].sections[0].spans if span.kind is SpanKind.NOTE]
    assert note.start <= each.start < each.end <= note.end


def test_a_note_that_interrupts_is_no_part_of_what_is_shared(library: Library, works: dict[str, Work]) -> None:
    section = works["KR9z0001"].sections[0]
    each = found(library, THIRD)["KR9z0001"]
    assert each.likeness is Likeness.EXACT
    assert said(THIRD, section, each) == [
        (Agreement.SAME, THIRD[:8], THIRD[:8]),
        (Agreement.SAME, THIRD[8:], THIRD[8:]),
    ]
    start = section.text.index(THIRD[:8])
    place = Address("KR9z0001", 0, "001-1a", start, section.text[start:].rstrip())
    other = found(library, "", place=place)["源"]
    assert [(mine, theirs) for _, mine, theirs in said(place_text(section, place), works["源"].sections[0], other)] == [
        (THIRD[:8], THIRD[:8]),
        (THIRD[8:], THIRD[8:]),
    ]


def place_text(section: Section, place: Address) -> str:
    return section.text[place.start : place.start + place.length]


def test_what_says_the_like_in_other_words_is_near_in_meaning(library: Library) -> None:
    answer = library.parallels(ParallelsRequest(MODERN))
    assert answer.rows[0].work.id == "漁"
    assert answer.rows[0].likeness is Likeness.MEANING
    assert "鑿冰取魚" in answer.rows[0].text
    assert 0 < answer.rows[0].nearness <= 1
    assert [each.nearness for each in answer.rows] == sorted((each.nearness for each in answer.rows), reverse=True)
    assert (answer.windows, answer.compared) == (1, 1)
    shared = "".join(MODERN[part.start : part.end] for part in answer.rows[0].parts)
    assert shared == "".join(
        answer.rows[0].text[p.here_start - answer.rows[0].start :][: p.end - p.start] for p in answer.rows[0].parts
    )


def test_a_passage_of_the_index_is_not_its_own_parallel(library: Library, works: dict[str, Work]) -> None:
    text = works["源"].sections[0].text
    start = text.index(FIRST)
    place = Address("源", 0, "", start, FIRST)
    parallels = found(library, "", place=place)
    assert set(parallels) == {"同", "简", "改"}
    assert library.parallels(ParallelsRequest(place=place)).text == FIRST
    with pytest.raises(SearchError, match="place-gone"):
        library.parallels(ParallelsRequest(place=replace(place, work="無")))


def test_only_some_works_are_looked_into_and_enough_has_to_be_shared(library: Library) -> None:
    assert set(found(library, FIRST, among=("同", "改"))) == {"同", "改"}
    assert set(found(library, FIRST, least=12)) == {"同", "源", "简"}  # no run of the other is so long, and in sum
    assert set(found(library, FIRST + SECOND, least=30)) == {"源"}
    assert set(found(library, FIRST[:6])) == {"同", "源", "简", "改"}
    answer = library.parallels(ParallelsRequest(FIRST, likenesses=(Likeness.NEAR,)))
    assert [each.work.id for each in answer.rows] == ["改"]
    assert answer.counts[Likeness.EXACT] == 3
    with pytest.raises(SearchError, match="no-such-work"):
        library.parallels(ParallelsRequest(FIRST, among=("無",)))
    with pytest.raises(SearchError, match="text-too-long"):
        library.parallels(ParallelsRequest("字" * (MOST_CHARACTERS + 1)))
    for nothing in ("", "，。", "龘"):
        assert library.parallels(ParallelsRequest(nothing)).rows == ()


def folded(run: Run) -> str:
    return "".join(each.folded for each in run)


def own_runs(work: Work) -> list[tuple[int, Run]]:
    return [(number, run) for number, section in enumerate(work.sections) for run in runs(section, Scope.BOTH)[:-1]]


@pytest.mark.parametrize(("one", "other"), [("源", "同"), ("源", "倒"), ("源", "KR9z0001"), ("同", "简"), ("同", "源")])
def test_every_shared_run_is_in_a_stretch(library: Library, works: dict[str, Work], one: str, other: str) -> None:
    answer = library.work_parallels(WorkParallelsRequest(one, (other,), least=8))
    expected = [
        (number, mine[at].offset, there, theirs[place].offset, length)
        for number, mine in own_runs(works[one])
        for there, theirs in own_runs(works[other])
        for at, place, length in shared_runs(folded(mine), folded(theirs), 8)
    ]
    assert answer.runs == len(expected) > 0
    for number, start, there, place, length in expected:
        assert any(
            (row.here.section_number, row.there.section_number) == (number, there)
            and row.here.start <= start < start + length <= row.here.end
            and row.there.start <= place < place + length <= row.there.end
            and row.longest >= length
            for row in answer.rows
        )
    for row in answer.rows:
        for place in (row.here, row.there):
            assert place.text == works[place.work.id].sections[place.section_number].text[place.start : place.end]
            assert library.locate(Address.parse(str(place.address))).start == place.start
    assert [row.here.at for row in answer.rows] == sorted(row.here.at for row in answer.rows)


def test_every_two_works_of_a_collection_are_compared_in_steps_of_any_size(
    library: Library, works: dict[str, Work], monkeypatch: pytest.MonkeyPatch
) -> None:
    request = WorkParallelsRequest(collection="local", least=8)
    answer = library.work_parallels(request)
    expected = {
        (one, other): sum(
            len(shared_runs(folded(mine), folded(theirs), 8))
            for _, mine in own_runs(works[one])
            for _, theirs in own_runs(works[other])
        )
        for one, other in combinations(sorted(works), 2)
    }
    assert {(pair.here.id, pair.there.id): pair.runs for pair in answer.pairs} == {
        pair: count for pair, count in expected.items() if count
    }
    assert answer.runs == sum(expected.values()) > 0
    for pair in answer.pairs:
        rows = [row for row in answer.rows if (row.here.work, row.there.work) == (pair.here, pair.there)]
        assert len(rows) == pair.stretches
    for sizes in ((1, 1), (1, 300), (300, 1)):
        for name, size in zip(("HELD", "READ"), sizes, strict=True):
            monkeypatch.setattr(comparing, name, size)
        comparison = library.comparison(request)
        assert len(comparison.steps) > 5
        steps = [comparison.step(number) for number in range(len(comparison.steps))]
        cards = {card.id: card for card in library.works()}
        kept = [written.read(written.written(step), cards) for step in steps]
        assert kept == steps
        assert replace(library.compared(request, kept), took_ms=answer.took_ms) == answer
        del cards["源"]
        without = library.compared(request, [written.read(written.written(step), cards) for step in steps])
        assert without.rows == tuple(row for row in answer.rows if "源" not in (row.here.work.id, row.there.work.id))
        assert without.runs == sum(count for pair, count in expected.items() if "源" not in pair)
    with pytest.raises(SearchError, match="no-such-work"):
        library.comparison(WorkParallelsRequest(collection="無"))


def test_a_work_is_held_against_all_others_and_tells_how_far_it_is(library: Library) -> None:
    told: list[tuple[str, int, int]] = []
    answer = library.work_parallels(WorkParallelsRequest("源"), lambda *progress: told.append(progress))
    assert {card.id for card in answer.among} == {*BOOKS, "KR9z0001"} - {"源"}
    assert {row.there.work.id for row in answer.rows} == {"同", "简", "倒", "KR9z0001"}
    assert [done for _, done, _ in told] == list(range(1, len(BOOKS) + 1))
    assert not answer.at_least
    with pytest.raises(SearchError, match="no-such-work"):
        library.work_parallels(WorkParallelsRequest("無"))


def test_bounds_are_told(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(comparing, "MOST_RUNS", 0)
        assert library.work_parallels(WorkParallelsRequest("源")).at_least
    monkeypatch.setattr(comparing, "MOST_STRETCHES", 1)
    answer = library.work_parallels(WorkParallelsRequest("源"))
    assert (len(answer.rows), answer.at_least) == (1, True)
