"""Building in a folder: packs stay where they are written, and the inverted index is written beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from corpora.model import Problem
from indexer import engines
from indexer.building import merging
from indexer.building.engine import publish, write_engine
from indexer.building.plan import model_path, require_same
from indexer.embedding import Embedder, load_embedder
from indexer.errors import no_room
from indexer.progress import Progress
from indexer.store import generation
from indexer.store.access import Declared
from indexer.store.checksums import Damaged
from indexer.store.generation import Generation, PackEntry, Packs, Settings, damaged, published, require_sizes
from indexer.store.lock import builder_lock
from indexer.text import readings


@dataclass(frozen=True, slots=True)
class FolderPlan:
    """See :class:`indexer.building.plan.Plan`."""

    before: Generation | None
    settings: Settings
    embedder: Embedder
    model: Path | None
    packs: Packs
    progress: Progress

    @property
    def index(self) -> Path:
        """The folder of the index."""
        return self.packs.index

    def homes(self) -> dict[str, str]:
        """See :meth:`indexer.building.plan.Plan.homes`."""
        return self.packs.homes(self.before) if self.before else {}

    def problems(self, roots: Mapping[str, Path]) -> Sequence[Problem]:
        """See :meth:`indexer.building.plan.Plan.problems`."""
        packs = self.packs.of(self.before.packs).values() if self.before else ()
        return [problem for pack in packs for key, root in roots.items() for problem in pack.problems(key, root)]

    def entered(self, entries: Sequence[PackEntry]) -> Sequence[PackEntry]:
        """See :meth:`indexer.building.plan.Plan.entered`."""
        return entries

    def publish(self, following: Generation) -> Generation:
        """See :meth:`indexer.building.plan.Plan.publish`; small packs that have gathered are merged by the way."""
        following = merging.merge(self, following, merging.due(merging.members(following, self.packs)))
        write_engine(self.packs, self.before, following, self.progress)
        publish(self.index, following, self.before)
        return following

    def relabel(self, access: Declared) -> Generation:
        """See :meth:`indexer.building.plan.Plan.relabel`."""
        assert self.before
        return generation.relabel(self.index, self.before, access)

    def counts(self, generation: Generation) -> tuple[int, int]:
        """See :meth:`indexer.building.plan.Plan.counts`."""
        opened = self.packs.of(generation.packs).values()
        live = [pack.of_works(entry.live) for pack, entry in zip(opened, generation.packs, strict=True)]
        windows = [int(mask[pack.windows["passage"]].sum()) for pack, mask in zip(opened, live, strict=True)]
        return sum(int(mask.sum()) for mask in live), sum(windows)

    def compact(self) -> tuple[Generation, int]:
        """See :meth:`indexer.building.plan.Plan.compact`.

        The inverted index is written again from nothing, so that nothing dead stays in it.
        """
        assert self.before
        groups = merging.wasteful(merging.members(self.before, self.packs))
        if not groups:
            return self.before, 0
        following = merging.merge(self, replace(self.before, number=self.before.number + 1), groups)
        write_engine(self.packs, None, following, self.progress)
        publish(self.index, following, self.before)
        return following, sum(map(len, groups))


@contextmanager
def folder_plan(
    index: Path, progress: Progress, engine: str | None = None, model: Path | None = None
) -> Iterator[FolderPlan]:
    """Hold a folder for building; see :func:`indexer.building.plan.begun`."""
    with builder_lock(index), no_room(index):
        before = _whole(index)
        name = engine or (before.settings.engine if before else engines.DEFAULT)
        engines.engine(name)  # which fails where there is none of this name, before anything is written
        place = model or model_path(before)
        embedder = load_embedder(place)
        settings = Settings(engine=name, model=embedder.name, folding=readings.fingerprint())
        require_same(index, before, settings)
        yield FolderPlan(before, settings, embedder, place, Packs(index), progress)


def _whole(index: Path) -> Generation | None:
    """Return the published generation, no file of which is missing or cut short; None where there is no index yet."""
    state = published(index)
    if state:
        try:
            require_sizes(index, state)
            engines.indexes(index, state.settings.engine).check(state.number)
        except Damaged as failure:
            raise damaged(index, failure) from failure
    return state
