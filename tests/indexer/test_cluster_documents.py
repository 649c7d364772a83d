"""What is sent of a passage says where each row of characters begins, how often, and where only the text can tell."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from seeds import SEED

from corpora.model import CatalogueRecord, Page, Section, Span, SpanKind, Work
from indexer.cluster.documents import WorkDocuments, as_bytes, stamp_of
from indexer.cluster.mapping import REACH, STEPS
from indexer.cluster.scaling import scale_of
from indexer.embedding import load_embedder
from indexer.store.generation import Settings
from indexer.store.layout import MAIN, NOTES, PRINTED
from indexer.store.pack import Pack
from indexer.store.writer import PackWriter
from indexer.text.folding import fold
from indexer.text.streams import text_of

PHRASES = 400
LENGTHS = (1, 1, 2, 2, 3, 4, 7, 20, 63, 64)


LETTERS = "江山國国々○三，"
SETTINGS = Settings("opensearch", "model", "folding")


def section(seed: int, size: int) -> Section:
    """A section of few different characters in which notes, marks and pages begin and end anywhere."""
    dice = random.Random(f"{SEED} {seed}")
    text, spans = "", []
    for _ in range(size):
        kind = dice.choice((None, None, SpanKind.NOTE, SpanKind.MARK, SpanKind.HEAD))
        piece = "".join(dice.choices(LETTERS, k=dice.randrange(1, 12)))
        if kind:
            spans.append(Span(kind, len(text), len(text) + len(piece)))
        text += piece
    cuts = sorted(dice.sample(range(1, len(text)), size // 8))
    pages = tuple(Page(str(at), at) for at in (0, *cuts))
    return Section(f"卷{seed}", text, pages=pages, spans=tuple(spans))


@pytest.fixture(scope="module")
def pack(tmp_path_factory: pytest.TempPathFactory) -> Pack:
    """A work of several sections, after another one in its pack."""
    writer = PackWriter()
    writer.add(Work("before", CatalogueRecord("前"), (section(0, 20),)), "local", "digest")
    sections = (section(1, 150), Section("無注", "江山國三" * 30), section(2, 40), section(3, 3), section(4, 150))
    writer.add(Work("work", CatalogueRecord("書", year=1200), sections), "local", "digest")
    folder = tmp_path_factory.mktemp("packs") / "pack"
    writer.write(folder, {}, load_embedder(), lambda step, done, total: None)
    return Pack(folder)


@pytest.fixture(scope="module")
def documents(pack: Pack) -> list[dict[str, Any]]:
    work = WorkDocuments(pack, 1, stamp_of(7, SETTINGS, pack.works[1]), 7, load_embedder(), 400.0)
    return [{"id": each.id, **json.loads(each.line)} for each in (*work, work.closing())]


def of_kind(documents: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [each for each in documents if each["kind"] == kind]


def tokens(text: str) -> list[str]:
    return text.split()


def found(passage: dict[str, Any], field: str, phrase: str) -> int:
    """How often a phrase begins in a passage, as a phrase query with a hole at every other position counts."""
    row = tokens(passage.get(field, ""))
    wanted = {0: phrase[0]} | {2 * at + 1: phrase[at : at + 2] for at in range(len(phrase) - 1)}
    starts = [at for at, token in enumerate(row) if token == phrase[0]]
    return sum(
        all(at + place < len(row) and row[at + place] == token for place, token in wanted.items()) for at in starts
    )


def begins(pack: Pack, kind: int, phrase: str) -> Iterator[int]:
    """The passage, by its number in the second work, of each place where a stream has a phrase."""
    before = pack.passages_of(pack.works[1].first_section).start
    text = "".join(map(chr, pack.streams[kind].codes[:].tolist()))
    starts = np.asarray(pack.stream_starts[kind])
    at = text.find(phrase)
    while at >= 0:
        if (passage := int(starts.searchsorted(at, "right")) - 1) >= before:
            yield passage - before
        at = text.find(phrase, at + 1)


def phrases(pack: Pack, kind: int) -> Iterator[str]:
    draw = random.Random(SEED + kind)
    text = "".join(map(chr, pack.streams[kind].codes[:].tolist()))
    for _ in range(PHRASES):
        length = draw.choice(LENGTHS)
        at = draw.randrange(len(text) - length)
        if "\0" not in text[at : at + length]:
            yield text[at : at + length]


@pytest.mark.parametrize("kind", [MAIN, NOTES], ids=["text", "notes"])
def test_each_phrase_is_found_where_it_begins_and_as_often(
    pack: Pack, documents: list[dict[str, Any]], kind: int
) -> None:
    passages = of_kind(documents, "passage")
    assert len(passages) > 20
    for phrase in phrases(pack, kind):
        expected = Counter(begins(pack, kind, phrase))
        for number, passage in enumerate(passages):
            assert found(passage, "mn"[kind], phrase) == expected[number], (phrase, number)


def test_what_print_alone_has_is_marked(pack: Pack, documents: list[dict[str, Any]]) -> None:
    passages = of_kind(documents, "passage")
    alone = 0
    for phrase in phrases(pack, PRINTED):
        in_print = Counter(begins(pack, PRINTED, phrase))
        pairs = {phrase[at : at + 2] for at in range(len(phrase) - 1)} or {f"s1:{phrase}"}
        for number, count in in_print.items():
            known = sum(found(passages[number], field, phrase) for field in "mn")
            if count > known:
                alone += 1
                assert pairs & set(tokens(passages[number].get("s", ""))), (phrase, number)
    assert alone > 10


def test_spellings_are_told_as_far_as_a_phrase_reaches(pack: Pack, documents: list[dict[str, Any]]) -> None:
    passages = of_kind(documents, "passage")
    before = pack.passages_of(pack.works[1].first_section).start
    for kind in (MAIN, NOTES, PRINTED):
        stream = pack.streams[kind]
        starts = np.append(pack.stream_starts[kind], len(stream.codes)).astype(np.int64)
        codes, offsets = stream.codes[:], stream.original_starts(np.arange(len(stream.codes)))
        for number, passage in enumerate(passages):
            originals, varied = set(tokens(passage["o"])), set(tokens(passage.get("v", "")))
            row, closing = (
                before + number,
                pack.passages_of(pack.works[1].first_section + (passage["place"] >> 32)).stop,
            )
            reach = range(starts[row], min(starts[row + 1] + REACH - 1, starts[closing]))
            for place in reach if starts[row] < starts[row + 1] else ():
                folded = chr(int(codes[place]))
                if folded != "\0":
                    is_irregular = place in stream.irregular_places
                    assert folded in varied or not is_irregular
                    assert folded in varied or chr(int(pack.text[int(offsets[place])])) in originals


def test_several_spellings_of_a_character_are_told(documents: list[dict[str, Any]]) -> None:
    both = [each for each in of_kind(documents, "passage") if {"國", "国"} <= set(tokens(each["o"]))]
    assert both
    assert all(fold("國") in tokens(each["v"]) for each in both)


def test_a_circle_that_is_zero_in_its_own_stream_alone_is_told_in_print(tmp_path: Path) -> None:
    """A note stands between it and the numeral before it."""
    writer = PackWriter()
    text = "江三注○山"
    writer.add(Work("work", CatalogueRecord("書"), (Section("卷", text, spans=(Span(SpanKind.NOTE, 2, 3),)),)), "", "")
    writer.write(tmp_path / "pack", {}, load_embedder(), lambda step, done, total: None)
    pack = Pack(tmp_path / "pack")
    assert text_of(pack.printed.codes[:]) == f"江三注{fold('○')}山\0"
    work = WorkDocuments(pack, 0, "1-a", 1, load_embedder(), 400.0)
    (passage,) = (json.loads(each.line) for each in work if '"kind":"passage"' in each.line)
    assert {"零", fold("○")} <= set(tokens(passage["v"]))
    assert {f"s1:{fold('○')}", f"注{fold('○')}"} <= set(tokens(passage["s"]))


def test_a_work_closes_with_what_is_there(documents: list[dict[str, Any]]) -> None:
    card = json.loads(documents[-1]["card"])
    assert documents[-1]["kind"] == "work"
    assert card["passages"] == len(of_kind(documents, "passage"))
    assert card["windows"] >= sum(len(each.get("windows", ())) for each in documents) > 0
    assert len(card["titles"]) == len(of_kind(documents, "section")) == 5
    assert {each["stamp"] for each in documents} == {documents[-1]["id"]}
    assert {each["born"] for each in documents} == {7}
    assert {each["year"] for each in of_kind(documents, "passage")} == {1200}
    assert len({each["id"] for each in documents}) == len(documents)
    places = [each["place"] for each in of_kind(documents, "passage")]
    assert places == sorted(places)


def test_vectors_are_told_apart_by_their_bytes() -> None:
    embedder = load_embedder()
    scale = scale_of(embedder)
    assert scale == scale_of(embedder)
    vectors = embedder.embed(["混同江源出長白山", "城在江之南", "之"])
    steps = as_bytes(vectors, scale)
    assert int(np.abs(steps.astype(int)).max()) <= STEPS
    exact, rough = vectors @ vectors.T, (steps.astype(float) @ steps.T.astype(float)) / scale**2
    assert np.abs(exact - rough)[0, 1] < 0.02
