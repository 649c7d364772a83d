import json
import lzma
from pathlib import Path

import numpy as np
import pytest

from eval.learning import thesaurus
from indexer.text.folding import fold
from search.words.thesaurus import Thesaurus


def side(*sentences: str) -> thesaurus.SentenceWords:
    words = tuple(sorted({*"".join(sentences)}))
    ids = [words.index(word) for sentence in sentences for word in sentence]
    return thesaurus.SentenceWords(words, np.array(ids, dtype=np.int32), np.cumsum([0, *map(len, sentences)]))


def test_alignment_tells_apart_what_stands_together() -> None:
    modern, classical = side("ab", "ac", "bc", "a", "b"), side("AB", "AC", "BC", "A", "B")
    expected = thesaurus.align(modern, classical)
    assert expected.shape == (3, 3)
    assert expected.argmax(axis=1).tolist() == [0, 1, 2]
    assert (expected.sum(axis=0) <= [3, 3, 2]).all()  # some may have come from nothing


def test_mining_learns_what_stands_for_what(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MODERN_AT_LEAST", "CHARACTER_AT_LEAST", "PAIR_AT_LEAST", "AGREED_AT_LEAST"):
        monkeypatch.setattr(thesaurus, name, 2)
    pairs = [
        ("他害怕了", "懼"),
        ("他害怕敌人", "懼敵"),
        ("敌人来了", "敵至"),
        ("敌人走了", "敵去"),
        ("吃饭了", "食"),
    ] * 4
    pairs += [("军队来了", "軍至"), ("军队害怕", "軍懼"), ("首领来了", "首領至"), ("首领害怕", "首領懼")] * 4
    with lzma.open(tmp_path / "pairs.xz", "wt", encoding="utf-8") as lines:
        for modern, classical in pairs:
            lines.write(json.dumps({"work": "甲", "modern": modern, "classical": classical}) + "\n")
    found = thesaurus.mine(tmp_path / "pairs.xz")
    assert found["害怕"] == ("惧",)
    assert found["敌人"][0] == "敌"
    assert "首领" not in found  # it stands in the originals, too


def test_measures(tmp_path: Path) -> None:
    judged = tmp_path / "judged.jsonl"
    rows = [
        {"word": "害怕", "classical": ["懼", "畏"], "held_out": False},
        {"word": "去世", "classical": ["卒"], "held_out": False},
        {"word": "头发", "classical": ["髮"], "held_out": True},
    ]
    judged.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    table = Thesaurus({"害怕": ("惧", "喜"), "头发": ("髮",)})
    assert thesaurus.measure(table, judged, held_out=False) == {"words": 2, "precision@3": 0.25, "right in 5": 0.5}
    assert thesaurus.measure(table, judged, held_out=True) == {"words": 1, "precision@3": 1, "right in 5": 1}


@pytest.mark.parametrize("held_out", [False, True])
def test_the_table_that_ships_is_good(held_out: bool) -> None:
    figures = thesaurus.measure(Thesaurus.load(), held_out=held_out)
    assert figures["precision@3"] > 0.8
    assert figures["right in 5"] > 0.8


def test_judged_words_are_judged_once() -> None:
    rows = [json.loads(line) for line in thesaurus.JUDGED.read_text("utf-8").splitlines()]
    words = [fold(row["word"]) for row in rows]
    assert len(set(words)) == len(words)
    assert all(row["classical"] and isinstance(row["held_out"], bool) for row in rows)
