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
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from corpora.manifests import record_of
from corpora.model import Problem, Source
from corpora.readers import discover
from corpora.readers.encodings import Choice
from indexer import engines, folding, merging
from indexer.checksums import Damaged
from indexer.embedding import Embedder, load_embedder
from indexer.errors import IndexFailure, no_room
from indexer.generation import (
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
    require_sizes,
    work_key,
)
from indexer.pack import Pack, Progress
from indexer.tokens import pack_passages
from indexer.workers import Task, write_packs

LEAST_BYTES, PACK_BYTES = 4 << 20, 24 << 20
"""Source bytes gathered into one pack; it bounds memory, and the work lost to an interruption. Every search asks every
pack, so that they are as large as the cores and these bounds allow."""


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did. Counts are works but for passages and windows, which are the whole index's."""

    generation: int
    added: int
    replaced: int
    unchanged: int
    removed: int
    passages: int
    windows: int
    seconds: float
    problems: tuple[Problem, ...]


def build(
    paths: Sequence[Path],
    index: Path,
    *,
    engine: str | None = None,
    model: Path | None = None,
    remove: Sequence[str] = (),
    encodings: Sequence[Choice] = (),
    collection: str = "",
    on_progress: Progress = lambda step, done, total: None,
) -> BuildReport:
    """Add the works under ``paths`` to the index, replacing those with the same ids, and remove others.

    ``engine`` and ``model`` default to those of the index; ``model`` is a folder of a sentence-transformers model.
    ``encodings`` are those that were named for some files or all.

    Raises:
        IndexFailure: nothing was done; the message says why.
    """
    began = time.monotonic()
    with builder_lock(index), no_room(index):
        before = _whole(index)
        settings, embedder = _settings(index, before, engine, model)
        current = before or Generation(0, settings)
        alive = current.live_works()
        unknown = [work for work in remove if work not in alive]
        if unknown:
            raise IndexFailure(f"no work in {index} has the id {', '.join(unknown)}; `wenyuan status` lists them")

        problems: list[Problem] = []
        sources: dict[str, Source] = {}
        for path in paths:
            found, wrong = discover(path, encodings)
            problems += wrong
            for source in found:
                try:
                    sources.setdefault(digest(source, collection), source)
                except OSError as failure:
                    problems.append(Problem(source.root, 0, f"unreadable: {failure.strerror}"))
        fresh = {key: source for key, source in sources.items() if key not in current.sources}
        packs = _write_packs(index, fresh, settings, collection, embedder, model or _model_path(before), on_progress)
        known = open_packs(index, current.packs).values()
        problems += [
            problem
            for pack in (*known, *(pack for _, pack in packs))
            for key, source in sources.items()
            for problem in pack.problems(key, source.root)
        ]

        entries, owners, wrong = _enter(current, packs)
        problems += wrong
        arriving = {work for entry in entries for work in (entry.works[number] for number in entry.live)}
        leaving = (arriving & alive.keys()) | set(remove)
        unchanged = sum(len(current.sources[key]) for key in sources if key in current.sources)
        if not entries and not leaving:
            if not current.packs and not unchanged:
                raise IndexFailure(_nothing(paths, problems))
            following = current
        else:
            kept = current.without(leaving)
            following = replace(
                kept,
                number=current.number + 1,
                packs=(*kept.packs, *entries),
                sources={**kept.sources, **owners},
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


def digest(source: Source, collection: str) -> str:
    """A name for exactly this source: its reader and options, its files' bytes, and what the manifests say of it."""
    total = hashlib.sha256(
        repr((source.reader, source.options, source.root.name, collection, record_of(source.root.name))).encode()
    )
    for file in source.files:
        name = str(file.relative_to(source.root.parent))
        with file.open("rb") as opened:
            total.update(name.encode() + hashlib.file_digest(opened, "sha256").digest())
    return total.hexdigest()


def _write_packs(
    index: Path,
    sources: dict[str, Source],
    settings: Settings,
    collection: str,
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
        Task(folder, tuple((key, sources[key], sizes[key]) for key in group), collection)
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
    current: Generation, packs: list[tuple[tuple[str, ...], Pack]]
) -> tuple[list[PackEntry], dict[str, tuple[str, ...]], list[Problem]]:
    """Entries for new packs; of two works with one id the first counts."""
    number = 1 + max((entry.number for entry in current.packs), default=0)
    seen: set[str] = set()
    entries: list[PackEntry] = []
    owners: dict[str, tuple[str, ...]] = {}
    problems: list[Problem] = []
    for group, pack in packs:
        live: list[int] = []
        for place, work in enumerate(pack.works):
            if work.id in seen:
                problems.append(Problem(Path(work.id), 0, "two works have this id; the first was indexed"))
            elif work.section_titles:
                live.append(place)
            seen.add(work.id)
        for key in group:
            owners[key] = tuple(work.id for work in pack.works if work.source == key)
        if live:
            entries.append(PackEntry(number, pack.folder.name, tuple(work.id for work in pack.works), tuple(live)))
            number += 1
    return entries, owners, problems


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
    settings = Settings(engine=name, model=embedder.name, folding=folding.fingerprint())
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
