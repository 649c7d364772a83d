"""A pack gives back what it was given, and goes on to when it is merged, compacted, kept and restored."""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpora.model import Annotation, Canvas, CatalogueRecord, Page, Region, Role, Section, Span, SpanKind, Work
from indexer.embedding import load_embedder
from indexer.store.pack import Pack
from indexer.store.writer import PackWriter

NAMES = st.text("江山水人", max_size=3)
TEXTS = st.text("江山水人。\n　", min_size=1, max_size=40)
SIZES = st.integers(0, 2**32 - 1)


def ranges(length: int) -> st.SearchStrategy[tuple[int, int]]:
    return st.tuples(st.integers(0, length - 1), st.integers(1, length)).filter(lambda pair: pair[0] < pair[1])


@st.composite
def sections(draw: st.DrawFn) -> Section:
    text = draw(TEXTS)
    canvases = st.none() | st.builds(Canvas, SIZES, NAMES, NAMES, SIZES, SIZES)
    starts = sorted(draw(st.lists(st.integers(0, len(text)), max_size=4)))
    pages = tuple(Page(draw(NAMES), start, draw(canvases)) for start in starts)
    confidence = st.none() | st.floats(0, 1, width=32)
    regions = [
        Region(draw(st.integers(0, len(pages) - 1)), *draw(ranges(len(text))), *draw(boxes), draw(confidence))
        for boxes in [st.tuples(SIZES, SIZES, SIZES, SIZES)] * draw(st.integers(0, 3 if pages else 0))
    ]
    annotations = [
        Annotation(draw(NAMES), *draw(ranges(len(text))), draw(NAMES), draw(NAMES))
        for _ in range(draw(st.integers(0, 3)))
    ]
    spans = [
        Span(draw(st.sampled_from([SpanKind.SMALL, SpanKind.GAIJI])), *draw(ranges(len(text))), draw(NAMES))
        for _ in range(draw(st.integers(0, 3)))
    ]
    return Section(
        draw(NAMES),
        text,
        draw(st.sampled_from(Role)),
        pages,
        tuple(sorted(spans, key=lambda each: each.start)),
        tuple(draw(st.lists(NAMES, max_size=4))),
        tuple(sorted(regions, key=lambda each: each.start)),
        tuple(sorted(annotations, key=lambda each: each.start)),
    )


def written(folder: Path, works: list[Work]) -> Pack:
    writer = PackWriter()
    for work in works:
        writer.add(work, "local", "digest")
    writer.write(folder, {}, load_embedder(), lambda step, done, total: None)
    return Pack(folder)


@given(st.lists(st.lists(sections(), max_size=3), min_size=1, max_size=3))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_every_section_comes_back_as_it_was_given(tmp_path_factory: object, works: list[list[Section]]) -> None:
    folder = tmp_path_factory.mktemp("packs")  # type: ignore[attr-defined]  # pytest's factory
    given_works = [Work(f"w{number}", CatalogueRecord(f"w{number}"), tuple(some)) for number, some in enumerate(works)]
    pack = written(folder / "pack", given_works)
    assert [pack.work(number) for number in range(len(works))] == given_works
    again = written(folder / "again", [pack.work(number) for number in range(len(works))])
    assert [again.work(number) for number in range(len(works))] == given_works
