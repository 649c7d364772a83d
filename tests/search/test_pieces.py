"""The stretches that are compared are what stands in the passages and, in the same section, near them."""

import numpy as np
import pytest

from indexer.building.build import build
from indexer.store.generation import open_packs, published
from indexer.store.layout import MAIN, NOTES, STREAM_NAMES
from indexer.store.pack import Pack
from indexer.text.streams import BOUNDARY, Codes, text_of
from search.ranking.pieces import AFTER, BEFORE, Pieces
from search.stores.embedded.snapshot import Snapshot
from search.stores.embedded.texts import pieces_of

PAGE = "混同江出長白山北流會黒龍江入海其水深廣多魚冬則鑿氷取之上京會寧府在江之南"
TEXT = "".join(
    [
        "#+TITLE: 北志\n#+PROPERTY: ID KR9a0001\n",
        *(f"#+PROPERTY: JUAN 卷{juan}\n" + "".join(pages) for juan, pages in (("一", ["{}"] * 9), ("二", ["{}"] * 2))),
    ]
)


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """A work of two sections and eleven pages, one of them all notes, one with a note, one short; and another work."""
    texts, index = tmp_path_factory.mktemp("texts") / "KR9a0001", tmp_path_factory.mktemp("index")
    texts.mkdir()
    pages = [PAGE, PAGE[:20] + "(舊名海古)" + PAGE[20:], f"({PAGE})", PAGE[:3], *[PAGE] * 7]
    marked = (f"<pb:KR9a0001_WYG_001-{number}a>¶\n{page}¶\n" for number, page in enumerate(pages, start=1))
    (texts / "KR9a0001_001.txt").write_text(TEXT.format(*marked), "utf-8")
    build([texts], index)
    (index.parent / "KR9a0000.txt").write_text(PAGE, "utf-8")
    build([index.parent / "KR9a0000.txt"], index)
    generation = published(index)
    assert generation
    return Snapshot(generation, open_packs(index, generation.packs))


@pytest.fixture
def pack(snapshot: Snapshot) -> Pack:
    return next(pack for pack in snapshot.packs.values() if pack.works[0].id == "KR9a0001")


def refs(snapshot: Snapshot, pack: Pack) -> np.ndarray:
    number = next(number for number, each in snapshot.packs.items() if each is pack)
    return snapshot.refs(number, np.arange(len(pack.passages)))


def stretches(pieces: Pieces) -> list[tuple[int, int, int, bool, str]]:
    ends = np.cumsum(pieces.lengths)
    texts = [text_of(pieces.codes[end - length : end]) for end, length in zip(ends, pieces.lengths, strict=True)]
    columns = (pieces.passages, pieces.streams, pieces.starts, pieces.around)
    return list(zip(*(column.tolist() for column in columns), texts, strict=True))


def expected(pack: Pack, number: int, position: int) -> list[tuple[int, int, int, bool, str]]:
    """One passage, looked at character by character."""
    found = []
    row = pack.passages[number]
    for stream in (MAIN, NOTES):
        codes: Codes = pack.streams[stream].codes[:]
        start, end = (int(row[f"{STREAM_NAMES[stream]}_{bound}"]) for bound in ("start", "end"))
        origin, parts = start, [(start, end, False)]
        if stream == MAIN and end > start:
            first = start
            while first > max(start - BEFORE, 0) and codes[first - 1] != BOUNDARY:
                first -= 1
            last = end
            while codes[end - 1] != BOUNDARY and last < end + AFTER and codes[last] != BOUNDARY:
                last += 1
            parts += [(first, start, True), (end, last, True)]
        found += [(position, stream, a - origin, around, text_of(codes[a:b])) for a, b, around in parts if b > a]
    return found


def test_a_passage_with_its_notes_and_what_is_near_it_in_its_section(snapshot: Snapshot, pack: Pack) -> None:
    everything = range(len(pack.passages))
    assert len(everything) == 11
    pieces = pieces_of(snapshot, refs(snapshot, pack)[::-1], (MAIN, NOTES))
    assert stretches(pieces) == [piece for number in everything for piece in expected(pack, number, 10 - number)]
    assert {length for length, around in zip(pieces.lengths, pieces.around, strict=True) if around} >= {AFTER, BEFORE}


def test_only_the_streams_that_are_asked_for(snapshot: Snapshot, pack: Pack) -> None:
    notes = stretches(pieces_of(snapshot, refs(snapshot, pack), (NOTES,)))
    assert [(passage, around) for passage, _, _, around, _ in notes] == [(1, False), (2, False)]


def test_passages_of_several_packs(snapshot: Snapshot, pack: Pack) -> None:
    (other,) = (each for each in snapshot.packs.values() if each is not pack)
    chosen = np.concatenate([refs(snapshot, pack)[3:4], refs(snapshot, other)])
    pieces = pieces_of(snapshot, chosen, (MAIN,))
    assert np.unique(pieces.passages).tolist() == [0, 1]
    assert len(pieces.codes) == pieces.lengths.sum()


def test_no_passages(snapshot: Snapshot) -> None:
    assert not len(pieces_of(snapshot, np.empty(0, np.int64), (MAIN,)).passages)
