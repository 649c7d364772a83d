import json
from pathlib import Path

import pytest

from eval.datasets import bundled, liaojin, northeast
from eval.quality.measuring import Query, score
from eval.quality.recall import recall
from eval.speed.bench import latency, phrases
from indexer.building.build import build
from search.library import Library
from search.model import Mode, SearchRequest

HEADER = "id\tkr_id\tmodern\tpage_start\tpage_end\tscore\toccurrences"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    texts, index = tmp_path_factory.mktemp("texts"), tmp_path_factory.mktemp("index")
    lines = ["混同江出長白山北流會黑龍江入海", "上京會寧府在混同江之南其地苦寒", "國人漁獵爲業冬則鑿氷取魚"]
    (texts / "江.txt").write_text("\n".join(lines * 4), "utf-8")
    build([texts], index)
    return index


def test_the_place_of_the_first_right_answer_is_measured() -> None:
    answers = {"一": ["a", "b"], "二": ["x", "x", "b", "c"], "三": ["x"], "四": []}
    queries = [
        Query("1", "一", frozenset("a")),
        Query("2", "二", frozenset("bc")),
        Query("3", "三", frozenset("a")),
        Query("4", "四", frozenset("a")),
    ]
    found = score(queries, answers.__getitem__)
    assert found.values["MRR@10"] == (1, 0.5, 0, 0), "what is repeated takes up one place"
    assert found.means() == {"R@1": 0.25, "R@5": 0.5, "R@10": 0.5, "MRR@10": 0.375}


def test_what_comes_after_the_tenth_is_not_seen() -> None:
    names = [str(number) for number in range(11)]
    assert score([Query("1", "", frozenset({"10"}))], lambda _: names).means()["R@10"] == 0
    assert score([Query("1", "", frozenset({"9"}))], lambda _: names).means()["R@10"] == 1


def test_nothing_asked_is_nothing_found() -> None:
    assert score([], lambda _: []).mean("R@1") == 0


def test_rows_are_chosen_by_their_place_in_the_file(tmp_path: Path) -> None:
    rows = [
        "0\tKR1\t零\tKR1_WYG_001-1a\tKR1_WYG_001-1a\t1.0\t1",
        "1\tKR1\t一\tKR1_WYG_001-1a\tKR1_WYG_001-1b\t0.8\t1",
        "2\tKR1\t二\tKR1_WYG_001-1a\tKR1_WYG_001-1a\t0.7\t1",
        '3\tKR1\t"三\tKR1_WYG_001-2a\tKR1_WYG_001-2a\t1.0\t2',
        "4\tKR1\t四\tKR1_WYG_001-2a\tKR1_WYG_001-2a\t0.9\t1",
    ]
    file = tmp_path / "rows.tsv"
    file.write_text("\n".join([HEADER, *rows]), "utf-8")
    assert [query.text for query in liaojin.read_queries(file, "even")] == ["零", "四"]
    assert [query.relevant for query in liaojin.read_queries(file, "odd")] == [{"KR1 001-1a", "KR1 001-1b"}]
    assert len(list(liaojin.read_queries(file, "all"))) == 3


def test_queries_without_judged_pages_are_left_out(tmp_path: Path) -> None:
    rows = [
        {"id": "1", "type": "semantic", "query": "冬天打鱼", "relevant": [{"work": "KR1", "page": "KR1_WYG_000-2a"}]},
        {"id": "2", "type": "none", "query": "铁路", "relevant": []},
    ]
    file = tmp_path / "queries.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    assert northeast.read_queries(file) == {"semantic": [Query("1", "冬天打鱼", frozenset({"KR1 000-2a"}))]}


def test_every_bundled_question_has_an_answer() -> None:
    queries = bundled.read_queries()
    assert len({query.id for query in queries}) == len(queries) > 100
    assert all(query.relevant and query.text.strip() for query in queries)


def test_phrases_are_drawn_from_the_text_and_are_found(index: Path) -> None:
    drawn = phrases(index, 40)
    assert drawn == phrases(index, 40)
    assert {len(phrase) for phrase in drawn} == {2, 3, 4, 5, 6}
    library = Library.open(index)
    assert all(library.search(SearchRequest(f'"{phrase}"', mode=Mode.EXACT)).hits for phrase in drawn)
    measured = latency(library, drawn, Mode.EXACT, lambda *_: None)
    assert measured.queries == 40
    assert 0 < measured.p50 <= measured.p95


def test_stored_vectors_find_what_exact_search_finds(index: Path) -> None:
    assert recall(index, ["冬天凿冰捕鱼", "江水流入大海"], 2, lambda *_: None) >= 0.5
