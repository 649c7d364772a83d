"""CBETA's text files, in which a head names each printed line."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpora.model import Page, SpanKind, Work
from corpora.readers import cbeta, read
from corpora.sources.discover import discover

LINES = [
    "T99n0001_p0001a01║夫水之流也[1]源",
    "T99n0001_p0001a02║遠者[金*本]，[＊]其",
    "T99n0001_p0001b01║流長。[山/大]",
]


def test_heads_name_pages_and_lines_and_phrases_run_across_them() -> None:
    section = cbeta.section(LINES, "試藏經")
    assert section.text == "夫水之流也[1]源\n遠者〓，[＊]其\n流長。〓\n"
    assert section.pages == (Page("0001a", 0), Page("0001b", 19))
    named = {span.name: section.text[span.start : span.end] for span in section.spans if span.kind is SpanKind.LINE}
    assert named == {"0001a01": "夫水之流也[1]源", "0001a02": "遠者〓，[＊]其", "0001b01": "流長。〓"}
    assert [span.name for span in section.spans if span.kind is SpanKind.MARK] == ["1", "＊"]
    assert [span.name for span in section.spans if span.kind is SpanKind.GAIJI] == ["金*本", "山/大"]


@pytest.mark.parametrize(
    "lines",
    [
        ["[0001] 序", "[0002] 文"],
        ["T99n0001║江"],
        ["江", "[0001a01] 江", "[0001a02] 江"],  # the first line has none
        ["[0001a01] 江", "山", "水"],
        [],
    ],
)
def test_what_only_looks_like_heads_is_text(lines: list[str]) -> None:
    assert not cbeta.is_headed(lines)


def test_a_file_in_brackets_is_read_by_the_plain_reader(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("# 版本\n[0001a01] 夫山\n[0001a02] 之高\n")
    (work,) = (item for source in discover(tmp_path)[0] for item in read(source))
    assert isinstance(work, Work)
    assert work.sections[0].text == "夫山\n之高\n"


@given(st.lists(st.text("江山[1]*金<b>&;", max_size=8), min_size=1, max_size=12))
def test_every_line_is_named_where_it_stands(texts: list[str]) -> None:
    section = cbeta.section([f"[0001{'abc'[at // 5]}{at:02}]{text}" for at, text in enumerate(texts)], "經")
    lines = [span for span in section.spans if span.kind is SpanKind.LINE]
    assert all("\n" not in section.text[span.start : span.end].strip("\n") for span in lines)
    assert all(before.end <= after.start for before, after in itertools.pairwise(lines))
    assert [page.start for page in section.pages] == sorted(page.start for page in section.pages)
