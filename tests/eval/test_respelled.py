from pathlib import Path

import pytest

from corpora.aliases import Alias
from eval.quality.respelled import AlignedRow, measure, read
from indexer.text.folding import fold
from search.words.aliases import Names

NAMES = Names([Alias("阿骨打", "阿固達", "person", "test"), Alias("兀朮", "烏珠", "person", "test")])


def rows(*pairs: tuple[str, str]) -> list[AlignedRow]:
    return [AlignedRow(fold(modern), fold(siku)) for modern, siku in pairs]


def test_other_spellings_find_what_was_respelled_and_what_they_find_wrongly_is_counted() -> None:
    aligned = rows(
        *[("太祖阿骨打起兵", "太祖阿固達起兵")] * 3,
        ("阿骨打即位", "阿骨打即位"),
        ("他人也", "阿固達者他人也"),
        ("兀術死", "烏珠卒"),  # too few to measure
    )
    typed, also = (measure(aligned, NAMES, aliases=aliases) for aliases in (False, True))
    assert (typed.names, typed.right, typed.found, typed.both) == (1, 4, 1, 1)
    assert (typed.precision, typed.recall) == (1, pytest.approx(1 / 4))
    assert (also.precision, also.recall) == (pytest.approx(4 / 5), 1)


def test_nothing_to_measure_is_no_failure() -> None:
    assert (measure([], NAMES, aliases=True).precision, measure([], NAMES, aliases=True).recall) == (0, 0)


def test_odd_rows_that_agree_are_read(tmp_path: Path) -> None:
    lines = ["classical_simplified\tkanripo_text\tscore\toccurrences"]
    lines += [f"阿骨打{at}\t阿固達{at}\t{score}\t1" for at, score in enumerate((1.0, 1.0, 1.0, 0.5))]
    (tmp_path / "rows.tsv").write_text("\n".join(lines), "utf-8")
    assert read(tmp_path / "rows.tsv") == rows(("阿骨打1", "阿固達1"))
