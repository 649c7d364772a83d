import json
from pathlib import Path

from eval.datasets import ccpm


def write(file: Path, numbers: range) -> Path:
    rows = [
        {"translation": f"释{number}", "choices": ["甲", f"句{number}", "乙", "丙"], "answer": 1} for number in numbers
    ]
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return file


def test_the_parts_are_disjoint_and_whole_and_a_fifth_is_the_test(tmp_path: Path) -> None:
    file = write(tmp_path / "items.jsonl", range(1000))
    train, test = set(ccpm.read(file, "train")), set(ccpm.read(file, "test"))
    assert not train & test
    assert len(train | test) == 1000
    assert 150 < len(test) < 250


def test_an_item_stays_in_its_part_whatever_else_the_file_holds(tmp_path: Path) -> None:
    whole = set(ccpm.read(write(tmp_path / "whole.jsonl", range(100)), "test"))
    half = set(ccpm.read(write(tmp_path / "half.jsonl", range(50, 100)), "test"))
    assert half == {item for item in whole if int(item.description[1:]) >= 50}
    assert ccpm.part_of(ccpm.Item("", ("床前明月光",), 0)) == "train", "the split is fixed for good"


def test_a_verse_is_right_in_one_part_only() -> None:
    items = [ccpm.Item(f"释{at}", ("甲", "月") if at % 2 else ("月", "乙"), at % 2) for at in range(20)]
    assert len({ccpm.part_of(item) for item in items}) == 1
