"""An index is changed by processes that are killed at random moments; after each death it must be whole.

    python tests/indexer/chaos.py --kills 300 --seed 7 --engine whoosh

Each death falls into a build that adds, replaces or removes works, into a compaction, a repair or a restoration; half
of them when it publishes what it has made. After it every file is as it was made, and the index answers as before the
change or as after it, with nothing between; and what was closed stays closed, though the backup is of open works.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from inside import engine_folder

from corpora.model import Access
from indexer.building import merging
from indexer.building.build import build, compact
from indexer.errors import IndexFailure
from indexer.progress import Progress
from indexer.store.access import LOCAL
from indexer.store.checksums import LIST
from indexer.store.generation import published
from indexer.text import folding
from indexer.upkeep.backup import backup, restore
from indexer.upkeep.declaring import declare
from indexer.upkeep.repair import repair, verify
from search.library import Library
from search.model import Mode, SearchRequest

NAMES = ("river", "town", "hill", "lake")
LONGEST = 0.4
"""Seconds after which a process is killed at the latest; it may have ended before."""
PUBLISHING = 0.04
"""The same from when the engine has committed, so that what is left is to publish."""

Change = Callable[[Progress], object]


@dataclass
class Chaos:
    """An index, what it is known to hold, and what has happened to it."""

    folder: Path
    engine: str
    random: random.Random
    held: dict[str, int] = field(default_factory=dict)
    saved: dict[str, int] = field(default_factory=dict)
    versions: int = 0
    deaths: Counter[str] = field(default_factory=Counter)

    @property
    def index(self) -> Path:
        return self.folder / "index"

    def begin(self) -> None:
        """An index of two works that are closed, and a backup from when they were open."""
        merging.GATHERED = 3  # builds merge often
        folding.fingerprint()  # the tables that every build needs are made once, before the forks
        self.held = {"river": 0, "town": 0}
        texts = [self.write(name, 0) for name in self.held]
        build(texts, self.index, engine=self.engine, access=Access.OPEN)
        backup(self.index, self.folder / "saved.tar")
        declare(self.index, LOCAL, Access.STAFF)
        self.saved = dict(self.held)

    def write(self, name: str, version: int) -> Path:
        path = self.folder / f"{name}.md"
        path.write_text(f"---\nid: {name}\ntitle: {name}\nlanguage: lzh\n---\n\n混同江第{version}本\n", "utf-8")
        return path

    def strike(self) -> None:
        """One change whose process is killed, and a look at what it left."""
        kind = self.random.choice(("build", "build", "remove", "compact", "repair", "restore"))
        wanted, change = getattr(self, f"_{kind}")()
        publishing = kind != "restore" and self.random.random() < 0.5
        hears, says = os.pipe()
        child = os.fork()
        if child == 0:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            try:
                change(lambda step, done, total: os.write(says, b"!") if step == "commit" and done else None)
            except IndexFailure:
                os._exit(3)
            os._exit(0)
        os.close(says)
        if publishing:
            os.read(hears, 1)  # or nothing, when it ends
        time.sleep(self.random.uniform(0, PUBLISHING if publishing else LONGEST))
        os.kill(child, signal.SIGKILL)
        ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        os.close(hears)
        assert ended in (0, -signal.SIGKILL), (kind, ended)
        self.deaths[f"{kind}, publishing" if publishing else kind] += bool(ended)
        found = self.answers()
        assert found in (self.held, wanted), (kind, found, self.held, wanted)
        assert kind == "repair" or verify(self.index).damages == (), kind
        if kind == "repair":
            repair(self.index)
            assert verify(self.index).damages == ()
        assert self.answers() == found
        self.held = found

    def answers(self) -> dict[str, int]:
        """The version of each work that is found; a damaged index is mended first."""
        try:
            library = Library.open(self.index)
        except IndexFailure:
            repair(self.index)
            library = Library.open(self.index)
        assert set(library.declared.works.values()) == {Access.STAFF}, "something was opened"
        hits = library.search(SearchRequest(q="混同江", mode=Mode.EXACT, limit=100)).hits
        return {hit.work.id: int(hit.text.partition("第")[2].partition("本")[0]) for hit in hits}

    def _build(self) -> tuple[dict[str, int], Change]:
        self.versions += 1
        names = self.random.sample(NAMES, self.random.randint(1, 3))
        paths = [self.write(name, self.versions) for name in names]
        wanted = {**self.held, **dict.fromkeys(names, self.versions)}
        return wanted, lambda told: build(paths, self.index, on_progress=told)

    def _remove(self) -> tuple[dict[str, int], Change]:
        if len(self.held) < 2:
            return self._build()
        name = self.random.choice(sorted(self.held))
        rest = {each: version for each, version in self.held.items() if each != name}
        return rest, lambda told: build([], self.index, remove=[name], on_progress=told)

    def _compact(self) -> tuple[dict[str, int], Change]:
        """A pack is added, so that there is something to merge it with."""
        self.versions += 1
        name = self.random.choice(NAMES)
        build([self.write(name, self.versions)], self.index)
        self.held[name] = self.versions
        return dict(self.held), lambda told: compact(self.index, on_progress=told)

    def _repair(self) -> tuple[dict[str, int], Change]:
        """The inverted index is damaged, and made again."""
        state = published(self.index)
        assert state
        parts = sorted(path for path in engine_folder(self.index, state.number).iterdir() if path.name != LIST)
        victim = self.random.choice([path for path in parts if path.stat().st_size])
        content = victim.read_bytes()
        victim.unlink()  # other generations may share it
        victim.write_bytes(content[: len(content) // 2])
        return dict(self.held), lambda told: repair(self.index, on_progress=told)

    def _restore(self) -> tuple[dict[str, int], Change]:
        saved = self.folder / "saved.tar"
        return dict(self.saved), lambda told: restore(saved, self.index, over=True, on_progress=told)


def run(engine: str, kills: int, seed: int, told: Callable[[int], None] = lambda done: None) -> Counter[str]:
    """Strike until so many processes have died; how many died at what."""
    folder = Path(tempfile.mkdtemp(prefix="chaos-"))
    try:
        chaos = Chaos(folder, engine, random.Random(seed))
        chaos.begin()
        while chaos.deaths.total() < kills:
            told(chaos.deaths.total())
            chaos.strike()
        return chaos.deaths
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--engine", default="tantivy")
    given = parser.parse_args()
    deaths = run(given.engine, given.kills, given.seed, lambda done: print(f"\r{done} of {given.kills}", end=""))
    print(f"\r{dict(sorted(deaths.items()))}: the index was whole after each")
    sys.exit(0)
