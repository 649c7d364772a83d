"""Occurrences in parts that are fetched are those in packs: in every order and group, with any context."""

from __future__ import annotations

import random
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from open_index import build

from indexer.cluster.address import ClusterAddress
from indexer.cluster.assembling import assemble
from indexer.cluster.connection import Connection
from indexer.cluster.parts import Part, PartKey, cut, encode
from indexer.errors import IndexFailure
from indexer.store.generation import open_packs, published
from indexer.text.streams import text_of
from search.model import Scope, WorkCard
from search.occurrences import Grouping, Occurrences, Order
from search.query import parse
from search.stores.base import ExactQuery
from search.stores.cluster.deciding import Decider, refs_of
from search.stores.cluster.occurrences import Gathered
from search.stores.cluster.parts import PartCache
from search.stores.cluster.view import ClusterRef, ClusterWork, View
from search.stores.opening import open_store

LETTERS = "國国黑東江々○"


@dataclass(frozen=True)
class HeldParts:
    """Parts in memory, asked for as a cluster is."""

    blobs: dict[str, bytes] = field(default_factory=dict)

    def mget(self, names: Sequence[str], _fields: Sequence[str]) -> list[dict[str, str] | None]:
        """Return the documents of some names."""
        found = map(self.blobs.get, names)
        return [None if blob is None else {"blob": b64encode(blob).decode()} for blob in found]


@dataclass(frozen=True)
class HeldView:
    view: View
    parts: dict[PartKey, Part]


def volume(name: str, juan: int) -> str:
    dice = random.Random(f"{name}{juan}")
    lines = [f"#+TITLE: {name}", f"#+PROPERTY: JUAN 卷{'一二三'[juan]}"]
    for page in range(30):
        lines.append(f"<pb:{name}_WYG_00{juan + 1}-{page + 1}a>¶")
        for _ in range(8):
            text, note, rest = ("".join(dice.choices(LETTERS, k=dice.choice((3, 9, 30)))) for _ in range(3))
            date = dice.choice(("天會三年", "(大定二年/貞祐間)", "", "", "", "", ""))
            lines.append(f"{text}({note}/{rest}){date}{text[::-1]}¶")
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder, index = tmp_path_factory.mktemp("texts"), tmp_path_factory.mktemp("index")
    for name in ("KR9z0001", "KR9z0002"):
        (folder / name).mkdir()
        for juan in range(3):
            (folder / name / f"{name}_00{juan + 1}.txt").write_text(volume(name, juan), "utf-8")
    build([folder], index)
    return index


@pytest.fixture(scope="module")
def held(index: Path) -> HeldView:
    generation = published(index)
    assert generation
    parts: dict[PartKey, Part] = {}
    works: dict[str, ClusterWork] = {}
    for pack in open_packs(index, generation.packs).values():
        for section in range(len(pack.sections)):
            parts |= {part.key: part for part in cut(pack, section)}
        for work in pack.works:
            card = WorkCard(work.id, work.collection, work.record, len(work.section_titles))
            works[work.id] = ClusterWork(card, work.id, work.section_titles, {})
    address = ClusterAddress((("nowhere", 9200),), "held")
    connection = cast("Connection", HeldParts({".".join(map(str, key)): encode(part) for key, part in parts.items()}))
    few = PartCache(12)  # so that most are fetched again
    return HeldView(View(address, connection, generation, (), dict(sorted(works.items())), few), parts)


def found(held: HeldView, query: ExactQuery) -> Occurrences:
    passages: list[ClusterRef] = []
    for _, part in sorted(held.parts.items()):
        texts = assemble([part])
        passages += refs_of(texts, np.arange(len(texts.passages)))
    gathered = Gathered()
    for batch in Decider(held.view, query, near_spans=True).decide(passages):
        gathered.add(batch)
    return gathered.occurrences(held.view, at_least=False)


def queries(held: HeldView) -> list[ExactQuery]:
    dice = random.Random(17)
    letters = text_of(assemble(held.parts.values()).streams[0].codes[:]).replace("\0", "")
    made = []
    for number in range(12):
        at = dice.randrange(len(letters) - 40)
        one, other = letters[at : at + dice.choice((1, 2, 3, 9))], letters[at + 20 : at + 22]
        text = (f'"{one}"', f'"{one[:1]}?{other}"', f'"{one}" NEAR/{dice.choice((3, 30))} "{other}"')[number % 3]
        made.append(ExactQuery(parse(text).tree, dice.choice(list(Scope)), dice.random() < 0.3))
    return made


def test_occurrences_in_parts_are_those_in_packs(index: Path, held: HeldView) -> None:
    store = open_store(index)
    total = 0
    for number, query in enumerate(queries(held)):
        expected, mine = store.find(query), found(held, query)
        assert len(mine) == len(expected), query
        total += len(mine)
        for order in Order:
            one, other = mine.sorted_by(order), expected.sorted_by(order)
            assert one[:40] + one[-10:] == other[:40] + other[-10:], (query, order)
        for grouping in Grouping:
            groups = expected.grouped_by(grouping)
            assert mine.grouped_by(grouping) == groups, (query, grouping)
            for group in groups[:2]:
                assert mine.within(grouping, group.value)[:5] == expected.within(grouping, group.value)[:5], (
                    query,
                    group,
                )
        assert tuple(mine.sample(9, number)) == tuple(expected.sample(9, number)), query
        for context in (0, 7, 3000):
            assert mine.with_context(context)[:5] == expected.with_context(context)[:5], (query, context)
    assert total > 1000
    with pytest.raises(IndexError):
        found(held, queries(held)[0])[1_000_000]


def test_nothing_found_is_an_empty_value(held: HeldView) -> None:
    nothing = found(held, ExactQuery(parse('"無此語"').tree))
    assert len(nothing) == 0
    assert nothing[:] == ()
    assert nothing.sorted_by(Order.LEFT).grouped_by(Grouping.SPELLING) == ()
    assert nothing.sample(5, 1)[:] == ()


def test_a_damaged_part_is_told_with_its_place(held: HeldView) -> None:
    first, second = sorted(held.parts)[:2]
    for blob in (b"harmed", encode(held.parts[first])):
        connection = cast("Connection", HeldParts({".".join(map(str, second)): blob}))
        view = replace(held.view, connection=connection, parts=PartCache(3))
        with pytest.raises(IndexFailure, match=rf"part {second.part} of {second.work}/{second.section} is damaged"):
            view.fetch([second])
