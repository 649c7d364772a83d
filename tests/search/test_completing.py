"""What is typed is completed by what the library shows, on every store."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from open_index import build
from stores import KINDS

from indexer.text.folding import fold
from search.completing import LONGEST, MOST, completions
from search.library import Library

WORKS = [
    {"id": "a", "title": "金史", "author": "脫脫", "text": "會寧府下，會寧府南，會寧州北。會寧州東。阿固達起兵，"},
    {"id": "b", "title": "金史補遺", "author": "脫秘", "text": "會寧密約，會寧密約，阿固達密約"},
]


@pytest.fixture(scope="module", params=KINDS)
def library(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("completing")
    file = folder / "works.jsonl"
    file.write_text("".join(json.dumps(work, ensure_ascii=False) + "\n" for work in WORKS), "utf-8")
    with KINDS[request.param]() as index:
        yield Library.open(index([[file]], folder / "index"))


def test_titles_names_and_phrases_go_on(library: Library) -> None:
    assert completions(library, "金") == ("金史", "金史補遺")
    assert completions(library, "脱") == ("脫脫", "脫秘")
    assert set(completions(library, "会宁")) == {"會寧府", "會寧州", "會寧密約"}
    assert completions(library, "阿固")[0] == "阿固達"


def test_nothing_is_told_of_a_work_that_is_hidden(library: Library) -> None:
    shown = library.without(frozenset({"b"}))
    assert completions(shown, "金史") == ()
    assert completions(shown, "脱") == ("脫脫",)
    assert set(completions(shown, "会宁")) == {"會寧府", "會寧州"}


def test_a_phrase_ends_where_the_texts_go_on_in_several_ways_and_lines_do_not_break_it(tmp_path: Path) -> None:
    (tmp_path / "志.txt").write_text(
        "混\n同江水東流。混同江水東流。混同江水西來。混同江上。混同江邊。混同江邊。", "utf-8"
    )
    build([tmp_path / "志.txt"], tmp_path / "index")
    assert completions(Library.open(tmp_path / "index"), "混同") == ("混同江",)
    (tmp_path / "志.txt").write_text("松花江水北流入海。" * 3, "utf-8")
    build([tmp_path / "志.txt"], tmp_path / "index")
    assert completions(Library.open(tmp_path / "index"), "松花") == ("松花江",)  # a name, not a piece of a sentence


@given(st.text(max_size=LONGEST + 2) | st.sampled_from(["會", "會寧", "“會", "會 寧", "AND", "*", "會寧府會寧府"]))
def test_whatever_is_typed_has_few_completions_that_hold_it(library: Library, typed: str) -> None:
    found = completions(library, typed)
    assert len(found) <= MOST
    assert all(fold(typed.strip()) in fold(each) for each in found)
