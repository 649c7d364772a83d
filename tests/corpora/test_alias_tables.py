from pathlib import Path

import pytest

from corpora.aliases import Alias, AliasFailure, aliases, read_aliases, write_aliases

HEADER = "name\tother\tkind\tsource\n"


def test_what_is_written_is_read(tmp_path: Path) -> None:
    rows = (Alias("卜奎", "齊齊哈爾", "place", "own"), Alias("阿骨打", "阿固達", "person", "KR2a0037 011"))
    write_aliases(tmp_path / "a.tsv", "Two pairs.", rows)
    assert read_aliases(tmp_path / "a.tsv") == rows


def test_every_file_of_the_folder_is_read(tmp_path: Path) -> None:
    for name, row in (("b.tsv", "丙丙\t丁丁\tplace\town\n"), ("a.tsv", "甲甲\t乙乙\tplace\town\n")):
        (tmp_path / name).write_text(HEADER + row, "utf-8")
    assert [row.name for row in aliases(tmp_path)] == ["甲甲", "丙丙"]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", ""),
        ("name\tother\n", ""),
        ("# what it is\n" + HEADER + "卜奎\t齊齊哈爾\tplace\n", ":3"),
        (HEADER + "卜奎\t \tplace\town\n", ":2"),
        (HEADER + "甲" * 200_000, ""),
        (HEADER + "\n", ":2"),
        (HEADER + "魁\t齊齊哈爾\tplace\town\n", ":2"),
    ],
)
def test_a_bad_file_is_named_with_its_line(tmp_path: Path, text: str, place: str) -> None:
    path = tmp_path / "bad.tsv"
    path.write_text(text, "utf-8")
    with pytest.raises(AliasFailure, match=f"^{path}{place}: "):
        read_aliases(path)


def test_our_own_tables_pair_the_well_known_names() -> None:
    pairs = {(row.name, row.other) for row in aliases()}
    assert {("阿骨打", "阿固達"), ("蒲察", "富察"), ("卜奎", "齊齊哈爾")} <= pairs
