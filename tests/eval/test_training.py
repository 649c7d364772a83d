import json
import lzma
from pathlib import Path

import numpy as np
import pytest

from eval.datasets.ccpm import Item
from eval.learning import training
from indexer.embedding import StaticEmbedder
from indexer.text.streams import code_points

PAIRS = [("江水冰", "江水结了冰"), ("冬鑿冰取魚", "冬天凿开冰捕鱼"), ("王后臨朝", "王后临朝听政")]


def test_a_model_is_trained_and_weighs_rare_tokens_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with lzma.open(tmp_path / "pairs.jsonl.xz", "wt", encoding="utf-8") as lines:
        for number in range(40):
            classical, modern = PAIRS[number % 3]
            lines.write(json.dumps({"work": "甲", "section": "一", "classical": classical, "modern": modern}) + "\n")
    verses = [{"translation": f"冰{at}", "choices": ["甲", "江水冰", "乙", "丙"], "answer": 1} for at in range(9)]
    (tmp_path / "verses.jsonl").write_text("".join(json.dumps(verse) + "\n" for verse in verses), "utf-8")
    for name, value in (("BATCH", 4), ("RUN", 2), ("REACH", 0), ("HELD_OUT", 6), ("VERSES", 2), ("COMPARED", 3)):
        monkeypatch.setattr(training, name, value)
    arguments = (tmp_path / "pairs.jsonl.xz", tmp_path / "verses.jsonl", tmp_path / "model")
    assert 0 <= training.train(*arguments, epochs=2) <= 1
    model = StaticEmbedder.load(tmp_path / "model")
    assert model.name == str((tmp_path / "model").resolve())
    characters, _ = model.rows(code_points("冰朝"))
    assert np.allclose(np.diag(model.cosines(characters, characters)), 1, atol=0.02)
    # 冰 stands in two sentences of three on each side, 朝 in one.
    common, rare = model.importance(characters)
    assert rare > common > 0


def test_the_same_seed_gives_the_same_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with lzma.open(tmp_path / "pairs.jsonl.xz", "wt", encoding="utf-8") as lines:
        for number in range(40):
            classical, modern = PAIRS[number % 3]
            lines.write(json.dumps({"work": "甲", "section": "一", "classical": classical, "modern": modern}) + "\n")
    (tmp_path / "verses.jsonl").write_text("", "utf-8")
    for name, value in (("BATCH", 4), ("RUN", 2), ("HELD_OUT", 6), ("COMPARED", 3)):
        monkeypatch.setattr(training, name, value)
    for name in ("one", "two"):
        training.train(tmp_path / "pairs.jsonl.xz", tmp_path / "verses.jsonl", tmp_path / name, epochs=2)
    files = sorted(file.name for file in (tmp_path / "one").iterdir())
    assert all((tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes() for name in files)


def test_of_four_verses_the_right_one_stands_first() -> None:
    assert training._right_first(Item("冬", ("甲", "江水冰", "乙"), 1)) == ["江水冰", "甲", "乙"]


def test_batches_have_every_sentence_once_an_epoch_and_half_of_them_in_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "BATCH", 8)
    runs = [np.arange(at, at + 2) for at in range(0, 32, 2)]
    batches = list(training._batches(runs, 1, np.random.default_rng(0)))
    assert sorted(np.concatenate(batches).tolist()) == list(range(32))
    for batch in batches:
        assert sum(number ^ 1 in batch for number in batch.tolist()) >= 4
