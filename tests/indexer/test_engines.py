"""One contract for every engine."""

from pathlib import Path

import numpy as np
import pytest

from indexer import engines
from indexer.engines import TAIL, Bag, Engine, PassageTokens
from indexer.tokens import STOP, grams


def tokens(passage: int, work: str, text: str, following: str = "", notes: str = "") -> PassageTokens:
    bags = {"text": grams(text), "notes": [gram for run in notes.split(STOP) for gram in grams(run)]}
    return PassageTokens(
        passage=passage,
        work=work,
        chars={"text": list((text + following)[: len(text) + TAIL]), "notes": list(notes)},
        grams={**bags, "both": bags["text"] + bags["notes"]},
    )


@pytest.fixture(params=sorted(engines.ENGINES))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def engine(name: str, tmp_path: Path) -> Engine:
    module = engines.engine(name)
    writer = module.open_writer(tmp_path)
    writer.add(
        [
            tokens(1, "a", "完颜部人居混同江", "上其俗"),
            tokens(2, "a", "上其俗以射猎为业", notes=f"混同江{STOP}即黑龙江"),
            tokens(1 << 32 | 5, "b", "会宁府在混同江之南"),
            tokens(2 << 32 | 7, "modern", "冬天捕鱼"),
        ]
    )
    writer.commit()
    return module.open_reader(tmp_path)


def named(found: object) -> list[int]:
    assert isinstance(found, np.ndarray)
    return [int(each) for each in found]


def test_a_phrase_names_its_passages_in_order(engine: Engine) -> None:
    assert named(engine.candidates("text", "混同江", 10)) == [1, 1 << 32 | 5]


def test_one_character_is_a_phrase(engine: Engine) -> None:
    assert named(engine.candidates("text", "部", 10)) == [1]


def test_a_phrase_across_the_end_is_named_where_it_starts(engine: Engine) -> None:
    assert named(engine.candidates("text", "江上其", 10)) == [1]


def test_a_phrase_longer_than_the_tail_is_named_by_its_beginning(engine: Engine) -> None:
    assert named(engine.candidates("text", "完颜部人居混同江上其俗以射猎为业不知其他", 10)) in ([1], [])
    assert named(engine.candidates("text", "完颜部人居混同江上其俗", 10)) == [1]


def test_the_streams_are_apart(engine: Engine) -> None:
    assert named(engine.candidates("notes", "混同江", 10)) == [2]
    assert named(engine.candidates("notes", "会宁府", 10)) == []


def test_no_phrase_runs_across_a_boundary(engine: Engine) -> None:
    assert named(engine.candidates("notes", "江即", 10)) == []


def test_too_many_are_not_named(engine: Engine) -> None:
    assert engine.candidates("text", "混同江", 1) is None


@pytest.mark.parametrize("odd", ["\x00", '"', "(", "AND", " ", "\\", "\U0002a6d6", "*"])
def test_odd_characters_are_only_characters(engine: Engine, odd: str) -> None:
    assert named(engine.candidates("text", odd, 10)) == []


def test_ranking_prefers_what_shares_more(engine: Engine) -> None:
    ranked = engine.rank(Bag(tuple(grams("会宁府在江南")), "both"), None, 10)
    assert ranked[0][0] == 1 << 32 | 5
    assert [score for _, score in ranked] == sorted((score for _, score in ranked), reverse=True)


def test_ranking_keeps_to_works(engine: Engine) -> None:
    bag = Bag(tuple(grams("混同江")), "both")
    assert {passage for passage, _ in engine.rank(bag, ["a"], 10)} == {1, 2}
    assert engine.rank(bag, [], 10) == []


@pytest.mark.parametrize(("scope", "found"), [("text", {1}), ("notes", {2}), ("both", {1, 2})])
def test_ranking_keeps_to_its_scope(engine: Engine, scope: str, found: set[int]) -> None:
    assert {passage for passage, _ in engine.rank(Bag(tuple(grams("混同江")), scope), ["a"], 10)} == found


def test_an_empty_bag_ranks_nothing(engine: Engine) -> None:
    assert engine.rank(Bag((), "text"), None, 10) == []


def test_a_removed_work_is_gone_and_the_others_stay(name: str, engine: Engine, tmp_path: Path) -> None:
    module = engines.engine(name)
    writer = module.open_writer(tmp_path)
    writer.remove(["a"])
    writer.add([tokens(9, "c", "混同江")])
    writer.commit()
    assert named(module.open_reader(tmp_path).candidates("text", "混同江", 10)) == [9, 1 << 32 | 5]
    assert named(engine.candidates("text", "混同江", 10)) == [1, 1 << 32 | 5], "an open reader keeps its snapshot"
