"""The glossary in docs/concepts.md is true to the code."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from pkgutil import resolve_name

import pytest

CONCEPTS = (Path(__file__).parents[1] / "docs" / "concepts.md").read_text("utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for above, line in pairwise(CONCEPTS.splitlines())
    if line.startswith("| ") and above.startswith("|")
]
MUST_BE_DEFINED = {
    "access", "address", "collection", "engine", "features", "folding", "fusion", "generation", "mark", "note",
    "occurrence", "pack", "page", "passage", "section", "snapshot", "stream", "window", "work",
}  # fmt: skip


def test_every_term_stands_in_both_languages_with_a_sentence_in_each() -> None:
    assert ROWS
    for row in ROWS:
        assert len(row) == 4, row
        assert all(row), row
        assert re.fullmatch(r".+。<br>.+\.", row[3]), row


def test_a_term_is_defined_once() -> None:
    for column in range(3):
        terms = [row[column] for row in ROWS]
        assert sorted(terms) == sorted(set(terms))


def test_the_terms_that_everything_rests_on_are_defined() -> None:
    assert MUST_BE_DEFINED - {row[1] for row in ROWS} == set()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[1])
def test_the_name_in_the_code_is_there(row: list[str]) -> None:
    (name,) = re.findall(r"^`(.+)`$", row[2])
    resolve_name(name)
