"""What becomes of searches and builds when the nodes of a cluster fail.

    python -m eval.drills.failures PATH --nodes FOLDER                           all scenes
    python -m eval.drills.failures PATH --nodes FOLDER --scenes away full        some of them

Starts three nodes of its own in FOLDER, builds an index of PATH on them and one in a folder, and asks the same of both
while nodes are killed, put to sleep and started again. Each scene prints a line of counts, and a line for each promise
that was broken; then the exit status is 1. Victims and moments are drawn from the seed, which is printed first.
"""

from __future__ import annotations

import argparse
import os
import random
import re
import secrets
import shutil
import signal
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from corpora.model import Access
from eval.drills.nodes import COUNT, PATIENCE, Nodes, NodesFailure
from eval.speed.bench import phrases
from indexer.building.build import build
from indexer.cluster import building
from indexer.cluster.address import ClusterAddress, IndexAddress, index_address
from indexer.cluster.carrying import contents
from indexer.cluster.connection import READING, WRITER, Connection
from indexer.cluster.keeping import verify
from indexer.cluster.state import read_state
from indexer.errors import IndexFailure, Superseded
from search import deadline
from search.deadline import SearchTimeout
from search.library import Library
from search.model import Mode, SearchRequest
from search.shelf import REST
from web.app import create_app

PORT = 19600
SOON = 2.0
"""Seconds within which it is told that all nodes are away."""
SLACK = 1.0
"""Seconds that an answer may come after the bound of its search."""
NAP = 20.0
"""Seconds that a node sleeps."""
TRIES = 3
"""How often a build is started until it has to have ended."""
_READERS = 4
_FEW = 12
"""Queries that are asked again and again while something is built."""
_WORKS = 40
_PHRASES = 1000
"""Works that are added, and phrases in each."""
_NAME = "drills"
_DONE = "done"
_TALLEST = "1000tb"
"""More room than any disk has."""

Answer = tuple[int, int, tuple[tuple[str, float], ...]]
"""Passages, occurrences, and the passages of the first page with their scores."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a scene, in counts, and which of its promises were kept."""

    told: str
    promises: Mapping[str, bool]

    @property
    def broken(self) -> list[str]:
        """The promises that were not kept."""
        return [promise for promise, is_kept in self.promises.items() if not is_kept]


@dataclass
class SearchTally:
    """What came of searches. Thread-safe."""

    what: str = "searches"
    asked: int = 0
    wrong: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    longest: float = 0.0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def ask(self, search: Callable[[], bool]) -> None:
        """Carry out a search that returns whether its answer is right."""
        began, reason, is_right = time.monotonic(), "", True
        try:
            is_right = search()
        except (IndexFailure, SearchTimeout) as failure:
            reason = _reason(failure)
        with self._lock:
            self.asked += 1
            self.wrong += not is_right
            self.failed.update([reason] if reason else [])
            self.longest = max(self.longest, time.monotonic() - began)

    @property
    def promises(self) -> dict[str, bool]:
        """What is promised as long as one copy of everything is there."""
        return {"no answer is wrong": not self.wrong, "no search fails that a copy can answer": not self.failed}

    def __str__(self) -> str:
        reasons = "; ".join(f"{count} × {reason}" for reason, count in self.failed.items())
        told = f"{self.failed.total()} failed" + (f" ({reasons})" if reasons else "")
        return f"{self.asked} {self.what}, {self.wrong} wrong, {told}, the longest {self.longest:.2f} s"


@dataclass(frozen=True, slots=True)
class Stage:
    """Three nodes with an index, and what is right: the same index in a folder, before and after works are added."""

    nodes: Nodes
    address: ClusterAddress
    old: Path
    new: Path
    added: Path
    queries: Sequence[str]
    right: Sequence[Answer]

    def victim(self, is_manager: bool, chance: random.Random) -> int:
        """Return the node that manages the cluster, or any other."""
        manager = self.nodes.manager()
        return manager if is_manager else chance.choice([each for each in range(COUNT) if each != manager])

    def is_right(self, library: Library, number: int) -> bool:
        """Ask a query; return whether the answer is that of the folder."""
        return answer(library, self.queries[number]) == self.right[number]

    def few(self, index: IndexAddress) -> list[Answer]:
        """Open an index, and return the answers to some queries."""
        library = Library.open(index)
        return [answer(library, query) for query in self.queries[:_FEW]]

    def asked_again(self) -> SearchTally:
        """Ask some queries when all is said to be well again."""
        tally, library = SearchTally(), Library.open(self.address)
        for number in range(min(_FEW, len(self.queries))):
            tally.ask(partial(self.is_right, library, number))
        return tally


def answer(library: Library, query: str) -> Answer:
    """Return what a query finds."""
    with deadline.within(READING):
        found = library.search(SearchRequest(query, mode=Mode.EXACT))
    return found.total.passages, found.total.occurrences, tuple((hit.id, hit.score) for hit in found.hits)


# Searches


def searching(stage: Stage, chance: random.Random, *, is_manager: bool) -> Outcome:
    """Kill a node in the middle of searches, and start it again at once."""
    count, victim = len(stage.queries), stage.victim(is_manager, chance)
    moment = chance.randrange(count // 5, count // 2)
    tally, library = SearchTally(), Library.open(stage.address)
    killing: list[Future[tuple[int, int]]] = []

    def kill() -> tuple[int, int]:
        stage.nodes.kill(victim)
        killed = tally.asked
        stage.nodes.start(victim)
        return killed, tally.asked

    with ThreadPoolExecutor(1) as killer, ThreadPoolExecutor(_READERS) as readers:

        def one(number: int) -> None:
            if number == moment:
                killing.append(killer.submit(kill))
            tally.ask(partial(stage.is_right, library, number))

        list(readers.map(one, range(count)))
    killed, back = killing[0].result()
    stage.nodes.recover(_NAME)
    told = f"{tally}; node {victim} killed after {killed}, back after {back}"
    return Outcome(told, tally.promises | {"the node was killed while searches went on": killed < count})


# Builds


@dataclass
class Accident:
    """Does something once, in a build that has sent a share of what it sends."""

    share: float
    act: Callable[[], object]
    told: str = ""

    def __call__(self, step: str, done: int, total: int) -> None:
        """Take the progress of the build."""
        if step == "send" and not self.told and done >= self.share * total:
            self.told = f"{done:,} of {total:,} characters given to be sent"
            self.act()


@contextmanager
def reading(stage: Stage) -> Iterator[SearchTally]:
    """Open the index and search it again and again: what is found has to be all old or all new, and never old again."""
    states = [stage.few(stage.old), stage.few(stage.new)]
    if states[0] == states[1]:
        raise RuntimeError("what is added changes no answer, so that readers could not tell old from new")
    tally, over = SearchTally(f"times {len(states[0])} searches"), threading.Event()

    def read() -> None:
        newest = 0

        def look() -> bool:
            nonlocal newest
            try:
                found = stage.few(stage.address)
            except Superseded:
                return True  # it was opened just before the next one was published, and the next look opens that
            if found not in states[newest:]:
                return False
            newest = states.index(found)
            return True

        while not over.is_set():
            tally.ask(look)

    with ThreadPoolExecutor(2) as pool:
        readers = [pool.submit(read) for _ in range(2)]
        try:
            yield tally
        finally:
            over.set()
        for reader in readers:
            reader.result()


def attempt(stage: Stage, accident: Accident) -> str:
    """Add works; return how it ended."""
    try:
        build([stage.added], stage.address, access=Access.OPEN, on_progress=accident)
    except IndexFailure as failure:
        return _reason(failure)
    return _DONE


def attempts(stage: Stage, accident: Accident) -> list[str]:
    """Add works, again where the build fails; return how each attempt ended."""
    ended = [attempt(stage, accident)]
    while ended[-1] != _DONE and len(ended) < TRIES:
        ended.append(attempt(stage, accident))
    return ended


def nothing_lost(stage: Stage) -> dict[str, bool]:
    """Compare the index with the folder of all works, and take out again what was added."""
    found, right = contents(stage.address), contents(stage.new)
    damaged, is_found = verify(stage.address).damages, stage.few(stage.address) == stage.few(stage.new)
    if surplus := sorted(found.keys() - contents(stage.old).keys()):
        build([], stage.address, remove=surplus)
    return {
        "every work is there, and as in the folder": _works(found) == _works(right),
        "every row and every text is there": not damaged,
        "what was added is found": is_found,
        "what was added can be taken out again": _works(contents(stage.address)) == _works(contents(stage.old)),
    }


def _works(digests: dict[str, str]) -> dict[str, str]:
    """Return the digests of works alone, without what is said of them together: when they changed, for one."""
    return {work: digest for work, digest in digests.items() if work}


def indexing(stage: Stage, chance: random.Random, *, is_manager: bool) -> Outcome:
    """Kill a node in the middle of a build, while others search, and start it again at once."""
    victim = stage.victim(is_manager, chance)
    published: list[int] = []
    returning: list[Future[None]] = []
    before = read_state(Connection(stage.address)).number
    with reading(stage) as tally, ThreadPoolExecutor(1) as pool:

        def kill() -> None:
            stage.nodes.kill(victim)
            published.append(read_state(Connection(stage.address, WRITER)).number)
            returning.append(pool.submit(stage.nodes.start, victim))

        accident = Accident(chance.uniform(0.1, 0.9), kill)
        ended = attempts(stage, accident)
    for each in returning:
        each.result()
    stage.nodes.recover(_NAME)
    told = f"{tally}; node {victim} killed with {accident.told}; the build: {', then '.join(ended)}"
    return Outcome(
        told,
        {
            **tally.promises,
            "the node was killed before anything was published": published == [before],
            "the build is completed": ended[-1] == _DONE,
            **nothing_lost(stage),
        },
    )


# All away, asleep, full


def away(stage: Stage, chance: random.Random) -> Outcome:
    """Stop all nodes: pages and programs are told soon, the desk goes on, and all comes back by itself."""
    query, right = chance.choice(list(zip(stage.queries, stage.right, strict=True)))
    with tempfile.TemporaryDirectory() as folder:
        client = create_app(stage.address, str(Path(folder, "wenyuan.sqlite"))).test_client()

        def found() -> Any:
            asked = client.get("/api/v1/search", query_string={"q": query, "mode": "exact"})
            return (asked.json or {}).get("total") if asked.status_code == 200 else None

        def timed(path: str) -> tuple[int, float]:
            began = time.monotonic()
            return client.get(path, query_string={"q": query}).status_code, time.monotonic() - began

        first = found()
        with ThreadPoolExecutor(COUNT) as pool:
            list(pool.map(stage.nodes.kill, range(COUNT)))
        told: list[tuple[int, float]] = []
        for path in ("/search", "/api/v1/search") * 3:
            told.append(timed(path))
            time.sleep(REST)  # for until then it is told without looking
        is_asked = _asked_at_the_desk(client)
        stage.nodes.start()
        began = time.monotonic()
        while (last := found()) is None and time.monotonic() < began + PATIENCE:
            time.sleep(0.1)
        back = time.monotonic() - began
    stage.nodes.recover(_NAME)
    again = stage.asked_again()
    statuses, longest = Counter(status for status, _ in told), max(seconds for _, seconds in told)
    return Outcome(
        f"{len(told)} answers {dict(statuses)}, the longest {longest:.2f} s; a question at the desk "
        f"{'kept' if is_asked else 'LOST'}; found again {back:.1f} s after the nodes answered; then {again}",
        {
            "the page answers before": first is not None and (first["passages"], first["occurrences"]) == right[:2],
            "pages and programs are told 503": statuses.keys() == {503},
            f"they are told within {SOON:.0f} s": longest <= SOON,
            "the desk goes on working": is_asked,
            "all comes back by itself": last == first,
            **again.promises,
        },
    )


def _asked_at_the_desk(client: Any) -> bool:
    """Ask the library a question, as its public form does; return whether it was kept."""
    page = client.get("/ask")
    token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', page.text)
    sent = {"question": "金上京在何處？", "name": "演", "contact": "drill@example.org"}
    answered = client.post("/ask", data=sent | ({"csrf_token": token[1]} if token else {}))
    return bool(page.status_code == 200 and answered.status_code == 302)


def slow(stage: Stage, chance: random.Random) -> Outcome:
    """Put a node to sleep for a while: a search that meets it may fail, but not wait for it."""
    victim, tally, library = chance.randrange(COUNT), SearchTally(), Library.open(stage.address)
    numbers = range(len(stage.queries))
    stage.nodes.kill(victim, signal.SIGSTOP)
    wakes = time.monotonic() + NAP

    def read(own: random.Random) -> None:
        while time.monotonic() < wakes:
            tally.ask(partial(stage.is_right, library, own.choice(numbers)))

    try:
        with ThreadPoolExecutor(_READERS) as readers:
            list(readers.map(read, [random.Random(chance.random()) for _ in range(_READERS)]))
    finally:
        stage.nodes.kill(victim, signal.SIGCONT)
    stage.nodes.recover(_NAME)
    again = stage.asked_again()
    return Outcome(
        f"node {victim} asleep for {NAP:.0f} s: {tally}; awake: {again}",
        {
            "no answer is wrong": not tally.wrong,
            f"no search takes longer than its {READING:.0f} s": tally.longest <= READING + SLACK,
            "awake, it answers as before": not (again.wrong or again.failed),
        },
    )


def full(stage: Stage, chance: random.Random) -> Outcome:
    """Fill the disks in the middle of a build: it is told, searches go on, and with room the build does."""
    connection = Connection(stage.address, WRITER)
    with ExitStack() as undoing:
        undoing.callback(_require_room, connection, None)
        accident = Accident(chance.uniform(0.1, 0.9), partial(_fill, connection, True))
        with reading(stage) as tally:
            first = attempt(stage, accident)
            second = attempt(stage, accident)
            _fill(connection, False)
            ended = attempts(stage, accident)
    stage.nodes.recover(_NAME)
    return Outcome(
        f"{tally}; full with {accident.told}: {first}; begun while full: {second}; with room: {', then '.join(ended)}",
        {
            **tally.promises,
            "a full disk is told in the middle of a build": "full" in first,
            "and at its beginning": "full" in second,
            "with room the build is completed": ended[-1] == _DONE,
            **nothing_lost(stage),
        },
    )


def _fill(connection: Connection, is_full: bool) -> None:
    """Fill all disks, or make room again, and wait until the cluster has seen it."""
    _require_room(connection, _TALLEST if is_full else "1b")
    ends = time.monotonic() + PATIENCE
    while _is_closed(connection) != is_full:
        if time.monotonic() > ends:
            raise NodesFailure(f"the cluster did not see that its disks {'are full' if is_full else 'have room'}")
        time.sleep(0.2)


def _require_room(connection: Connection, size: str | None) -> None:
    """Set how much room a disk has to have, so that it may be written; None undoes it."""
    disk = "cluster.routing.allocation.disk"
    settings = {f"{disk}.watermark.{level}": size for level in ("low", "high", "flood_stage")}
    settings[f"{disk}.threshold_enabled"] = size and "true"
    settings["cluster.info.update.interval"] = size and "10s"
    connection.ask("PUT", "/_cluster/settings", {"persistent": settings})


def _is_closed(connection: Connection) -> bool:
    said = (connection.described() or {}).get("settings", {}).get("index", {}).get("blocks", {})
    return str(said.get("read_only_allow_delete", "")) == "true"


def _reason(failure: Exception) -> str:
    """Return what a failure says, but where."""
    return str(failure).partition(": ")[2][:200] or type(failure).__name__


SCENES: Mapping[str, Callable[[Stage, random.Random], Outcome]] = {
    "search-node": partial(searching, is_manager=False),
    "search-manager": partial(searching, is_manager=True),
    "build-node": partial(indexing, is_manager=False),
    "build-manager": partial(indexing, is_manager=True),
    "away": away,
    "slow": slow,
    "full": full,
}
"""Who dies in the middle of searches and of builds; all nodes stopped, a node asleep, disks full."""


# All of it


@contextmanager
def staged(nodes: Nodes, texts: Sequence[Path], searches: int) -> Iterator[Stage]:
    """Build the index on nodes that run, and in folders; nothing of it remains.

    Args:
        nodes: the nodes.
        texts: what is indexed.
        searches: how many are asked in a scene of searches.
    """
    address = index_address(
        f"opensearch+http://{','.join(each.removeprefix('http://') for each in nodes.addresses)}/{_NAME}"
    )
    assert isinstance(address, ClusterAddress)
    with tempfile.TemporaryDirectory() as place, ExitStack() as undoing:
        old, new, added = (Path(place, name) for name in ("old", "new", "added"))
        Connection(address, WRITER).drop()
        undoing.callback(Connection(address).drop)
        for index in (old, address):
            build(texts, index, access=Access.OPEN)
        shutil.copytree(old, new)
        drawn = phrases(old, max(searches, _WORKS * _PHRASES))
        added.mkdir()
        for number in range(_WORKS):
            text = "，".join(drawn[number * _PHRASES : (number + 1) * _PHRASES])
            heading = f"---\nid: drill-{number:02}\ntitle: 演 {number}\nlanguage: lzh\n---\n\n"
            Path(added, f"{number:02}.md").write_text(f"{heading}{text}。\n", "utf-8")
        build([added], new, access=Access.OPEN)
        library = Library.open(old)
        queries = [f'"{phrase}"' for phrase in drawn[:searches]]
        right = [answer(library, query) for query in queries]
        nodes.recover(_NAME)
        yield Stage(nodes, address, old, new, added, queries, right)


def carry_out(stage: Stage, scenes: Sequence[str], seed: str) -> bool:
    """Carry out scenes and print how they went; return whether all promises were kept."""
    is_well = True
    for name in scenes:
        began = time.monotonic()
        outcome = SCENES[name](stage, random.Random(f"{seed} {name}"))
        print(f"{name:<16}{outcome.told}   [{time.monotonic() - began:.0f} s]", flush=True)
        for promise in outcome.broken:
            print(f"{'':<16}BROKEN: {promise}", flush=True)
        is_well &= not outcome.broken
    return is_well


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out the drill; return 1 where a promise was broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("texts", type=Path, nargs="+", metavar="PATH", help="texts to be indexed")
    parser.add_argument("--nodes", type=Path, required=True, metavar="FOLDER", help="where the nodes stand")
    parser.add_argument("--port", type=int, default=PORT, help="the first node's port")
    parser.add_argument("--heap", default="400m", help="memory of each node's Java heap")
    parser.add_argument("--searches", type=int, default=5000, help="searches in a scene of searches")
    parser.add_argument("--seed", default=secrets.token_hex(4), help="draws victims and moments")
    parser.add_argument("--scenes", nargs="+", choices=SCENES, default=list(SCENES), metavar="SCENE", help="some alone")
    given = parser.parse_args(arguments)
    print(f"seed {given.seed}", flush=True)
    nodes = Nodes(given.nodes.resolve(), given.port, given.heap)
    nodes.prepare()
    try:
        nodes.start()
        with (
            tempfile.TemporaryDirectory() as os.environ[building.SCRATCH],
            staged(nodes, given.texts, given.searches) as stage,
        ):
            return not carry_out(stage, given.scenes, given.seed)
    finally:
        nodes.stop()


if __name__ == "__main__":
    sys.exit(main())
