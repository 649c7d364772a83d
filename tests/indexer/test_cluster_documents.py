"""What is sent of a passage says where each row of characters begins, how often, and where only the text can tell."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from open_index import build
from seeds import SEED

from indexer.cluster.documents import WorkDocuments, as_bytes, stamp_of
from indexer.cluster.mapping import REACH, STEPS
from indexer.cluster.scaling import scale_of
from indexer.embedding import load_embedder
from indexer.store.generation import Generation, open_packs, published
from indexer.store.layout import MAIN, NOTES, PRINTED
from indexer.store.pack import Pack

PHRASES = 400
LENGTHS = (1, 1, 2, 2, 3, 4, 7, 20, 63, 64)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Generation, Pack]:
    """A work of several sections with notes, iteration marks and circles, few different characters, and its pack."""
    draw = random.Random(SEED)
    folder = tmp_path_factory.mktemp("texts")
    lines = []
    for number in range(3):
        lines.append(f"# 卷{'一二三'[number]}\n")
        for _ in range(40):
            run = "".join(draw.choices("江山水國国々〇一二，。", k=draw.randrange(5, 60)))
            note = "".join(draw.choices("江山注々國国", k=draw.randrange(0, 12)))
            lines.append(f"{run}{f'（{note}）' if note else ''}\n")
    (folder / "work.md").write_text("---\nid: work\ntitle: 書\nlanguage: lzh\nyear: 1200\n---\n\n" + "\n".join(lines))
    index = folder / "index"
    build([folder / "work.md"], index)
    generation = published(index)
    assert generation
    (pack,) = open_packs(index, generation.packs).values()
    return generation, pack


@pytest.fixture(scope="module")
def documents(made: tuple[Generation, Pack]) -> list[dict[str, Any]]:
    generation, pack = made
    stamp = stamp_of(7, generation.settings, pack.works[0])
    work = WorkDocuments(pack, 0, stamp, 7, load_embedder(), 400.0)
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
    """The passage of each place where a stream has a phrase."""
    text = "".join(map(chr, pack.streams[kind].codes[:].tolist()))
    starts = np.asarray(pack.stream_starts[kind])
    at = text.find(phrase)
    while at >= 0:
        yield int(starts.searchsorted(at, "right")) - 1
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
    made: tuple[Generation, Pack], documents: list[dict[str, Any]], kind: int
) -> None:
    passages = of_kind(documents, "passage")
    assert len(passages) == len(made[1].passages) > 3
    for phrase in phrases(made[1], kind):
        expected = Counter(begins(made[1], kind, phrase))
        for number, passage in enumerate(passages):
            assert found(passage, "mn"[kind], phrase) == expected[number], (phrase, number)


def test_what_print_alone_has_is_marked(made: tuple[Generation, Pack], documents: list[dict[str, Any]]) -> None:
    pack, passages = made[1], of_kind(documents, "passage")
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


def test_spellings_are_told_as_far_as_a_phrase_reaches(
    made: tuple[Generation, Pack], documents: list[dict[str, Any]]
) -> None:
    pack = made[1]
    for number, passage in enumerate(of_kind(documents, "passage")):
        originals, varied = set(tokens(passage["o"])), set(tokens(passage.get("v", "")))
        for kind in (MAIN, NOTES, PRINTED):
            stream = pack.streams[kind]
            starts = np.append(pack.stream_starts[kind], len(stream.codes)).astype(np.int64)
            ends = pack.sections["first_passage"]
            following = [int(row) for row in ends if row > number]
            stop = min(int(starts[number + 1]) + REACH - 1, int(starts[following[0] if following else -1]))
            for place in range(int(starts[number]), stop if starts[number] < starts[number + 1] else 0):
                folded = chr(int(stream.codes[place]))
                if folded == "\0":
                    continue
                original = chr(int(pack.text[int(stream.original_starts(np.array([place]))[0])]))
                assert original in originals, (number, kind, place)
                odd = place in stream.irregular_places
                assert not odd or folded in varied, (number, kind, place, folded)


def test_a_work_closes_with_what_is_there(documents: list[dict[str, Any]]) -> None:
    card = json.loads(documents[-1]["card"])
    assert documents[-1]["kind"] == "work"
    assert card["passages"] == len(of_kind(documents, "passage"))
    assert card["windows"] >= sum(len(each.get("windows", ())) for each in documents) > 0
    assert len(card["titles"]) == len(of_kind(documents, "section")) == 3
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
