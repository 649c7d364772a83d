"""The shipped gazetteer holds what its README promises, so that other tests can rely on it."""

from __future__ import annotations

from functools import cache

import pytest

from corpora.manifests import bundled_folder
from corpora.model import Role, SpanKind, Work
from corpora.readers import read
from corpora.sources.discover import discover


@cache
def gazetteer() -> Work:
    folder = bundled_folder("bundled")
    assert folder is not None
    sources, problems = discover(folder / "hanjiang-zhilue")
    (work,) = [item for source in sources for item in read(source) if isinstance(item, Work)]
    assert problems == []
    return work


def test_sections() -> None:
    sections = gazetteer().sections
    assert [section.title for section in sections] == ["提要", "卷一", "卷二", "卷三", "卷四"]
    assert sections[0].role is Role.ABSTRACT
    assert 18 <= sum(len(section.pages) for section in sections) <= 26


def test_it_says_that_it_is_invented() -> None:
    assert "不可引以為史證" in gazetteer().sections[0].text.replace("\n", "").replace("　", "")


def test_a_note_goes_on_over_a_page() -> None:
    crossing = [
        page.label
        for section in gazetteer().sections
        for page in section.pages
        for span in section.spans
        if span.kind is SpanKind.NOTE and span.start < page.start < span.end
    ]
    assert crossing


@pytest.mark.parametrize("kind", [SpanKind.NOTE, SpanKind.SMALL, SpanKind.HEAD, SpanKind.GAIJI])
def test_every_kind_of_span_of_its_format_stands_in_it(kind: SpanKind) -> None:
    assert any(span.kind is kind for section in gazetteer().sections for span in section.spans)


def test_gaiji_with_and_without_a_known_character() -> None:
    found = {
        span.name: section.text[span.start : span.end]
        for section in gazetteer().sections
        for span in section.spans
        if span.kind is SpanKind.GAIJI
    }
    assert found == {"KR0697": "澂", "KR9999": "〓", "魚*(哲-口)": "〓"}


@pytest.mark.parametrize("pair", ["黑黒", "將将", "略畧"])
def test_variants_stand_side_by_side(pair: str) -> None:
    text = "".join(section.text for section in gazetteer().sections)
    assert set(pair) <= set(text)
