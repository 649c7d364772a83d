"""An index on a cluster is built as one in a folder is; what is not Wenyuan's is left alone; builders don't meet."""

from __future__ import annotations

import itertools
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import skips
from clusters import empty_index
from open_index import build
from shared_texts import FORMATS

from corpora.model import Access
from indexer.building import build as module
from indexer.building.build import compact
from indexer.cluster import building, lock
from indexer.cluster.address import ClusterAddress, index_address
from indexer.cluster.carrying import carry, contents
from indexer.cluster.connection import Conflict, Connection
from indexer.cluster.keeping import go_back
from indexer.cluster.mapping import index_body
from indexer.cluster.state import ClusterState, read_state, write_state
from indexer.errors import IndexFailure
from indexer.store import generation
from indexer.upkeep.repair import repair
from search.library import Library
from search.model import Mode, SearchRequest

BUNDLED = Path(__file__).parents[2] / "corpora" / "bundled"
RIVER, TOWN = "混同江源出長白山，北流合諸水，東入於海。", "城在混同江之南，民居百家。"


@pytest.fixture
def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ClusterAddress]:
    monkeypatch.setenv(building.SCRATCH, str(tmp_path / "scratch"))
    with empty_index("?shards=2&replicas=1") as named:
        made = index_address(named)
        assert isinstance(made, ClusterAddress)
        yield made


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    folder = tmp_path / "texts"
    folder.mkdir()
    for name, text in (("river", RIVER), ("town", TOWN)):
        write(folder, name, text)
    return folder


def write(folder: Path, name: str, text: str) -> None:
    (folder / f"{name}.md").write_text(f"---\nid: {name}\ntitle: {name}\nlanguage: lzh\n---\n\n{text}\n", "utf-8")


def state_of(address: ClusterAddress) -> ClusterState:
    return read_state(Connection(address))


def rows(address: ClusterAddress, stamp: str) -> int:
    connection = Connection(address)
    connection.refresh()
    return connection.count({"term": {"stamp": stamp}})


def occurrences(address: ClusterAddress, phrase: str) -> int | None:
    return Library.open(address).search(SearchRequest(q=phrase, mode=Mode.EXACT)).total.occurrences


def test_a_build_adds_skips_replaces_and_removes(address: ClusterAddress, texts: Path) -> None:
    first = build([texts], address)
    assert (first.generation, first.added, first.passages, first.windows) == (1, 2, 2, 2)
    again = build([texts], address)
    assert (again.generation, again.added, again.unchanged) == (1, 0, 2)
    write(texts, "river", RIVER + "有魚曰鮭。")
    replaced = build([texts], address)
    assert (replaced.generation, replaced.replaced, replaced.unchanged, replaced.passages) == (2, 1, 1, 2)
    assert (occurrences(address, "混同江"), occurrences(address, "鮭")) == (2, 1)
    removed = build([], address, remove=["town"])
    assert (removed.generation, removed.removed, removed.passages) == (3, 1, 1)
    assert occurrences(address, "混同江") == 1
    assert set(state_of(address).generation.tombstones) == {"town"}  # type: ignore[union-attr]  # it is published


def test_it_says_of_works_what_a_folder_says(address: ClusterAddress, texts: Path, tmp_path: Path) -> None:
    folder = tmp_path / "index"
    for index in (folder, address):
        build([texts], index, access=Access.IN_LIBRARY)
        write(texts, "town", TOWN + "冬日獵於山。")
        build([texts], index, remove=["river"])
        write(texts, "town", TOWN)
    one, other = generation.published(folder), state_of(address).generation
    assert one
    assert other
    for said in ("number", "sources", "access", "places"):
        assert getattr(one, said) == getattr(other, said)
    assert one.tombstones.keys() == other.tombstones.keys() == {"river"}
    assert one.changed.keys() == other.changed.keys() == {"town"}


def test_what_was_wrong_in_a_file_is_said_again_though_the_file_is_skipped(
    address: ClusterAddress, texts: Path
) -> None:
    (texts / "bad.txt").write_bytes("江".encode("gb18030") + b"\xff\xff" + "山水城".encode("gb18030"))
    first, again = build([texts], address), build([texts], address)
    assert first.problems == again.problems


def test_what_gave_no_work_is_said_again_as_of_a_folder(address: ClusterAddress, texts: Path, tmp_path: Path) -> None:
    (texts / "broken.jsonl").write_text('{"id": "lake", "tex', "utf-8")
    write(texts, "twin", TOWN)
    (texts / "twin.md").write_bytes((texts / "twin.md").read_bytes().replace(b"id: twin", b"id: town") + b"\xff\xff")
    folder, carried = tmp_path / "index", tmp_path / "carried"
    said = {index: [set(build([texts], index).problems) for _ in range(3)] for index in (folder, address)}
    assert {problem.file.name for problem in said[folder][1]} == {"broken.jsonl", "twin.md"}
    assert said[address] == said[folder]
    carry(address, carried)
    assert set(build([texts], carried).problems) == said[folder][1]
    with empty_index() as other:
        carry(folder, index_address(other))
        assert set(build([texts], index_address(other)).problems) == said[folder][1]
    write(texts, "hill", RIVER)
    for index in (folder, address):
        build([texts], index, remove=["river"])
    go_back(address)
    repair(folder, go_back=True)
    assert set(build([texts], address).problems) == set(build([texts], folder).problems) == said[folder][1]


def test_another_engine_is_refused(address: ClusterAddress, texts: Path) -> None:
    with pytest.raises(IndexFailure, match="opensearch, not whoosh"):
        build([texts], address, engine="whoosh")
    assert Connection(address).described() is None


def test_an_index_that_is_not_wenyuans_is_left_alone(address: ClusterAddress, texts: Path) -> None:
    connection = Connection(address)
    connection.create({"mappings": {"properties": {"title": {"type": "text"}}}})
    before = connection.described()
    for act in (lambda: build([texts], address), lambda: compact(address), lambda: Library.open(address)):
        with pytest.raises(IndexFailure, match="not Wenyuan's"):
            act()
    assert connection.described() == before


def test_an_index_of_another_format_is_left_alone(address: ClusterAddress, texts: Path) -> None:
    connection, body = Connection(address), index_body(256, 400.0, 1, 0)
    body["mappings"]["_meta"]["wenyuan"]["format"] = 99
    connection.create(body)
    before = connection.described()
    for act in (lambda: build([texts], address), lambda: compact(address), lambda: Library.open(address)):
        with pytest.raises(IndexFailure, match="format 99"):
            act()
    assert connection.described() == before


def test_a_second_builder_is_told(address: ClusterAddress, texts: Path) -> None:
    build([texts], address)
    with (
        building.cluster_plan(address, lambda *_: None),
        pytest.raises(IndexFailure, match="another build is under way"),
    ):
        build([], address, remove=["town"])
    build([], address, remove=["town"])


def test_a_builder_of_this_machine_that_died_is_taken_over_at_once(address: ClusterAddress, texts: Path) -> None:
    build([texts], address)
    code = (
        "import os, sys\n"
        "from indexer.cluster.address import index_address\n"
        "from indexer.cluster.building import cluster_plan\n"
        "with cluster_plan(index_address(sys.argv[1]), lambda *_: None): os._exit(1)\n"
    )
    subprocess.run([sys.executable, "-c", code, str(address)], check=False)
    began = time.monotonic()
    assert build([], address, remove=["town"]).removed == 1
    assert time.monotonic() - began < lock.LAPSE / 2


def test_who_was_taken_over_neither_writes_nor_publishes(
    address: ClusterAddress, texts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A builder that slept so long that it counted as dead wakes up when another one has gone on."""
    build([texts], address)
    monkeypatch.setattr(lock, "_is_gone", lambda held: True)
    with building.cluster_plan(address, lambda *_: None) as asleep:
        build([], address, remove=["town"])
        with pytest.raises(IndexFailure):
            asleep.connection.bulk(b'{"index":{"_id":"late"}}\n{"kind":"passage"}\n', asleep.alias)
        with pytest.raises(Conflict, match="another build has published"):
            write_state(asleep.connection, asleep.state)
    assert occurrences(address, "混同江") == 1


def test_what_an_abandoned_build_has_sent_is_never_seen(
    address: ClusterAddress, texts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build([texts], address)
    write(texts, "lost", "失混同江之記。")
    with failing(monkeypatch, "write_state", 1), pytest.raises(IndexFailure, match="no"):
        build([texts], address)
    (texts / "lost.md").unlink()
    connection = Connection(address)
    connection.refresh()
    born = {"range": {"born": {"gt": 1}}}
    assert connection.count(born)
    assert occurrences(address, "混同江") == 2
    alike = Library.open(address).search(SearchRequest(q="失混同江之記", mode=Mode.SEMANTIC))
    assert {hit.work.id for hit in alike.hits} == {"river", "town"}
    build([], address, remove=["town"])
    connection.refresh()
    assert connection.count(born) == 0
    assert occurrences(address, "混同江") == 1


@contextmanager
def failing(monkeypatch: pytest.MonkeyPatch, name: str, after: int) -> Iterator[None]:
    """Let a function of the builder fail after so many calls."""
    real, calls = getattr(building, name), itertools.count()

    def called(*given: Any) -> Any:
        if next(calls) >= after:
            raise IndexFailure("no")
        return real(*given)

    with monkeypatch.context() as patched:
        patched.setattr(building, name, called)
        yield


def test_rows_that_nobody_may_read_are_cleared_away_and_others_are_not(
    address: ClusterAddress, texts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build([texts], address)
    first = state_of(address).generation.packs[0].name  # type: ignore[union-attr]  # it is published
    write(texts, "river", RIVER + "有魚曰鮭。")
    build([texts], address)
    opened = Library.open(address)
    assert rows(address, first)
    build([], address, remove=["town"])
    assert rows(address, first), "a reader may still be answered from the generation before"
    assert opened.search(SearchRequest(q="混同江", mode=Mode.EXACT)).total.occurrences == 2
    monkeypatch.setattr(building, "GRACE", 0.0)
    compact(address)
    assert rows(address, first) == 0
    assert first not in state_of(address).dead
    assert occurrences(address, "混同江") == 1
    assert opened.search(SearchRequest(q="混同江", mode=Mode.EXACT)).total.occurrences == 2


def test_a_compaction_merges_segments_and_says_how_far_it_is(address: ClusterAddress, texts: Path) -> None:
    for number in range(4):
        write(texts, f"hill{number}", f"山在混同江之北，其高{number}里。")
        build([texts], address)
    told: list[tuple[int, int]] = []
    compact(address, on_progress=lambda step, done, whole: told.append((done, whole)) if step == "merge" else None)
    assert told[0][0] == 0 < told[-1][0] == told[-1][1]
    stats = Connection(address).ask("GET", Connection(address).path("_stats", "segments"))
    assert stats["_all"]["primaries"]["segments"]["count"] <= 2
    assert occurrences(address, "混同江") == 6


def test_works_that_arrived_whole_are_not_sent_again(
    address: ClusterAddress, texts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[int] = []
    send = building.send
    monkeypatch.setattr(building, "send", lambda *given: (sent.append(len(given[2])), send(*given)))
    with failing(monkeypatch, "settle", 0), pytest.raises(IndexFailure, match="no"):
        build([texts], address)
    build([texts], address)
    assert sent == [2, 0]


@pytest.mark.parametrize("kind", ["bundled", "formats"])
def test_an_index_is_carried_there_and_back_equal(address: ClusterAddress, tmp_path: Path, kind: str) -> None:
    texts = [BUNDLED] if kind == "bundled" else [FORMATS / "page", FORMATS / "kanripo"]
    if not texts[0].is_dir():
        skips.skip(f"NOTES, PAGES AND REGIONS WERE NOT CARRIED: {FORMATS} is not there")
    folder, back = tmp_path / "index", tmp_path / "back"
    build(texts, folder)
    some = sorted(generation.published(folder).live_works())[0]  # type: ignore[union-attr]  # it is published
    build([], folder, remove=[some])
    carried = carry(folder, address)
    assert carried.works == len(contents(address)) - 1
    assert contents(address) == contents(folder)
    carry(address, back)
    assert contents(back) == contents(folder)
    with pytest.raises(IndexFailure, match="works are there"):
        carry(folder, address)
    assert module.build(texts, back).added == 1  # the one that was removed; the others are known by their sources
