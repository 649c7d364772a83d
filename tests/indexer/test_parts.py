"""Parts of sections, put together again, are what the pack is: what is asked of some passages has the same answer."""

from __future__ import annotations

import random
import shutil
import zlib
from typing import Any

import numpy as np
import pytest
from fuzzing import harmed
from numpy.typing import NDArray
from open_index import build
from shared_texts import KANRIPO
from skips import skip

from indexer.cluster.assembling import Assembled, assemble
from indexer.cluster.parts import GOAL, Part, cut, decode, encode
from indexer.store.generation import open_packs, published
from indexer.store.layout import MAIN, NOTES, PRINTED
from indexer.store.pack import Pack, PackView
from indexer.text.streams import BOUNDARY, text_of
from search.exact.evaluation import Evaluator, distinct
from search.exact.matching import Mask
from search.query import Field, Tree, parse

STREAMS = ((MAIN,), (NOTES,), (MAIN, NOTES, PRINTED))
REACH = 300
"""Characters that no query here goes beyond: a phrase, a distance and another phrase."""

Place = tuple[str, int, int]
"""A passage by its work, its section and where it begins there."""


def volume() -> str:
    """A book with pages that notes run across, running heads, iteration marks, circles and descriptions."""
    dice = random.Random(3)
    lines = ["#+TITLE: 分卷", "#+PROPERTY: ID KR9z0009"]
    for juan in "一二三":
        lines.append(f"#+PROPERTY: JUAN 卷{juan}")
        for page in range(30):
            lines.append(f"<pb:KR9z0009_WYG_{'一二三'.index(juan) + 1:03}-{page + 1}a>¶")
            for _ in range(8):
                some = ["".join(dice.choices("國国黑東江々○一二&KR0001;", k=dice.randrange(6, 20))) for _ in range(3)]
                long = "".join(dice.choices("國国黑東江", k=dice.choice((4, 40, 300))))
                date = dice.choice(("天會三年", "四年正月甲子", "(大定間/金大安元年)", "", ""))
                lines.append(f"{some[0]}({long}/{some[1]}){date}{some[2]}¶")
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module", params=["own", "real"])
def pack(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Pack:
    folder, index = tmp_path_factory.mktemp("texts"), tmp_path_factory.mktemp("index")
    if request.param == "real":
        if not KANRIPO.is_dir():
            skip("the texts of Kanripo are not at hand")
        shutil.copytree(KANRIPO / "KR2k0038", folder / "KR2k0038")
    else:
        (folder / "KR9z0009").mkdir()
        (folder / "KR9z0009" / "KR9z0009_001.txt").write_text(volume(), "utf-8")
    build([folder], index)
    state = published(index)
    assert state
    (opened,) = open_packs(index, state.packs).values()
    return opened


@pytest.fixture(scope="module")
def parts(pack: Pack) -> list[Part]:
    dice = random.Random(5)
    chosen = dice.sample(range(len(pack.sections)), min(12, len(pack.sections)))
    return [decode(encode(part)) for section in sorted(chosen) for part in cut(pack, section)]


def places(view: PackView, rows: NDArray[np.int64]) -> list[Place]:
    if isinstance(view, Assembled):
        owners = [view.parts[at].key for at in view.part_of(rows).tolist()]
        offsets = view.offsets[rows].tolist()
        return [(key.work, key.section, offset) for key, offset in zip(owners, offsets, strict=True)]
    assert isinstance(view, Pack)
    sections = view.passages["section"][rows]
    works = [view.works[work].id for work in view.passage_works[rows].tolist()]
    starts = (view.passages["start"][rows] - view.sections["start"][sections]).tolist()
    return list(zip(works, view.sections["number"][sections].tolist(), starts, strict=True))


def _no_field(field: Field) -> Mask:
    raise AssertionError(field)


def answer(view: PackView, tree: Tree, streams: tuple[int, ...], options: dict[str, bool]) -> tuple[Any, ...]:
    """The passages that satisfy a tree, and each occurrence: where it is, and whether spelled as typed."""
    evaluator = Evaluator(view, streams, options["strict"], _no_field, near_spans=options["spans"])
    found = evaluator.evaluate(tree)
    here = []
    for each in distinct(found.occurrences, found.passages):
        begins = view.stream_starts[each.stream].astype(np.int64)[each.passages]
        rows = zip((each.starts - begins).tolist(), (each.ends - begins).tolist(), each.typed.tolist(), strict=True)
        here += [(place, each.stream, *row) for place, row in zip(places(view, each.passages), rows, strict=True)]
    return sorted(places(view, found.passages)), sorted(here)


def only(found: tuple[Any, ...], kept: set[Place]) -> tuple[Any, ...]:
    return [place for place in found[0] if place in kept], [each for each in found[1] if each[0] in kept]


def drawn(view: PackView, dice: random.Random) -> str:
    while True:
        codes = view.streams[dice.choice([stream for stream in (0, 1, 2) if len(view.streams[stream].codes)])].codes
        start = dice.randrange(len(codes))
        some = codes[start : start + dice.choice((1, 2, 2, 3, 4, 6, 20, 60))]
        # A circle stands for any character, and alone for too many of them.
        if len(some) and not (some == BOUNDARY).any() and not (some == ord("〇")).any():
            return text_of(some)


def queries(view: PackView, count: int) -> list[tuple[Tree, tuple[int, ...], dict[str, bool]]]:
    dice = random.Random(7)
    found: list[tuple[Tree, tuple[int, ...], dict[str, bool]]] = []
    for number in range(count):
        one, other = drawn(view, dice), drawn(view, dice)
        text = (
            f'"{one}"',
            one[:1] + dice.choice("?*") + one[2:] if len(one) > 2 else f"{one}?",
            f'"{one[:2]}" NEAR/{dice.choice((3, 20, 100))} "{other[:2]}"',
            f'"{one}" NOT "{other[:1]}"',
            f"when:{dice.choice(('1126', '1190', '1085..1125', '壬寅', '乾隆年間'))}",
            f'when:1125..1211 NEAR/{dice.choice((3, 20))} "{one[:1]}"',
        )[number % 6]
        options = {"strict": dice.random() < 0.3, "spans": dice.random() < 0.5}
        found.append((parse(text).tree, dice.choice(STREAMS), options))
    return found


def test_all_parts_together_answer_as_the_pack_does(pack: Pack, parts: list[Part]) -> None:
    view = assemble(parts)
    kept = set(places(view, np.arange(len(view.passages))))
    assert len(kept) == len(view.passages)
    hits = 0
    for tree, streams, options in queries(view, 160):
        expected = only(answer(pack, tree, streams, options), kept)
        assert answer(view, tree, streams, options) == expected, (tree, streams, options)
        hits += len(expected[1])
    assert hits > 500


def test_some_parts_with_what_is_near_answer_as_the_pack_does(pack: Pack, parts: list[Part]) -> None:
    dice = random.Random(11)
    by_key = {part.key: part for part in parts}
    fetched = 0
    for tree, streams, options in queries(assemble(parts), 60):
        held = dice.sample(parts, 4)
        view = assemble(held)
        kept = set(places(view, np.sort(dice.sample(range(len(view.passages)), 5))))
        while True:
            rows = np.array(
                [row for row, place in enumerate(places(view, np.arange(len(view.passages)))) if place in kept]
            )
            if not (lacking := view.lacking(rows, REACH, REACH)):
                break
            fetched += len(lacking)
            held += [by_key[key] for key in lacking]
            view = assemble(held)
        expected = only(answer(pack, tree, streams, options), kept)
        assert only(answer(view, tree, streams, options), kept) == expected, (tree, streams, options)
    assert fetched


def test_parts_keep_what_is_known_of_their_passages(pack: Pack, parts: list[Part]) -> None:
    view = assemble(reversed(parts))
    known = {place: row for row, place in enumerate(places(pack, np.arange(len(pack.passages))))}
    for row, place in enumerate(places(view, np.arange(len(view.passages)))):
        mine, theirs = view.passages[row], pack.passages[known[place]]
        assert view.page(int(mine["page"])) == pack.page(int(theirs["page"]))
        assert mine["weight"] == theirs["weight"]
        assert text_of(view.text[mine["start"] : mine["end"]]) == text_of(pack.text[theirs["start"] : theirs["end"]])
    sizes = [len(part.columns["text"]) for part in parts if not part.is_last]
    assert min(sizes) >= GOAL


def said(view: PackView, kept: set[Place]) -> list[tuple[Any, ...]]:
    """The dates of some passages: where each begins, how long it is, and what it may be."""
    rows = view.dates[view.dates["end"] > view.dates["start"]]
    owners = np.ascontiguousarray(view.passages["start"]).searchsorted(rows["place"], "right") - 1
    offsets = (rows["place"].astype(np.int64) - view.passages["start"][owners]).tolist()
    lengths = (rows["end"] - rows["start"]).tolist()
    told = rows[["stream", "first", "last", "doubts"]].tolist()
    found = zip(places(view, owners), offsets, lengths, told, strict=True)
    return sorted((place, *rest) for place, *rest in found if place in kept)


def test_parts_keep_the_dates_and_the_year_that_was_read_last(pack: Pack, parts: list[Part]) -> None:
    dice = random.Random(17)
    for held in (parts, *([each] for each in parts), *(dice.sample(parts, 5) for _ in range(9))):
        view = assemble(held)
        rows = np.arange(len(view.passages))
        kept = set(places(view, rows))
        assert said(view, kept) == said(pack, kept)
        known = {place: row for row, place in enumerate(places(pack, np.arange(len(pack.passages))))}
        mine = view.years_at(view.passages["section"], view.passages["start"].astype(np.int64))
        theirs = np.array([known[place] for place in places(view, rows)])
        starts = pack.passages["start"][theirs].astype(np.int64)
        assert mine.tolist() == pack.years_at(pack.passages["section"][theirs], starts).tolist()
    assert len(said(assemble(parts), set(places(pack, np.arange(len(pack.passages)))))) > 50


def test_what_is_no_part_is_refused(parts: list[Part]) -> None:
    whole = encode(parts[0])
    plain = zlib.decompress(whole)
    for data in (b"", b"no part", whole[:-9], zlib.compress(plain[:-4]), zlib.compress(b"\0" * (17 << 20))):
        with pytest.raises(ValueError, match="no part of a section"):
            decode(data)


def test_harmed_parts_are_refused_or_lead_nowhere_else(parts: list[Part]) -> None:
    chance = random.Random(13)
    tree = parse('"國?" NEAR/9 "東" OR when:1100..1200').tree
    refused = 0
    for _ in range(400):
        plain = zlib.decompress(encode(chance.choice(parts)))
        head = 4 + int.from_bytes(plain[:4], "little")
        facts = harmed(plain[4:head], chance)
        changed = len(facts).to_bytes(4, "little") + facts + plain[head:]
        for data in (zlib.compress(harmed(plain, chance)), zlib.compress(changed)):
            try:
                part = decode(data)
            except ValueError:
                refused += 1
                continue
            view = assemble([part])
            answer(view, tree, STREAMS[2], {"strict": False, "spans": True})
            for page in view.passages["page"].tolist():
                view.page(page)
    assert refused > 400


def test_nothing_is_assembled_of_nothing() -> None:
    assert len(assemble(()).passages) == 0
