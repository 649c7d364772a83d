"""What becomes of searches and builds when the nodes of a cluster fail.

    python -m eval.drills.failures PATH --searches 5000

Starts three nodes of its own, builds an index of PATH on them and in a folder, and asks the same of both while nodes
are killed, stopped for a while and started again. Counts are printed: wrong answers, errors, the longest wait.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import Request, urlopen

from corpora.model import Access
from eval.drills.nodes import COUNT, Nodes
from eval.speed.bench import phrases
from indexer.building.build import build
from indexer.cluster.address import ClusterAddress, index_address
from indexer.errors import IndexFailure
from search.library import Library
from search.model import Mode, SearchRequest

PORT = 19600
BOUND = 2.0
"""Seconds within which it is told that all nodes are away."""
_NAME = "drills"
_ADDED = "混同江源出長白山，北流合諸水，東入於海。"


@dataclass
class SearchTally:
    """What came of some searches."""

    asked: int = 0
    wrong: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    longest: float = 0.0

    def __str__(self) -> str:
        told = ", ".join(f"{count} {reason}" for reason, count in self.failed.items()) or "none failed"
        return f"{self.asked} searches, {self.wrong} wrong, {told}; the longest took {self.longest:.2f} s"


def answers(library: Library, queries: Sequence[str]) -> list[tuple[int, int]]:
    """Return passages and occurrences of each query."""
    found = [library.search(SearchRequest(q, mode=Mode.EXACT)).total for q in queries]
    return [(total.passages, total.occurrences) for total in found]


def ask(library: Library, queries: Sequence[str], right: Sequence[set[tuple[int, int]]], tally: SearchTally) -> None:
    """Ask each query, and count what is wrong."""
    for query, expected in zip(queries, right, strict=True):
        began = time.monotonic()
        try:
            total = library.search(SearchRequest(query, mode=Mode.EXACT)).total
            tally.wrong += (total.passages, total.occurrences) not in expected
        except IndexFailure as failure:
            tally.failed[str(failure).partition(": ")[2][:60]] += 1
        tally.asked += 1
        tally.longest = max(tally.longest, time.monotonic() - began)


@contextmanager
def at(share: float, tally: SearchTally, total: int, act: Callable[[], object]) -> Iterator[None]:
    """Do something when a share of all searches has been asked."""

    def wait() -> None:
        while tally.asked < share * total:
            time.sleep(0.01)
        act()

    thread = threading.Thread(target=wait)
    thread.start()
    yield
    thread.join()


def searching(nodes: Nodes, address: ClusterAddress, queries: Sequence[str], right: list[tuple[int, int]]) -> str:
    """Search while a node is killed and comes back, then the one that manages the cluster."""
    tally, expected, library = SearchTally(), [{each} for each in right], Library.open(address)

    def other() -> None:
        victim = next(number for number in range(COUNT) if number != nodes.manager())
        nodes.kill(victim)
        nodes.start(victim)
        _green(nodes)

    def manager() -> None:
        victim = nodes.manager()
        nodes.kill(victim)
        nodes.start(victim)

    with at(0.2, tally, len(queries), other), at(0.7, tally, len(queries), manager):
        ask(library, queries, expected, tally)
    _green(nodes)
    return f"a node, then the manager, killed in the middle of searches: {tally}"


def indexing(nodes: Nodes, address: ClusterAddress, queries: Sequence[str], right: list[tuple[int, int]]) -> list[str]:
    """Add a work while a node is killed, then while the indexer is, and go on."""
    told = []
    for victim in ("node", "indexer"):
        with tempfile.TemporaryDirectory() as folder:
            text = Path(folder, f"{victim}.txt")
            text.write_text(f"---\nid: drill-{victim}\ntitle: 演\nlanguage: lzh\n---\n\n{_ADDED * 20_000}\n", "utf-8")
            command = [sys.executable, "-c", "from web.commands.main import main; main()", "index", str(text)]
            command += ["--access", "open"]
            tally = SearchTally()
            with subprocess.Popen(
                [*command, "--index", str(address)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            ) as builder:
                time.sleep(random.uniform(3, 8))
                if victim == "node":
                    number = next(number for number in range(COUNT) if number != nodes.manager())
                    nodes.kill(number)
                    ask(Library.open(address), queries, [{each} for each in right], tally)
                    nodes.start(number)
                else:
                    builder.kill()
                status = builder.wait()
            again = subprocess.run([*command, "--index", str(address)], capture_output=True, text=True, check=False)
            _green(nodes)
            count = Library.open(address).find("混同江源出長白山", filters={"work": (f"drill-{victim}",)})
            build([], address, remove=[f"drill-{victim}"])
            same = answers(Library.open(address), queries) == right
            told.append(
                f"{victim} killed in the middle of indexing: indexer ended with {status}, again with "
                f"{again.returncode}; {len(count)} of 20000 occurrences of what was added, the rest "
                f"{'as' if same else 'NOT as'} before; {tally}"
            )
    return told


def away(nodes: Nodes, address: ClusterAddress, queries: Sequence[str], right: list[tuple[int, int]]) -> str:
    """Stop all nodes: that is told soon, and all comes back."""
    library = Library.open(address)
    for number in range(COUNT):
        nodes.kill(number)
    began = time.monotonic()
    try:
        library.search(SearchRequest(queries[0], mode=Mode.EXACT))
        said = "IT ANSWERED"
    except IndexFailure as failure:
        said = str(failure).partition(": ")[2][:60]
    waited = time.monotonic() - began
    nodes.start()
    _green(nodes)
    same = answers(library, queries) == right
    return f"all nodes killed: told after {waited:.2f} s ({said}); back, answers {'as' if same else 'NOT as'} before"


def slow(nodes: Nodes, address: ClusterAddress, queries: Sequence[str], right: list[tuple[int, int]]) -> str:
    """Stop a node for a while: searches that meet it wait as long as they may, and no longer."""
    tally, library = SearchTally(), Library.open(address)
    victim = next(number for number in range(COUNT) if number != nodes.manager())
    nodes.kill(victim, signal.SIGSTOP)
    try:
        ask(library, queries[:20], [{each} for each in right[:20]], tally)
    finally:
        nodes.kill(victim, signal.SIGCONT)
    _green(nodes)
    return f"a node asleep: {tally}"


def full(nodes: Nodes, address: ClusterAddress) -> str:
    """Set the index to reading alone, as on a full disk: that is told."""
    _settings(nodes, {"index.blocks.read_only_allow_delete": True})
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder, "full.txt")
        text.write_text(f"---\nid: drill-full\ntitle: 滿\nlanguage: lzh\n---\n\n{_ADDED}\n", "utf-8")
        try:
            build([text], address, access=Access.OPEN)
            said = "NOTHING"
        except IndexFailure as failure:
            said = str(failure).partition(": ")[2]
    _settings(nodes, {"index.blocks.read_only_allow_delete": None})
    return f"a full disk: {said}"


def _settings(nodes: Nodes, settings: dict[str, object]) -> None:
    body, head = json.dumps(settings).encode(), {"Content-Type": "application/json"}
    with urlopen(Request(f"{nodes.addresses[0]}/{_NAME}/_settings", body, head, method="PUT"), timeout=60):
        pass


def _green(nodes: Nodes) -> None:
    """Wait until every copy is there again."""
    for address in nodes.addresses:
        try:
            with urlopen(f"{address}/_cluster/health/{_NAME}?wait_for_status=green&timeout=120s", timeout=130):
                return
        except OSError:
            continue


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the drills and print their counts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("texts", type=Path, nargs="+", help="texts to be indexed")
    parser.add_argument("--searches", type=int, default=5000)
    parser.add_argument("--port", type=int, default=PORT)
    parser.add_argument("--nodes", type=Path, required=True, help="a folder for the nodes")
    given = parser.parse_args(arguments)
    nodes = Nodes(given.nodes.resolve(), given.port, "400m")
    nodes.prepare()
    nodes.start()
    try:
        hosts = ",".join(each.partition("//")[2] for each in nodes.addresses)
        address = index_address(f"opensearch+http://{hosts}/{_NAME}")
        assert isinstance(address, ClusterAddress)
        with tempfile.TemporaryDirectory() as folder:
            for index in (Path(folder, "index"), address):
                build(given.texts, index, access=Access.OPEN)
            queries = [f'"{phrase}"' for phrase in phrases(Path(folder, "index"), given.searches)]
            right = answers(Library.open(Path(folder, "index")), queries)
        _green(nodes)
        few = min(100, len(queries))
        print(searching(nodes, address, queries, right), flush=True)
        for told in indexing(nodes, address, queries[:few], right[:few]):
            print(told, flush=True)
        print(away(nodes, address, queries[:few], right[:few]), flush=True)
        print(slow(nodes, address, queries[:few], right[:few]), flush=True)
        print(full(nodes, address), flush=True)
    finally:
        nodes.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
