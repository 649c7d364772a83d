"""Merging small packs and packs with many dead works, for every search visits every pack.

A pack gives its works back, so that no source is read again. Only neighbours are merged, and the pack that comes of
them bears the first one's number: passages keep their order, which tells apart what is equally good.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from pathlib import Path

import numpy as np

from indexer.building.plan import Plan
from indexer.embedding import Embedder
from indexer.progress import Progress
from indexer.store import checksums
from indexer.store.checksums import Damaged
from indexer.store.generation import FORMAT, Generation, PackEntry, Packs, damaged, pack_folder
from indexer.store.pack import Pack
from indexer.store.writer import PackWriter

LARGEST = 8 << 20
"""Characters of a merged pack at most; the largest packs that a build writes hold about as many."""
SMALL = LARGEST // 8
"""Characters from which on a build leaves a pack alone."""
GATHERED = 8
"""Packs of one tier that stand together before a build merges them."""
TIERS = ((SMALL // GATHERED, SMALL), (0, SMALL // GATHERED))
"""Characters of a pack: from, and below. What is merged goes up a tier, so that a work is rewritten no more often than
there are tiers. Only the lowest may take several times, but to rewrite all of that costs less than to begin a build."""


@dataclass(frozen=True, slots=True)
class MergeCandidate:
    """A pack that may be merged: its entry, its characters, and how many of them are of works that count."""

    entry: PackEntry
    total: int
    live: int

    @property
    def is_half_dead(self) -> bool:
        """Whether at most half of its text counts."""
        return 2 * self.live <= self.total


Neighbours = tuple[MergeCandidate, ...]
"""Neighbours that become one pack."""


def members(generation: Generation, packs: Packs) -> list[MergeCandidate]:
    """Return the packs of a generation with their sizes."""
    found = []
    for entry, pack in zip(generation.packs, packs.of(generation.packs).values(), strict=True):
        sizes = pack.sections["end"] - pack.sections["start"]
        live = sizes[np.isin(pack.sections["work"], entry.live)]
        found.append(MergeCandidate(entry, int(sizes.sum()), int(live.sum())))
    return found


def wasteful(members: Sequence[MergeCandidate]) -> list[Neighbours]:
    """Return what a compaction rewrites: neighbours of at most half the largest size, and whatever is half dead."""
    runs = _runs(members, lambda member: 2 * member.live <= LARGEST or member.is_half_dead)
    groups = [group for run in runs for group in _fitting(run)]
    return [group for group in groups if len(group) > 1 or group[0].is_half_dead]


def due(members: Sequence[MergeCandidate]) -> list[Neighbours]:
    """Return what a build merges: small neighbours, once many have gathered."""
    for least, most in TIERS:
        runs = _runs(members, partial(_is_below, most))
        gathered = [run for run in runs if sum(member.live >= least for member in run) >= GATHERED]
        if gathered:
            return [group for run in gathered for group in _fitting(run) if len(group) > 1]
    return []


def merge(plan: Plan, generation: Generation, groups: Sequence[Neighbours]) -> Generation:
    """Return the generation with one pack in the place of each group; it is durable, and is not written twice.

    Raises:
        Damaged: a file that would be rewritten differs from its record.
    """
    whole = sum(member.live for group in groups for member in group)
    done = 0
    merged: dict[int, PackEntry] = {}
    for group in groups:
        size = sum(member.live for member in group)
        first = group[0].entry.number
        merged[first] = _merged(plan, generation, group, partial(_report, plan.progress, done, size, whole))
        done += size
        plan.progress("merge", done, whole)
    gone = {member.entry.number for group in groups for member in group} - merged.keys()
    packs = tuple(merged.get(entry.number, entry) for entry in generation.packs if entry.number not in gone)
    return replace(generation, packs=packs)


def _is_below(most: int, member: MergeCandidate) -> bool:
    return member.live < most


def _runs(
    members: Sequence[MergeCandidate], wanted: Callable[[MergeCandidate], bool]
) -> Iterator[list[MergeCandidate]]:
    """Yield the stretches of neighbours that are all wanted."""
    for is_wanted, run in groupby(members, wanted):
        if is_wanted:
            yield list(run)


def _fitting(run: Sequence[MergeCandidate]) -> Iterator[Neighbours]:
    """Yield neighbours that fit into one pack together."""
    group: list[MergeCandidate] = []
    for member in run:
        if group and sum(each.live for each in group) + member.live > LARGEST:
            yield tuple(group)
            group = []
        group.append(member)
    yield tuple(group)


def _merged(plan: Plan, generation: Generation, group: Neighbours, report: Callable[[float], None]) -> PackEntry:
    """Return the entry of the pack that a group becomes."""
    index = plan.packs.index
    entries = [member.entry for member in group]
    made_of = [(entry.name, entry.live) for entry in entries]
    described = repr((FORMAT, generation.settings.model, generation.settings.folding, made_of))
    folder = pack_folder(index, hashlib.sha256(described.encode()).hexdigest()[:24])
    if not plan.packs.holds(folder.name):
        damages = (damage for entry in entries for damage in checksums.damages(pack_folder(index, entry.name)))
        if damage := next(damages, None):
            raise damaged(index, Damaged(str(damage)))  # rewritten, it would get a checksum that fits
        _write(folder, plan.packs.of(entries), entries, generation.sources, plan.embedder, report)
    works = tuple(entry.works[work] for entry in entries for work in entry.live)
    return PackEntry(entries[0].number, folder.name, works, tuple(range(len(works))))


def _write(
    folder: Path,
    packs: Mapping[int, Pack],
    entries: Sequence[PackEntry],
    sources: Iterable[str],
    embedder: Embedder,
    report: Callable[[float], None],
) -> None:
    """Write the live works of some packs as one, with what was wrong in the files of these sources."""
    writer = PackWriter()
    live = [(packs[entry.number], work) for entry in entries for work in entry.live]
    for done, (pack, work) in enumerate(live, start=1):
        writer.add(pack.work(work), pack.works[work].collection, pack.works[work].source)
        report(done / len(live) / 2)
    problems = {
        source: found
        for source in sources
        if (found := tuple(dict.fromkeys(each for pack in packs.values() for each in pack.problems(source, Path()))))
    }
    writer.write(folder, problems, embedder, lambda step, done, total: report((1 + done / total) / 2))


def _report(progress: Progress, before: int, size: int, whole: int, share: float) -> None:
    """Report how much is merged when a share of a group is, half of which is to read it and half to embed it."""
    progress("merge", before + int(size * share), whole)
