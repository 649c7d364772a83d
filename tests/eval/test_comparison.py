import json
import lzma
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from eval.datasets import sentences
from eval.quality import peers
from eval.quality.bm25 import Bm25, characters, words
from indexer.building.build import build
from web.commands.main import main

PAGES = {"001-1a": "混同江出長白山北流會黑龍江入海", "001-1b": "國人漁獵爲業冬則鑿氷取魚價十倍"}


def lines(rows: list[dict[str, object]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "eval"
    for name in ("liaojin", "ccpm"):
        (folder / name).mkdir(parents=True)
    pairs = [{"modern": f"第{at}个冬天在冰上打猎", "classical": f"{at}年冬，鑿氷取魚。"} for at in range(30)]
    with lzma.open(folder / "parallel.test.jsonl.xz", "wt", encoding="utf-8") as file:
        file.write(lines(pairs))
    rows = [
        ["id", "kr_id", "modern", "classical_simplified", "page_start", "page_end", "score", "occurrences"],
        *(
            [str(at), "KR1", "冬天凿冰捕鱼", "凿冰取鱼", "KR1_WYG_001-1b", "KR1_WYG_001-1b", "1.0", "1"]
            for at in range(4)
        ),
    ]
    (folder / "liaojin" / "KR2a0035.tsv").write_text("\n".join("\t".join(row) for row in rows), "utf-8")
    page = [{"work": "KR1", "page": "KR1_WYG_001-1b"}]
    queries: list[dict[str, object]] = [
        {"id": "1", "type": "semantic", "query": "冬天凿冰捕鱼", "relevant": page},
        {"id": "2", "type": "keyword", "query": "漁獵", "relevant": page},
        {"id": "3", "type": "alias", "query": "甲乙水", "relevant": [], "expect_any": ["混同江"]},
        {"id": "4", "type": "none", "query": "铁路", "relevant": []},
    ]
    (folder / "northeast_queries.jsonl").write_text(lines(queries), "utf-8")
    items: list[dict[str, object]] = [
        {"translation": f"明月{at}", "choices": ["北流入海", f"床前明月{at}", "甲", "乙"], "answer": 1}
        for at in range(40)
    ]
    (folder / "ccpm" / "train.jsonl").write_text(lines(items), "utf-8")
    marks = [{"label": label, "start": 15 * at} for at, label in enumerate(PAGES)]
    (tmp_path / "work.jsonl").write_text(
        lines([{"id": "KR1", "title": "龍沙紀略", "text": "".join(PAGES.values()), "pages": marks}]), "utf-8"
    )
    build([tmp_path / "work.jsonl"], tmp_path / "index")
    return tmp_path


def test_every_system_is_measured_on_every_query_set(data: Path) -> None:
    page = data / "table.md"
    arguments = ["eval", "--all", "--data", data, "--index", data / "index", "--limit", 8, "--write", page, "--json"]
    done = CliRunner().invoke(main, list(map(str, arguments)))
    assert done.exit_code == 0, done.output
    (table,) = json.loads(done.stdout)
    ours = ["BM25, jieba words", "exact words", "BM25, characters", "semantic", "hybrid", "hybrid + rerank"]
    assert table["columns"] == ["query set", "queries", "texts", "measure", *ours]
    cells = {(row[0], row[3], name): cell for row in table["rows"] for name, cell in zip(ours, row[4:], strict=True)}
    assert cells["natural queries (development): keyword", "R@1", "exact words"].startswith("1.000 (1.000–1.000)")
    assert cells["natural queries (development): alias", "R@1", "exact words"].startswith("0.000")
    assert cells["natural queries (development): none", "R@1", "exact words"].startswith("1.000"), "it says: nothing"
    assert cells["金史, odd rows: simplified classical sentence → page", "R@1", "hybrid + rerank"].startswith("1.000")
    assert cells["CCPM, own test part: one verse of four", "R@1", "BM25, characters"].startswith("1.000")
    assert cells["CCPM, own test part: one verse of four", "R@1", "hybrid"] == "–"
    assert cells["CCPM, own test part: one verse of four", "R@1", "hybrid + rerank"].startswith("1.000")
    assert {row[1] for row in table["rows"] if "modern →" in row[0]} == {"8"}
    assert all(cell in page.read_text("utf-8") for row in table["rows"] for cell in row)


def test_three_ways_to_measure_are_told_apart(data: Path) -> None:
    for arguments in (["--all", "articles"], ["--limit", "3"], ["--queries", str(data / "work.jsonl")]):
        done = CliRunner().invoke(main, ["eval", *arguments])
        assert done.exit_code == 2
        assert done.stderr.count("\n") == 1


def test_rare_tokens_count_more_and_unknown_ones_nothing() -> None:
    ranking = Bm25(["江水江水", "江山", "會寧"], characters)
    rare, common, unknown = ranking.scores(["江山", "江", "魚"])
    assert rare.argmax() == 1
    assert common[2] == 0 < common[1] < common[0]
    assert not unknown.any()
    assert words("長白山，會寧府") == ["长白山", "会宁", "府"]


def test_the_share_of_common_wording_is_that_of_the_original() -> None:
    assert sentences.shares_little(sentences.Pair("江甲乙丙丁", "江寧府"))
    assert not sentences.shares_little(sentences.Pair("江甲", "江江"))
    assert not sentences.shares_little(sentences.Pair("甲乙", "江寧府"))


def test_a_translation_of_two_originals_finds_either() -> None:
    pairs = [sentences.Pair("回答说", "對曰"), sentences.Pair("回答说", "答曰"), sentences.Pair("死了", "卒")]
    assert [query.relevant for query in sentences.queries(pairs)] == [{"對曰", "答曰"}, {"對曰", "答曰"}, {"卒"}]


def test_vectors_are_embedded_once(tmp_path: Path) -> None:
    asked: list[int] = []

    def embed(texts: list[str], side: peers.Side) -> np.ndarray:
        asked.append(len(texts))
        return np.array([[len(text), side == "query"] for text in texts], np.float32)

    peer = peers.PeerModel("a model", "nowhere", lambda: embed)
    texts = ["江" * at for at in range(300)]
    first = peers.vectors(peer, texts, "text", tmp_path, lambda *_: None)
    assert first[:, 0].tolist() == list(range(300))
    for file in sorted(tmp_path.rglob("*.npy"))[:1]:
        file.unlink()  # as if the run had been stopped there
    assert np.array_equal(peers.vectors(peer, texts, "text", tmp_path, lambda *_: None), first)
    assert len(asked) == 3
    assert peers.vectors(peer, texts[:2], "query", tmp_path, lambda *_: None)[0, 1] == 1
