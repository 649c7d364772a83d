"""Small and half-dead packs become fewer; what is found stays the same."""

from __future__ import annotations

import json
import math
import random
from dataclasses import replace
from itertools import pairwise, product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpora.catalogue import CatalogueRecord
from corpora.model import Canvas, Page, Role, Section, Span, SpanKind, Work
from eval.quality.rankings import ranking
from indexer.building import merging
from indexer.building.build import build, compact
from indexer.building.merging import GATHERED, LARGEST, SMALL, TIERS, MergeCandidate, due, wasteful
from indexer.embedding import load_embedder
from indexer.engines import ENGINES
from indexer.errors import IndexFailure
from indexer.store.checksums import LIST
from indexer.store.generation import Generation, PackEntry, open_packs, pack_folder, published
from indexer.store.lock import builder_lock
from indexer.store.pack import Pack
from indexer.store.writer import PackWriter
from indexer.text import folding
from indexer.upkeep.repair import repair, verify
from search.library import Library
from search.model import Mode, Scope, SearchRequest, Sort

NORTH = """#+TITLE: 北志
#+PROPERTY: ID KR9a0001
#+PROPERTY: JUAN 卷一
<pb:KR9a0001_WYG_001-1a>¶
混同江出長白山北流會黒龍江入海¶
上京會寧府在混同江之南(舊名/海古)其地苦寒&KR2038;¶
<pb:KR9a0001_WYG_001-1b>¶
國人漁獵爲業冬則鑿氷取魚¶
<pb:KR9a0001_WYG_001-2a>¶
#+PROPERTY: JUAN 卷二
<pb:KR9a0001_WYG_002-1a>¶
會寧府置留守司(未完¶
"""
MARKDOWN = "---\nid: {0}\ntitle: {0}\nlanguage: {1}\nauthor: {0}氏\n---\n\n{2}\n"
TEXTS = {
    "fish": ("zh", "每到冬天，渔民凿开冰面，在冰下布网捕鱼。混同江的鱼最为肥美。"),
    "city": ("zh", "会宁府是金朝的上京，遗址在今天的阿城。混同江在它的北面。"),
    "hill": ("lzh", "山多松柏，混同江之源也。其巔有池，深不可測。"),
    "town": ("lzh", "城在混同江之南，民居百家，冬日獵於山，春日漁於江。"),
}
QUERIES = ("混同江", "冬天在冰上捕鱼", "会宁府 OR 松柏", "海古", "冬", "author:hill 山", "長春")


def write(folder: Path, name: str, text: str = "") -> Path:
    """One of the texts, or another of that name."""
    folder.mkdir(exist_ok=True)
    language, known = TEXTS.get(name, ("lzh", ""))
    path = folder / f"{name}.md"
    path.write_text(MARKDOWN.format(name, language, text or known), "utf-8")
    return path


def sources(folder: Path) -> list[Path]:
    """Texts of several kinds: with notes, pages, gaiji, an error; a page after the last character; modern ones."""
    north = folder / "KR9a0001"
    north.mkdir(parents=True)
    (north / "KR9a0001_001.txt").write_text(NORTH, "utf-8")
    pages = [{"label": "1", "start": 0}, {"label": "2", "start": 4}]
    sections = [{"title": title, "text": "江水長流", "pages": pages, "notes": [[1, 2]]} for title in ("上", "下")]
    lines = folder / "river.jsonl"
    lines.write_text(json.dumps({"id": "river", "title": "江", "sections": sections}, ensure_ascii=False), "utf-8")
    return [north, *(write(folder, name) for name in TEXTS), lines]


def state(index: Path) -> Generation:
    generation = published(index)
    assert generation
    return generation


def answers(index: Path) -> list[object]:
    """All that a reader can see, but for the last digits of scores."""
    library = Library.open(index)
    found: list[object] = [library.works()]
    for card in library.works():
        found += [library.section(card.id, number, "混同江") for number in range(card.sections)]
    for q, mode, sort, scope in product(QUERIES, Mode, Sort, Scope):
        response = library.search(SearchRequest(q=q, mode=mode, sort=sort, scope=scope))
        found += [response.total, response.facets, response.suggestions]
        found += [response.unknown_words, response.has_close_match]
        found += [replace(hit, score=round(hit.score, 4)) for hit in response.hits]
    return found


@pytest.fixture(params=ENGINES)
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """An index of works that came one by one; one of them was replaced, and one removed."""
    for number, path in enumerate(sources(tmp_path / "texts")):
        build([path], tmp_path / "index", engine=request.param if number == 0 else None)
    build([write(tmp_path / "more", "late", "晚來者也，混同江之客。")], tmp_path / "index")
    build([write(tmp_path / "texts", "hill", "山多松柏，後人改之。")], tmp_path / "index", remove=["town"])
    return tmp_path / "index"


def test_answers_stay_the_same(index: Path) -> None:
    before, reader = answers(index), Library.open(index)
    packs = len(state(index).packs)
    works = {work for pack in state(index).packs for work in pack.works}
    done = compact(index)
    assert (done.rewritten, done.before, done.after) == (packs, packs, 1)
    assert answers(index) == before
    assert reader.search(SearchRequest(q="混同江", mode=Mode.EXACT)).total.occurrences
    assert {work for pack in state(index).packs for work in pack.works} == works - {"town"}
    assert verify(index).damages == ()
    assert (repair(index, go_back=True).back, answers(index)) == (True, before)


def test_a_merged_pack_is_byte_for_byte_what_a_build_of_the_same_works_writes(tmp_path: Path) -> None:
    paths = sources(tmp_path / "texts")
    build(paths, tmp_path / "at-once")
    for path in paths:
        build([path], tmp_path / "one-by-one")
    assert compact(tmp_path / "one-by-one").before == len(paths)
    (first,), (second,) = (state(tmp_path / name).packs for name in ("at-once", "one-by-one"))
    assert (first.works, first.live) == (second.works, second.live)
    one, other = pack_folder(tmp_path / "at-once", first.name), pack_folder(tmp_path / "one-by-one", second.name)
    assert (one / LIST).read_bytes() == (other / LIST).read_bytes()


def test_later_builds_skip_what_has_not_changed_and_say_again_what_was_wrong(tmp_path: Path) -> None:
    paths, index = sources(tmp_path / "texts"), tmp_path / "index"
    problems = [problem for path in paths for problem in build([path], index).problems]
    assert problems
    compact(index)
    again = build(paths, index)
    assert (again.unchanged, again.added, again.generation) == (len(paths), 0, state(index).number)
    assert list(again.problems) == problems
    build([write(tmp_path / "texts", "hill", "山改矣。")], index)
    compact(index)
    assert list(build(paths, index).problems) == problems


def test_where_there_is_nothing_to_gain_nothing_is_done(index: Path) -> None:
    compact(index)
    before = (index / "manifest.json").read_bytes()
    assert (compact(index).rewritten, (index / "manifest.json").read_bytes()) == (0, before)


def test_what_is_half_dead_is_rewritten_alone(tmp_path: Path) -> None:
    texts, index = tmp_path / "texts", tmp_path / "index"
    build([write(texts, name).parent for name in TEXTS], index)
    build([], index, remove=["fish"])
    assert compact(index).rewritten == 0
    build([], index, remove=["city", "hill"])
    assert compact(index).rewritten == 1
    (pack,) = state(index).packs
    assert pack.works == ("town",)
    (opened,) = open_packs(index, [pack]).values()
    assert "渔" not in opened.text[:].tobytes().decode("utf-32-le")


@pytest.mark.parametrize("engine", ENGINES)
def test_works_that_come_one_by_one_are_merged_on_the_way(engine: str, tmp_path: Path) -> None:
    index, packs = tmp_path / "index", []
    for number in range(GATHERED + 2):
        build([write(tmp_path / "texts", f"w{number}", f"第{number}卷，混同江之源也。")], index, engine=engine)
        packs.append(len(state(index).packs))
        library = Library.open(index)
        works = [f"w{each}" for each in range(number + 1)]
        assert library.search(SearchRequest(q="混同江", mode=Mode.EXACT)).total.passages == number + 1
        assert sorted(work for work, _, _ in ranking(library, "混同江", "characters", 100)) == works
    assert packs == [*range(1, GATHERED), 1, 2, 3]
    assert [work for pack in state(index).packs for work in pack.works] == works
    assert verify(index).damages == ()
    assert build([tmp_path / "texts"], index).unchanged == GATHERED + 2


# What is merged


def member(number: int, live: int, dead: int = 0) -> MergeCandidate:
    return MergeCandidate(PackEntry(number, str(number), (), ()), live + dead, live)


def sizes(groups: list[merging.Neighbours]) -> list[list[int]]:
    return [[each.live for each in group] for group in groups]


def test_only_small_neighbours_and_what_is_half_dead_is_compacted() -> None:
    half = LARGEST // 2
    packs = [half + 1, 5, half + 1, 6, half, half, 7, half + 1]
    members = [member(number, live) for number, live in enumerate(packs)]
    assert sizes(wasteful(members)) == [[6, half], [half, 7]]
    assert wasteful([member(1, half + 1, half), member(2, 2 * LARGEST, LARGEST)]) == []
    assert sizes(wasteful([member(1, LARGEST, LARGEST), member(2, 5)])) == [[LARGEST]]


@given(st.lists(st.tuples(st.integers(1, LARGEST), st.integers(0, LARGEST)), max_size=30))
def test_what_was_compacted_is_not_compacted_again(packs: list[tuple[int, int]]) -> None:
    members = [member(number, live, dead) for number, (live, dead) in enumerate(packs)]
    groups = wasteful(members)
    assert all(sum(each.live for each in group) <= LARGEST for group in groups)
    assert wasteful(merged(members, groups)) == []


def merged(members: list[MergeCandidate], groups: list[merging.Neighbours]) -> list[MergeCandidate]:
    firsts = {group[0].entry.number: sum(each.live for each in group) for group in groups}
    gone = {each.entry.number for group in groups for each in group[1:]}
    left = [each for each in members if each.entry.number not in gone]
    return [member(each.entry.number, firsts.get(each.entry.number, each.live)) for each in left]


@pytest.mark.parametrize("largest", [1000, SMALL // GATHERED, SMALL, LARGEST])
def test_adding_works_one_by_one_rewrites_each_a_few_times_at_most(largest: int) -> None:
    chance = random.Random(largest)
    members: list[MergeCandidate] = []
    added = rewritten = 0
    for number in range(500):
        added += (size := math.ceil(largest ** chance.random()))
        members.append(member(number, size))
        groups = due(members)
        rewritten += sum(each.live for group in groups for each in group)
        members = merged(members, groups)
        assert sum(each.live < SMALL for each in members) <= len(TIERS) * GATHERED * (1 + added // SMALL)
    # In the lowest tier several times, by less than it holds for each time that as many have gathered.
    assert rewritten <= len(TIERS) * added + TIERS[1][1] * 500 // (GATHERED - 1)


# What a pack gives back


@st.composite
def given_sections(draw: st.DrawFn) -> Section:
    text = draw(st.text("混同江之南\n。", min_size=1, max_size=30))
    offsets = st.integers(0, len(text))
    labels = st.text("1ab", max_size=2)
    pages = draw(st.lists(st.builds(Page, labels, offsets, st.none() | st.builds(Canvas, image=labels)), max_size=4))
    cuts = sorted(draw(st.sets(offsets, max_size=6)))
    kinds = st.sampled_from(SpanKind)
    spans = [Span(draw(kinds), *pair, draw(labels)) for pair in pairwise(cuts)]
    role = draw(st.sampled_from(Role))
    return Section(draw(labels), text, role, tuple(sorted(pages, key=lambda page: page.start)), tuple(spans))


@settings(max_examples=25)
@given(st.lists(st.lists(given_sections(), max_size=3), min_size=1, max_size=3))
def test_a_pack_gives_back_what_it_was_given(
    tmp_path_factory: pytest.TempPathFactory, works: list[list[Section]]
) -> None:
    writer = PackWriter()
    given_works = [Work(str(number), CatalogueRecord("志"), tuple(sections)) for number, sections in enumerate(works)]
    for work in given_works:
        writer.add(work, "local", "digest")
    folder = tmp_path_factory.mktemp("packs") / "pack"
    writer.write(folder, {}, load_embedder(None), lambda step, done, total: None)
    assert [Pack(folder).work(number) for number in range(len(works))] == given_works


# What may not be, and what may go wrong


def test_an_interrupted_compaction_goes_on_from_its_last_pack(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(merging, "LARGEST", 70)
    before, manifest = answers(index), (index / "manifest.json").read_bytes()
    old = {path.name for path in (index / "packs").iterdir()}

    def interrupt(step: str, done: int, total: int) -> None:
        if step == "commit":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compact(index, on_progress=interrupt)
    assert (answers(index), (index / "manifest.json").read_bytes()) == (before, manifest)
    kept = {path: path.stat().st_mtime_ns for path in (index / "packs").iterdir() if path.name not in old}
    assert len(kept) > 1
    steps: list[tuple[str, int, int]] = []
    compact(index, on_progress=lambda *step: steps.append(step))
    assert all(path.stat().st_mtime_ns == made for path, made in kept.items())
    assert {pack.name for pack in state(index).packs} >= {path.name for path in kept}
    assert answers(index) == before
    assert all(done <= total for _, done, total in steps)
    assert {step for step, _, _ in steps} == {"merge", "index", "commit"}


def test_what_is_damaged_gets_no_new_checksum(index: Path) -> None:
    text = pack_folder(index, state(index).packs[0].name) / "text.npy"
    content = bytearray(text.read_bytes())
    content[-1] ^= 1
    text.write_bytes(content)
    before = state(index)
    with pytest.raises(IndexFailure, match=r"text\.npy: its bytes have changed.*wenyuan repair"):
        compact(index)
    assert state(index) == before


def test_while_it_runs_nobody_else_builds_and_everybody_reads(index: Path, tmp_path: Path) -> None:
    refused, before = 0, answers(index)

    def meanwhile(step: str, done: int, total: int) -> None:
        nonlocal refused
        if done < total:
            for other in (lambda: build([], index, remove=["late"]), lambda: compact(index), lambda: repair(index)):
                with pytest.raises(IndexFailure, match="another build is under way"):
                    other()
                refused += 1
            found = Library.open(index).search(SearchRequest(q="混同江", mode=Mode.EXACT))
            assert found.total.occurrences == 5

    compact(index, on_progress=meanwhile)
    assert refused > 3
    assert answers(index) == before
    with builder_lock(index), pytest.raises(IndexFailure, match="another build is under way"):
        compact(index)


def test_without_an_index_there_is_nothing_to_compact(tmp_path: Path) -> None:
    with pytest.raises(IndexFailure, match="no index there; build one"):
        compact(tmp_path / "index")


def test_packs_of_other_folding_are_not_mixed(index: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folding, "fingerprint", lambda: "another")
    with pytest.raises(IndexFailure, match="was built with folding"):
        compact(index)
