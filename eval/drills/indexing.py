"""Drills of building on a cluster: the indexer dies at every request that it makes, in turn.

    python -m eval.drills.indexing opensearch+http://HOST:PORT/NAME    all of them; prints how each kind went

The index of that name must not be there; it is made, and removed in the end. A build is killed before it sends its
n-th request, or when it has the answer, which is what it also looks like to lose the answer. Then what is published has
to be the whole old or the whole new state, by the digest of every work, by the rows that a reader sees, and by counts
of phrases; and the next build has to complete the new one.
"""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from corpora.model import Access
from indexer.building.build import build, compact
from indexer.cluster import building
from indexer.cluster.address import ClusterAddress, index_address
from indexer.cluster.carrying import contents
from indexer.cluster.connection import Connection
from indexer.cluster.mapping import PASSAGE
from indexer.cluster.state import read_state, stamps
from indexer.text import folding
from search.library import Library
from search.model import Mode, SearchRequest

RIVER = "混同江源出長白山，北流合諸水，東入於海。夏漲則舟楫不通。"
TOWN = "城在混同江之南，民居百家，冬日獵於山，春日漁於江。"
MOUNTAIN = "山多松柏，混同江之源也。其巔有池，深不可測。"
FISH = "有魚曰鮭。"
PHRASES = ("混同江", "長白山", "城在", "松柏", "鮭", "江")
MOMENTS = ("before", "after")
"""When a build dies: before it sends a request, or when it has the answer."""

Answers = tuple[int, ...]
"""How often each of the phrases occurs."""


@dataclass(frozen=True, slots=True)
class Step:
    """What one build does: works that are written, works that are removed, or nothing but clearing away."""

    name: str
    writes: dict[str, str] = field(default_factory=dict)
    removes: tuple[str, ...] = ()
    compacts: bool = False


STEPS = (
    Step("first", {"river": RIVER, "town": TOWN}),
    Step("adding", {"mountain": MOUNTAIN}),
    Step("replacing", {"river": RIVER + FISH}),
    Step("removing", removes=("town",)),
    Step("compacting", compacts=True),
)
"""One after another, each on what the one before has left."""


@dataclass(frozen=True, slots=True)
class Published:
    """What is published, by every way of looking at it."""

    works: dict[str, str]
    answers: Answers
    rows: dict[str, int]


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one death: whether it came at all, which state was there then, and whether the next build ended
    as it should.
    """

    died: bool
    found: str
    completed: bool


def run(step: Step, address: ClusterAddress, texts: Path) -> None:
    """Carry out a step."""
    if step.compacts:
        compact(address)
        return
    for name, text in step.writes.items():
        heading = f"---\nid: {name}\ntitle: {name}\nlanguage: lzh\n---\n\n"
        (texts / f"{name}.md").write_text(f"{heading}{text}\n", "utf-8")
    paths = [texts / f"{name}.md" for name in step.writes]
    build(paths, address, remove=[name for name in step.removes if name in works(address)], access=Access.OPEN)


def works(address: ClusterAddress) -> set[str]:
    """Return the works that are published."""
    generation = read_state(Connection(address)).generation
    return set(generation.live_works()) if generation else set()


def published(address: ClusterAddress) -> Published | None:
    """Return what is published; None where nothing is."""
    connection = Connection(address)
    if connection.described() is None or (state := read_state(connection)).generation is None:
        return None
    visible: list[Any] = [{"term": {"kind": PASSAGE}}, {"range": {"born": {"lte": state.number}}}]
    query = {"bool": {"filter": visible, "must_not": [{"terms": {"stamp": list(state.dead)}}]}}
    counted = {"by": {"terms": {"field": "work", "size": 100}}}
    found = connection.search({"size": 0, "query": query, "aggs": counted})["aggregations"]["by"]["buckets"]
    rows = {each["key"]: each["doc_count"] for each in found}
    if stamps(state.generation) & set(state.dead):
        rows["a work that is dead"] = 1
    return Published(_without_times(contents(address)), answers(address), rows)


def _without_times(found: dict[str, str]) -> dict[str, str]:
    """Return digests of works alone: when they changed is another time in each build."""
    return {work: digest for work, digest in found.items() if work}


def answers(address: ClusterAddress) -> Answers:
    """Return how often each phrase occurs."""
    library = Library.open(address)
    return tuple(library.search(SearchRequest(q=q, mode=Mode.EXACT)).total.occurrences for q in PHRASES)


def killed(step: Step, address: ClusterAddress, texts: Path, number: int, moment: str) -> bool:
    """Carry out a step in a process that is killed at its n-th request; return whether it came to that."""
    folding.fingerprint()  # tables that every build needs are made once, before the fork
    child = os.fork()
    if child == 0:
        try:
            _die_at(number, moment)
            run(step, address, texts)
            os._exit(0)
        except BaseException:
            traceback.print_exc()
        os._exit(1)
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if ended not in (0, -signal.SIGKILL):
        raise RuntimeError(f"{step.name}: the build failed that was to die at request {number}")
    return ended != 0


def _die_at(number: int, moment: str) -> None:
    """Arrange for this process to be killed at its n-th request."""
    lock, counted = threading.Lock(), Counter[str]()
    once = Connection._once

    def dying(self: Connection, *given: Any, **named: Any) -> Any:
        with lock:
            counted["requests"] += 1
            mine = counted["requests"] == number
        if mine and moment == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        answer = once(self, *given, **named)
        if mine:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    Connection._once = dying  # type: ignore[method-assign]  # every request goes through it


@contextmanager
def reading(address: ClusterAddress, allowed: Sequence[Answers]) -> Iterator[list[Answers]]:
    """Search again and again in the meantime; yield a list that takes the answers that are not allowed."""
    wrong: list[Answers] = []
    over = threading.Event()

    def read() -> None:
        while not over.wait(0.05):
            if published_number(address) and (found := answers(address)) not in allowed:
                wrong.append(found)

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    try:
        yield wrong
    finally:
        over.set()
        reader.join()


def published_number(address: ClusterAddress) -> int:
    """Return the number of the published generation; 0 where there is none."""
    connection = Connection(address)
    return read_state(connection).number if connection.described() else 0


@dataclass(frozen=True, slots=True)
class Drill:
    """Deaths of the builds that carry out one step, on an index that begins each time as the steps before leave it."""

    step: Step
    address: ClusterAddress
    texts: Path

    def begin(self) -> None:
        """Make the index as it is before the step."""
        Connection(self.address).drop()
        for each in STEPS[: STEPS.index(self.step)]:
            run(each, self.address, self.texts)

    def undisturbed(self) -> Published:
        """Return what the step brings about."""
        self.begin()
        run(self.step, self.address, self.texts)
        found = published(self.address)
        assert found
        if found.answers != expected(self.step):
            raise RuntimeError(f"{self.step.name}: {found.answers}, and a plain count gives {expected(self.step)}")
        return found

    def die(self, number: int, moment: str, whole: Published) -> Fate:
        """Kill one build; ``whole`` is what the step brings about."""
        self.begin()
        old = published(self.address)
        died = killed(self.step, self.address, self.texts, number, moment)
        left = published(self.address)
        run(self.step, self.address, self.texts)
        found = "new" if left == whole else "old" if left == old else "NEITHER"
        return Fate(died, found, published(self.address) == whole)


def expected(step: Step) -> Answers:
    """Return the answers after a step, by a plain count in the texts."""
    texts: dict[str, str] = {}
    for each in STEPS[: STEPS.index(step) + 1]:
        texts |= each.writes
        for work in each.removes:
            texts.pop(work)
    return tuple(sum(text.count(phrase) for text in texts.values()) for phrase in PHRASES)


def all_deaths(address: ClusterAddress) -> bool:
    """Carry out every drill and print how they went; return whether all went well."""
    right = True
    with tempfile.TemporaryDirectory() as folder:
        for step in STEPS:
            drill, fates, began = Drill(step, address, Path(folder)), Counter[str](), time.monotonic()
            whole = drill.undisturbed()
            for moment in MOMENTS:
                number = 1
                while (fate := drill.die(number, moment, whole)).died:
                    fates[fate.found if fate.completed else "NOT COMPLETED"] += 1
                    number += 1
            right &= not {"NEITHER", "NOT COMPLETED"} & fates.keys()
            told = ", ".join(f"{found} state: {count}" for found, count in sorted(fates.items()))
            print(f"{step.name:<12}{fates.total():>5} deaths   {told}   {time.monotonic() - began:.0f} s", flush=True)
    Connection(address).drop()
    return right


def main() -> None:
    """Carry out all drills on the cluster that is named."""
    address = index_address(sys.argv[1]) if len(sys.argv) == 2 else None
    if not isinstance(address, ClusterAddress):
        sys.exit(__doc__)
    if Connection(address).described() is not None:
        sys.exit(f"{address}: is there already; name one that is not")
    building.GRACE = 0.0  # nobody else reads
    with tempfile.TemporaryDirectory() as scratch:
        os.environ[building.SCRATCH] = scratch
        right = all_deaths(address)
    sys.exit(not right)


if __name__ == "__main__":
    main()
