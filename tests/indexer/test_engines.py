"""One contract for every engine."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer import engines
from indexer.engines import base
from indexer.engines.base import Document, Engine, GramQuery
from indexer.text.grams import grams


def document(passage: int, work: str, text: str, *notes: str) -> Document:
    return Document(passage, work, (text,), notes)


@pytest.fixture(params=sorted(engines.ENGINES))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def engine(name: str, tmp_path: Path) -> Engine:
    module = engines.engine(name)
    writer = module.open_writer(tmp_path)
    writer.add(
        [
            document(1, "a", "完颜部人居混同江"),
            document(2, "a", "上其俗以射猎为业", "混同江", "即黑龙江"),
            document(1 << 32 | 5, "b", "会宁府在混同江之南"),
            document(2 << 32 | 7, "modern", "冬天捕鱼"),
        ]
    )
    writer.commit()
    return module.open_reader(tmp_path)


def named(engine: Engine, *wanted: str, scope: str = "both", works: list[str] | None = None) -> set[int]:
    return {passage for passage, _ in engine.rank(GramQuery(wanted, scope), works, 10)}


def test_a_character_and_a_pair_name_their_passages(engine: Engine) -> None:
    assert named(engine, "部") == {1}
    assert named(engine, "混同") == {1, 2, 1 << 32 | 5}


def test_no_pair_runs_from_one_run_into_the_next(engine: Engine) -> None:
    assert named(engine, "江即") == named(engine, "业混") == set()


@pytest.mark.parametrize("odd", ["\x00", '"', "(", "AND", " ", "\\", "\U0002a6d6", "*"])
def test_odd_characters_are_only_characters(engine: Engine, odd: str) -> None:
    assert named(engine, odd) == set()


def test_ranking_prefers_what_shares_more(engine: Engine) -> None:
    ranked = engine.rank(GramQuery(tuple(grams("会宁府在江南")), "both"), None, 10)
    assert ranked[0][0] == 1 << 32 | 5
    assert [score for _, score in ranked] == sorted((score for _, score in ranked), reverse=True)


def test_common_grams_are_left_out_where_rarer_ones_are_asked_for(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(base, "FEW", 1)
    monkeypatch.setattr(base, "COMMON", 0.5)
    assert named(engine, "江", "部") == {1}
    assert named(engine, "江") == named(engine, "江", "混同") == {1, 2, 1 << 32 | 5}


@given(st.dictionaries(st.text(min_size=1, max_size=2), st.integers(0, 5000)), st.integers(0, 100_000))
def test_what_stands_somewhere_is_asked_for(counts: dict[str, int], passages: int) -> None:
    kept = base.discriminative(counts, passages)
    assert bool(kept) == any(counts.values())
    least = min((count for count in counts.values() if count), default=0)
    assert {gram for gram in counts if counts[gram] == least > 0} <= set(kept)


def test_ranking_keeps_to_works(engine: Engine) -> None:
    assert named(engine, *grams("混同江"), works=["a"]) == {1, 2}
    assert named(engine, *grams("混同江"), works=[]) == set()


@pytest.mark.parametrize(("scope", "found"), [("text", {1}), ("notes", {2}), ("both", {1, 2})])
def test_ranking_keeps_to_its_scope(engine: Engine, scope: str, found: set[int]) -> None:
    assert named(engine, *grams("混同江"), scope=scope, works=["a"]) == found


def test_an_empty_query_ranks_nothing(engine: Engine) -> None:
    assert engine.rank(GramQuery((), "text"), None, 10) == []


def test_a_removed_work_is_gone_and_the_others_stay(name: str, engine: Engine, tmp_path: Path) -> None:
    module = engines.engine(name)
    writer = module.open_writer(tmp_path)
    writer.remove(["a"])
    writer.add([document(9, "c", "混同江")])
    writer.commit()
    assert named(module.open_reader(tmp_path), "混同") == {9, 1 << 32 | 5}
    assert named(engine, "混同") == {1, 2, 1 << 32 | 5}, "an open reader keeps its snapshot"
