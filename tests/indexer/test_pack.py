"""A pack gives back what it was given, and goes on to when it is merged, compacted, kept and restored."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from corpora.catalogue import CatalogueRecord
from corpora.model import (
    Access,
    Annotation,
    Canvas,
    Page,
    Region,
    Role,
    Section,
    Source,
    Span,
    SpanKind,
    Work,
)  # fmt: skip
from corpora.readers import READERS, Reader
from indexer.building import merging
from indexer.building.build import build, compact
from indexer.embedding import load_embedder
from indexer.store.generation import open_packs, published
from indexer.store.layout import MAIN, NOTES, OPTIONAL
from indexer.store.pack import Pack
from indexer.store.writer import PackWriter
from indexer.text.streams import text_of
from indexer.upkeep.backup import backup, restore
from indexer.upkeep.repair import repair, verify

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
def test_every_section_comes_back_as_it_was_given(
    tmp_path_factory: pytest.TempPathFactory, works: list[list[Section]]
) -> None:
    folder = tmp_path_factory.mktemp("packs")
    given_works = [Work(f"w{number}", CatalogueRecord(f"w{number}"), tuple(some)) for number, some in enumerate(works)]
    pack = written(folder / "pack", given_works)
    assert [pack.work(number) for number in range(len(works))] == given_works
    again = written(folder / "again", [pack.work(number) for number in range(len(works))])
    assert [again.work(number) for number in range(len(works))] == given_works


RICH = Section(
    "卷三",
    "會寧府\n上京",
    pages=(Page("001-1a", 0, Canvas(7, "https://example.org/1.png", "https://example.org/iiif/1", 1200, 1800)),),
    path=("列傳", "卷三"),
    regions=(Region(0, 0, 3, 100, 200, 30, 90, 0.5), Region(0, 4, 6, 60, 200, 30, 60)),
    annotations=(Annotation("place", 0, 3, "TGAZ:hvd_1", "own"),),
)
PLAIN = Section("卷一", "混同江")


def rich(folder: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> list[Source]:
    """A source whose reader makes everything that a section can hold; no reader of a file makes all of it yet."""
    file = folder / f"{name}.rich"
    file.write_text(name)
    reader = Reader(lambda source: iter([Work(source.root.stem, CatalogueRecord("志"), (PLAIN, RICH))]))
    monkeypatch.setitem(READERS, "rich", reader)
    source = Source("rich", file, (file,))
    monkeypatch.setattr("indexer.building.build.discover", lambda path, choices: ([source], []))
    return [source]


def test_what_a_section_holds_goes_through_merging_compaction_backup_and_repair(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    index = tmp_path / "index"
    monkeypatch.setattr(merging, "GATHERED", 3)
    for name in ("a", "b", "c", "d"):  # the third build merges
        rich(tmp_path, name, monkeypatch)
        build([tmp_path / f"{name}.rich"], index, access=Access.OPEN)
    assert len(packs(index)) == 2
    assert sections_of(index) == dict.fromkeys("abcd", (PLAIN, RICH))
    compact(index)
    assert len(packs(index)) == 1
    assert sections_of(index) == dict.fromkeys("abcd", (PLAIN, RICH))
    backup(index, tmp_path / "saved.tar")
    restore(tmp_path / "saved.tar", tmp_path / "new")
    repair(tmp_path / "new", go_back=False)
    assert sections_of(tmp_path / "new") == dict.fromkeys("abcd", (PLAIN, RICH))
    assert verify(tmp_path / "new").damages == ()


def packs(index: Path) -> list[Pack]:
    generation = published(index)
    assert generation
    return list(open_packs(index, generation.packs).values())


def sections_of(index: Path) -> dict[str, tuple[Section, ...]]:
    works = [pack.work(number) for pack in packs(index) for number in range(len(pack.works))]
    return {work.id: work.sections for work in works}


def test_what_a_pack_has_none_of_takes_no_file(tmp_path: Path) -> None:
    bare = written(tmp_path / "bare", [Work("w", CatalogueRecord("w"), (PLAIN,))])
    full = written(tmp_path / "full", [Work("w", CatalogueRecord("w"), (RICH,))])
    names = {path.name for path in full.folder.iterdir()} - {path.name for path in bare.folder.iterdir()}
    assert names == {f"{name}.npy" for name in OPTIONAL}


ANNALS = (
    Section("卷一", "本紀第一\n天㑹三年春正月甲子崇德二年改築四月\n大安三年", spans=(Span(SpanKind.NOTE, 14, 20),)),
    Section("卷二", "本紀第二\n四年春正月，大定間"),
)


def test_dates_are_kept_with_what_is_uncertain_and_found_again_where_a_pack_is_written_anew(tmp_path: Path) -> None:
    pack = written(tmp_path / "pack", [Work("w", CatalogueRecord("金史"), ANNALS)])
    said = [
        (text_of(pack.text[row["place"] :][:4]), int(row["stream"]), int(row["first"]), int(row["last"]))
        for row in pack.dates
    ]
    assert said == [
        ("天㑹三年", MAIN, 1125, 1125),
        ("崇德二年", NOTES, 1637, 1637),
        ("四月\n大", MAIN, 1125, 1125),
        ("大安三年", MAIN, 1211, 1211),
        ("四年春正", MAIN, 1126, 1126),
        ("大定間", MAIN, 1161, 1189),
    ]
    for row in pack.dates:
        stream = pack.streams[row["stream"]]
        assert stream.original_starts(np.array([row["start"]], np.int64)).tolist() == [row["place"]]
    again = written(tmp_path / "again", [pack.work(0)])
    assert again.dates.tolist() == pack.dates.tolist()


def test_an_equal_name_is_stored_once(tmp_path: Path) -> None:
    gaiji = tuple(Span(SpanKind.GAIJI, at, at + 1, "KR2038") for at in range(3))
    pack = written(tmp_path / "pack", [Work("w", CatalogueRecord("w"), (Section("卷", "〓〓〓", spans=gaiji),))])
    assert (pack.folder / "contents.json").read_text("utf-8").count("KR2038") == 1


def test_confidence_is_kept_in_single_precision(tmp_path: Path) -> None:
    section = Section("卷", "江", pages=(Page("1a", 0),), regions=(Region(0, 0, 1, 1, 2, 3, 4, 0.1),))
    (found,) = written(tmp_path / "pack", [Work("w", CatalogueRecord("w"), (section,))]).section(0).regions
    assert found.confidence == float(np.float32(0.1))


def test_a_pack_lists_the_paths_of_its_sections(tmp_path: Path) -> None:
    pack = written(tmp_path / "pack", [Work("w", CatalogueRecord("w"), (PLAIN, RICH))])
    assert pack.works[0].section_paths == ((), ("列傳", "卷三"))
