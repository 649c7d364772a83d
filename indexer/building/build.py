"""Building: files become the next generation of an index, in a folder or on a cluster.

Sources that have not changed are skipped; the others are gathered into packs, each durable when it is done, so
that a build which was interrupted goes on from its last pack. Then the works that were replaced or removed leave the
index and the new ones enter, and the new generation is published. What of it depends on where the index is, is said by
its :class:`~indexer.building.plan.Plan`. :func:`compact` writes anew what is wasteful.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from corpora.manifests import Catalogue, load
from corpora.model import Access, Problem, Source, strictest
from corpora.readers.encodings import EncodingChoice
from corpora.sources.discover import discover
from indexer.building.plan import Plan, begun
from indexer.building.settling import place_of, settle
from indexer.building.workers import PackTask, write_packs
from indexer.cluster.address import IndexAddress
from indexer.errors import IndexFailure
from indexer.progress import Progress, silent
from indexer.store.access import CLOSED, LOCAL, CollectionAccess, Declared, access_by_collection, effective
from indexer.store.generation import FORMAT, Generation, PackEntry, pack_folder, utc_seconds
from indexer.store.pack import Pack, PackWork

LEAST_BYTES, PACK_BYTES = 4 << 20, 24 << 20
"""Source bytes gathered into one pack; it bounds memory, and the work lost to an interruption. Every search asks every
pack, so that they are as large as the cores and these bounds allow."""


@dataclass(frozen=True, slots=True)
class BuildReport:
    """A report of a build. Counts are works but for passages and windows, which are the whole index's.

    ``access`` is that to the works that were given, changed or not.
    """

    generation: int
    added: int
    replaced: int
    unchanged: int
    removed: int
    passages: int
    windows: int
    seconds: float
    problems: tuple[Problem, ...]
    access: tuple[CollectionAccess, ...]


def build(
    paths: Sequence[Path],
    index: IndexAddress,
    *,
    engine: str | None = None,
    model: Path | None = None,
    remove: Sequence[str] = (),
    encodings: Sequence[EncodingChoice] = (),
    collection: str = "",
    catalogue: Catalogue | None = None,
    access: Access | None = None,
    beside: Path | None = None,
    move: bool = False,
    on_progress: Progress = silent,
) -> BuildReport:
    """Add the works under ``paths`` to the index, replacing those with the same ids, and remove others.

    ``engine`` and ``model`` default to those of the index; ``model`` is a folder of a sentence-transformers model.
    ``encodings`` are those that were named for some files or all.
    ``catalogue`` defaults to the shipped manifests. The works are declared as the manifest of their collection and
    ``access`` say, and never less strictly than they were; what neither declares stays undeclared. ``beside`` is the
    manifest beside the texts of ``collection``. A work leaves a collection that is not open only with ``move``.

    Raises:
        IndexFailure: nothing was done; the message says why.
        ManifestFailure: a shipped manifest can't be used; nothing was done.
    """
    began = time.monotonic()
    catalogue = catalogue or load()
    with begun(index, on_progress, engine, model) as made:
        current = made.before or Generation(0, made.settings)
        alive = current.live_works()
        unknown = [work for work in remove if work not in alive]
        if unknown:
            raise IndexFailure(f"no work in {index} has the id {', '.join(unknown)}; `wenyuan status` lists them")

        problems: list[Problem] = []
        found: list[tuple[Path, Source]] = []
        for path in paths:
            some, wrong = discover(path, encodings)
            problems += wrong
            found += [(path, source) for source in some]
        homes = made.homes()
        sources = settle(found, current, collection, set(homes.values()), catalogue, problems.append)
        fresh = {key: source for key, source in sources.items() if key not in current.sources}
        written = _write_packs(made, fresh, collection, catalogue)
        problems += made.problems({key: source.root for key, source in sources.items()})
        problems += [
            problem
            for _, pack in written
            for key, source in sources.items()
            for problem in pack.problems(key, source.root)
        ]

        entries, owners, wrong = _enter(current, written, partial(_left, homes, current.access, catalogue, move))
        problems += wrong
        arriving = {work for entry in entries for work in (entry.works[number] for number in entry.live)}
        leaving = (arriving & alive.keys()) | set(remove)
        untouched = [work for key in sources for work in current.sources.get(key, ())]
        unchanged = len(untouched)
        arrived = {
            entry.works[number]: made.packs.named(entry.name).works[number].collection
            for entry in entries
            for number in entry.live
        }
        given = {**{work: homes[work] for work in untouched if work in homes}, **arrived}
        moved = {work: home for work, home in arrived.items() if homes.get(work, home) != home}
        former, homes = homes, {**{work: home for work, home in homes.items() if work not in leaving}, **arrived}
        declared = _declared(current.access, given, homes, catalogue, access)
        declared = declared.remember(
            {
                work: level
                for work, home in moved.items()
                if home != LOCAL and (level := effective(declared.of(home, work), catalogue.access_of(home))) in CLOSED
            }
        )
        if beside and collection in given.values():
            declared = replace(declared, manifests={**declared.manifests, collection: str(beside.resolve())})
        if not entries and not leaving:
            if not current.packs and not unchanged:
                raise IndexFailure(_nothing(paths, problems))
            following = current if declared == current.access else made.relabel(declared)
        else:
            kept, now = current.without(leaving), utc_seconds()
            following = replace(
                kept,
                number=current.number + 1,
                packs=(*kept.packs, *made.entered(entries)),
                sources={**kept.sources, **owners},
                access=declared,
                places=kept.places | _places_of(sources, {**current.sources, **owners}),
                changed=kept.changed | dict.fromkeys(arriving, now),
            ).after(made.before, former, now)
            following = made.publish(following)
        passages, windows = made.counts(following)
    return BuildReport(
        generation=following.number,
        added=len(arriving - alive.keys()),
        replaced=len(arriving & alive.keys()),
        unchanged=unchanged,
        removed=len(set(remove) - arriving),
        passages=passages,
        windows=windows,
        seconds=time.monotonic() - began,
        problems=tuple(dict.fromkeys(problems)),
        access=tuple(access_by_collection(((home, work) for work, home in given.items()), following.access, catalogue)),
    )


@dataclass(frozen=True, slots=True)
class Compaction:
    """A report of a compaction: how many packs were rewritten, out of how many, and how many there are now."""

    generation: int
    rewritten: int
    before: int
    after: int
    seconds: float


def compact(index: IndexAddress, *, on_progress: Progress = silent) -> Compaction:
    """Write the works of small and half-dead packs into fewer packs; where there is nothing to gain, do nothing.

    The inverted index is written again from nothing, so that nothing dead stays in it.

    Raises:
        IndexFailure: there is no index, or nothing could be done; what was published is unchanged.
    """
    began = time.monotonic()
    with begun(index, on_progress) as made:
        if made.before is None:
            raise IndexFailure(f"{index}: no index there; build one with `wenyuan index PATH --index {index}`")
        before = len(made.before.packs)
        following, rewritten = made.compact()
    return Compaction(
        generation=following.number,
        rewritten=rewritten,
        before=before,
        after=len(following.packs),
        seconds=time.monotonic() - began,
    )


def _write_packs(
    made: Plan, sources: dict[str, Source], collection: str, catalogue: Catalogue
) -> list[tuple[tuple[str, ...], Pack]]:
    """Write the packs of these sources that are not there yet; return all of them with the digests of their sources."""
    sizes = {key: sum(map(_size, source.files)) for key, source in sources.items()}
    folders: dict[tuple[str, ...], Path] = {}
    for group in _groups(sizes):
        made_of = (FORMAT, made.settings.model, made.settings.folding, collection, group)
        folders[group] = pack_folder(made.packs.index, hashlib.sha256(repr(made_of).encode()).hexdigest()[:24])
    missing = [
        PackTask(folder, tuple((key, sources[key], sizes[key]) for key in group), collection, catalogue)
        for group, folder in folders.items()
        if not made.packs.holds(folder.name)
    ]
    write_packs(missing, made.embedder, made.model, made.progress)
    return [(group, made.packs.named(folder.name)) for group, folder in folders.items()]


def _size(file: Path) -> int:
    """Return the bytes of a file; none where it is gone by now, which its reader reports."""
    try:
        return file.stat().st_size
    except OSError:
        return 0


def _groups(sizes: dict[str, int]) -> Iterator[tuple[str, ...]]:
    """Yield the sources pack by pack: few packs, but work for every core."""
    share = sum(sizes.values()) // (os.cpu_count() or 1)
    most = min(max(share, LEAST_BYTES), PACK_BYTES)
    group: list[str] = []
    size = 0
    for key in sizes:
        if group and size + sizes[key] > most:
            yield tuple(group)
            group, size = [], 0
        group.append(key)
        size += sizes[key]
    if group:
        yield tuple(group)


def _enter(
    current: Generation, packs: list[tuple[tuple[str, ...], Pack]], left: Callable[[PackWork], str]
) -> tuple[list[PackEntry], dict[str, tuple[str, ...]], list[Problem]]:
    """Return entries for new packs; of two works with one id the first counts.

    A work for which ``left`` names a collection that it must not leave stays out; its source is read again next time.
    """
    number = 1 + max((entry.number for entry in current.packs), default=0)
    seen: set[str] = set()
    entries: list[PackEntry] = []
    owners: dict[str, tuple[str, ...]] = {}
    problems: list[Problem] = []
    for group, pack in packs:
        live: list[int] = []
        refused: set[str] = set()
        for place, work in enumerate(pack.works):
            if home := left(work):
                reason = f"belongs to the collection {home}, which is not open; it was left as it was"
                advice = f"index it with --collection {home}, or with --move if it is to go to {work.collection}"
                problems.append(Problem(Path(work.id), 0, f"{reason}: {advice}"))
                refused.add(work.source)
                continue
            if work.id in seen:
                problems.append(Problem(Path(work.id), 0, "two works have this id; the first was indexed"))
            elif work.section_titles:
                live.append(place)
            seen.add(work.id)
        for key in (key for key in group if key not in refused):
            owners[key] = tuple(work.id for work in pack.works if work.source == key)
        if live:
            entries.append(PackEntry(number, pack.folder.name, tuple(work.id for work in pack.works), tuple(live)))
            number += 1
    return entries, owners, problems


def _left(homes: Mapping[str, str], declared: Declared, catalogue: Catalogue, move: bool, work: PackWork) -> str:
    """Return the collection that a work must not leave, for it is not open; "" where there is none.

    A work belongs where it is in the index, and where a manifest names it.
    """
    if move:
        return ""
    home, named = homes.get(work.id, ""), catalogue.record_of(work.id)
    access = {}
    if named:
        access[named[0]] = catalogue.access_of(named[0])
    if home:
        access[home] = effective(declared.of(home, work.id), catalogue.access_of(home))
    closed = [name for name, may_read in access.items() if name != work.collection and may_read is not Access.OPEN]
    return closed[-1] if closed else ""


def _declared(
    before: Declared, given: Mapping[str, str], homes: Mapping[str, str], catalogue: Catalogue, access: Access | None
) -> Declared:
    """Return what the index says from now on of who may read: never less strict than before.

    ``given`` maps the works that were named to their collections, ``homes`` all works. A collection that is undeclared
    and has other works, too, is declared by its manifest alone. What manifests have closed by now is closed.
    """
    declared = before
    for collection in dict.fromkeys(given.values()):
        works = [work for work, home in given.items() if home == collection]
        manifest = catalogue.access_of(collection)
        has_others = any(home == collection and work not in given for work, home in homes.items())
        wanted, whole = strictest(access, manifest), before.collections.get(collection)
        if wanted is None or (collection != LOCAL and has_others and whole is None and manifest is None):
            continue
        if collection == LOCAL:
            stricter = {work: strictest(before.works.get(work), wanted) or wanted for work in works}
            declared = declared.remember(stricter)
        else:
            declared = declared.declare(collection, (), strictest(whole, wanted) or wanted)
    for collection, said in declared.collections.items():
        declared = declared.declare(collection, (), strictest(said, catalogue.access_of(collection)) or said)
    return declared.only({work for work, home in homes.items() if home == LOCAL})


def _places_of(sources: dict[str, Source], owners: dict[str, tuple[str, ...]]) -> dict[str, str]:
    """Return where each work was read from that has a source to itself."""
    return {owners[key][0]: place_of(source) for key, source in sources.items() if len(owners.get(key, ())) == 1}


def _nothing(paths: Sequence[Path], problems: Sequence[Problem]) -> str:
    first = f"; first problem: {problems[0]}" if problems else ""
    return f"no text was found in {', '.join(str(path) for path in paths) or 'no path at all'}{first}"
