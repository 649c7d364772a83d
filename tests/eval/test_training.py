import json
import lzma
from pathlib import Path

import numpy as np
import pytest

from eval import training
from indexer.embedding import StaticEmbedder
from indexer.passages import code_points

PAIRS = [("江水冰", "江水结了冰"), ("冬鑿冰取魚", "冬天凿开冰捕鱼"), ("王后臨朝", "王后临朝听政")]


def test_a_model_is_trained_and_weighs_rare_tokens_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with lzma.open(tmp_path / "pairs.jsonl.xz", "wt", encoding="utf-8") as lines:
        for number in range(40):
            classical, modern = PAIRS[number % 3]
            lines.write(json.dumps({"work": "甲", "section": "一", "classical": classical, "modern": modern}) + "\n")
    monkeypatch.setattr(training, "BATCH", 4)
    monkeypatch.setattr(training, "HELD_OUT", 6)
    training.train(tmp_path / "pairs.jsonl.xz", tmp_path / "model", epochs=1)
    model = StaticEmbedder.load(tmp_path / "model")
    assert model.name == str((tmp_path / "model").resolve())
    characters, _ = model.rows(code_points("冰朝"))
    vectors = np.linalg.norm(model.directions(characters), axis=1)
    assert np.allclose(vectors, 1, atol=1e-5)
    # 冰 stands in two sentences of three on each side, 朝 in one.
    lengths = [np.linalg.norm(model._weights[row].astype(float) * model._scales[row]) for row in characters]
    common, rare = model.importance(characters) / lengths
    assert rare > common
