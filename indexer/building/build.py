"""Files become the next generation of an index.

Sources that have not changed are skipped; the others are gathered into packs, each durable when it is done, so
that a build which was interrupted goes on from its last pack. Then the inverted index is forked, the works that
were replaced or removed leave it and the new ones enter, and the new generation is published. Small packs that have
gathered are merged on the way; :func:`compact` merges all that it gains anything to merge.
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
from corpora.readers import discover
from corpora.readers.encodings import Choice
from indexer import engines
from indexer.building import merging
from indexer.building.settling import place_of, settle
from indexer.building.workers import Task, write_packs
from indexer.embedding import Embedder, load_embedder
from indexer.errors import IndexFailure, no_room
from indexer.progress import Progress
from indexer.store.access import CLOSED, LOCAL, Declared, Standing, effective, standings
from indexer.store.checksums import Damaged
from indexer.store.generation import (
    FORMAT,
    Generation,
    PackEntry,
    Settings,
    builder_lock,
    damaged,
    fork_engine,
    is_made,
    open_packs,
    pack_folder,
    publish,
    published,
    relabel,
    require_sizes,
    work_key,
)
from indexer.store.pack import Pack, PackWork
from indexer.text import readings
from indexer.text.grams import pack_passages
from indexer.upkeep.declaring import homes_of

LEAST_BYTES, PACK_BYTES = 4 << 20, 24 << 20
"""Source bytes gathered into one pack; it bounds memory, and the work lost to an interruption. Every search asks every
pack, so that they are as large as the cores and these bounds allow."""


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did. Counts are works but for passages and windows, which are the whole index's.

    ``access`` says how it stands with the works that were given, changed or not.
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
    access: tuple[Standing, ...]


def build(
    paths: Sequence[Path],
    index: Path,
    *,
    engine: str | None = None,
    model: Path | None = None,
    remove: Sequence[str] = (),
    encodings: Sequence[Choice] = (),
    collection: str = "",
    catalogue: Catalogue | None = None,
    access: Access | None = None,
    beside: Path | None = None,
    move: bool = False,
    on_progress: Progress = lambda step, done, total: None,
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
    with builder_lock(index), no_room(index):
        before = _whole(index)
        settings, embedder = _settings(index, before, engine, model)
        current = before or Generation(0, settings)
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
        homes = homes_of(index, current)
        sources = settle(found, current, collection, set(homes.values()), catalogue, problems.append)
        fresh = {key: source for key, source in sources.items() if key not in current.sources}
        place = model or _model_path(before)
        packs = _write_packs(index, fresh, settings, collection, catalogue, embedder, place, on_progress)
        known = open_packs(index, current.packs).values()
        problems += [
            problem
            for pack in (*known, *(pack for _, pack in packs))
            for key, source in sources.items()
            for problem in pack.problems(key, source.root)
        ]

        entries, owners, wrong = _enter(current, packs, partial(_left, homes, current.access, catalogue, move))
        problems += wrong
        arriving = {work for entry in entries for work in (entry.works[number] for number in entry.live)}
        leaving = (arriving & alive.keys()) | set(remove)
        untouched = [work for key in sources for work in current.sources.get(key, ())]
        unchanged = len(untouched)
        made = {pack.folder.name: pack for _, pack in packs}
        arrived = {
            entry.works[number]: made[entry.name].works[number].collection for entry in entries for number in entry.live
        }
        given = {**{work: homes[work] for work in untouched if work in homes}, **arrived}
        moved = {work: home for work, home in arrived.items() if homes.get(work, home) != home}
        homes = {**{work: home for work, home in homes.items() if work not in leaving}, **arrived}
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
            following = current if declared == current.access else relabel(index, current, declared)
        else:
            kept = current.without(leaving)
            following = replace(
                kept,
                number=current.number + 1,
                packs=(*kept.packs, *entries),
                sources={**kept.sources, **owners},
                access=declared,
                places=kept.places | _places_of(sources, {**current.sources, **owners}),
            )
            groups = merging.due(merging.members(index, following))
            following = merging.merge(index, following, groups, embedder, on_progress)
            write_engine(index, before, following, on_progress)
            publish(index, following, before)
    opened = open_packs(index, following.packs).values()
    live = [pack.of_works(entry.live) for pack, entry in zip(opened, following.packs, strict=True)]
    return BuildReport(
        generation=following.number,
        added=len(arriving - alive.keys()),
        replaced=len(arriving & alive.keys()),
        unchanged=unchanged,
        removed=len(set(remove) - arriving),
        passages=sum(int(mask.sum()) for mask in live),
        windows=sum(int(mask[pack.windows["passage"]].sum()) for pack, mask in zip(opened, live, strict=True)),
        seconds=time.monotonic() - began,
        problems=tuple(dict.fromkeys(problems)),
        access=tuple(standings(((home, work) for work, home in given.items()), following.access, catalogue)),
    )


@dataclass(frozen=True, slots=True)
class Compaction:
    """What a compaction did: how many packs were rewritten, out of how many, and how many there are now."""

    generation: int
    rewritten: int
    before: int
    after: int
    seconds: float


def compact(index: Path, *, on_progress: Progress = lambda step, done, total: None) -> Compaction:
    """Write the works of small and half-dead packs into fewer packs; where there is nothing to gain, do nothing.

    The inverted index is made anew, so that nothing dead stays in it.

    Raises:
        IndexFailure: there is no index, or nothing could be done; what was published is as it was.
    """
    began = time.monotonic()
    with builder_lock(index), no_room(index):
        before = _whole(index)
        if before is None:
            raise IndexFailure(f"{index}: no index there; build one with `wenyuan index PATH --index {index}`")
        _, embedder = _settings(index, before, None, None)
        groups = merging.wasteful(merging.members(index, before))
        following = before
        if groups:
            numbered = replace(before, number=before.number + 1)
            following = merging.merge(index, numbered, groups, embedder, on_progress)
            write_engine(index, None, following, on_progress)
            publish(index, following, before)
    return Compaction(
        generation=following.number,
        rewritten=sum(map(len, groups)),
        before=len(before.packs),
        after=len(following.packs),
        seconds=time.monotonic() - began,
    )


def _write_packs(
    index: Path,
    sources: dict[str, Source],
    settings: Settings,
    collection: str,
    catalogue: Catalogue,
    embedder: Embedder,
    model: Path | None,
    progress: Progress,
) -> list[tuple[tuple[str, ...], Pack]]:
    sizes = {key: sum(map(_size, source.files)) for key, source in sources.items()}
    folders: dict[tuple[str, ...], Path] = {}
    for group in _groups(sizes):
        made_of = (FORMAT, settings.model, settings.folding, collection, group)
        folders[group] = pack_folder(index, hashlib.sha256(repr(made_of).encode()).hexdigest()[:24])
    missing = [
        Task(folder, tuple((key, sources[key], sizes[key]) for key in group), collection, catalogue)
        for group, folder in folders.items()
        if not is_made(index, folder.name)
    ]
    write_packs(missing, embedder, model, progress)
    return [(group, Pack(folder)) for group, folder in folders.items()]


def _size(file: Path) -> int:
    """Bytes of a file; none where it is gone by now, which its reader reports."""
    try:
        return file.stat().st_size
    except OSError:
        return 0


def _groups(sizes: dict[str, int]) -> Iterator[tuple[str, ...]]:
    """The sources pack by pack: few packs, but work for every core."""
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
    """Entries for new packs; of two works with one id the first counts.

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


def write_engine(index: Path, before: Generation | None, following: Generation, progress: Progress) -> None:
    """Write the inverted index of ``following``: that of ``before`` without the works that it no longer has where they
    were, and with those that it has elsewhere.

    Without ``before`` it is made from nothing.
    """
    folder = fork_engine(index, before.number if before else None, following.number)
    writer = engines.engine(following.settings.engine).open_writer(folder)
    old, new = _places(before) if before else {}, _places(following)
    writer.remove([key for place, key in old.items() if place not in new])
    arriving = {key for place, key in new.items() if place not in old}
    packs = open_packs(
        index,
        (entry for entry in following.packs if any(work_key(entry.number, work) in arriving for work in entry.live)),
    )
    total = sum(len(pack.passages) for pack in packs.values())
    done = 0
    for number, pack in packs.items():
        for passage in pack_passages(pack, number):
            done += 1
            if passage.work in arriving:
                writer.add((passage,))
            if done % 500 == 0 or done == total:
                progress("index", done, total)
    progress("commit", 0, 1)
    writer.commit()
    progress("commit", 1, 1)


def _places_of(sources: dict[str, Source], owners: dict[str, tuple[str, ...]]) -> dict[str, str]:
    """Where each work stands that has a source to itself."""
    return {owners[key][0]: place_of(source) for key, source in sources.items() if len(owners.get(key, ())) == 1}


def _places(generation: Generation) -> dict[tuple[int, str, int], str]:
    """Where each live work stands, number and name of its pack and its number in it, and what an engine calls it."""
    return {
        (pack.number, pack.name, work): work_key(pack.number, work) for pack in generation.packs for work in pack.live
    }


def _whole(index: Path) -> Generation | None:
    """The published generation, no file of which is missing or cut short; None where there is no index yet."""
    state = published(index)
    if state:
        try:
            require_sizes(index, state)
        except Damaged as failure:
            raise damaged(index, failure) from failure
    return state


def _settings(
    index: Path, before: Generation | None, engine: str | None, model: Path | None
) -> tuple[Settings, Embedder]:
    """What the next generation is made with, which must be what the one before it was made with; and its model."""
    name = engine or (before.settings.engine if before else engines.DEFAULT)
    if name not in engines.ENGINES:
        raise IndexFailure(f"no engine is called {name}; choose one of {', '.join(engines.ENGINES)}")
    embedder = load_embedder(model or _model_path(before))
    settings = Settings(engine=name, model=embedder.name, folding=readings.fingerprint())
    if before and before.settings != settings:
        raise IndexFailure(_mismatch(index, before.settings, settings))
    return settings, embedder


def _model_path(before: Generation | None) -> Path | None:
    """The model that the index was built with, where it is a folder rather than the one that comes along."""
    path = Path(before.settings.model) if before else None
    return path if path and path.is_absolute() else None


def _mismatch(index: Path, old: Settings, new: Settings) -> str:
    changed = [
        f"{field} {getattr(old, field)} (now {getattr(new, field)})"
        for field in ("engine", "model", "folding")
        if getattr(old, field) != getattr(new, field)
    ]
    return f"{index} was built with {', '.join(changed)}; name another folder with --index and build anew"


def _nothing(paths: Sequence[Path], problems: Sequence[Problem]) -> str:
    first = f"; first problem: {problems[0]}" if problems else ""
    return f"no text was found in {', '.join(str(path) for path in paths) or 'no path at all'}{first}"
