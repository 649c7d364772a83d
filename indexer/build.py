"""Files become the next generation of an index.

Sources that have not changed are skipped; the others are gathered into packs, each durable when it is done, so
that a build which was interrupted goes on from its last pack. Then the inverted index is forked, the works that
were replaced or removed leave it and the new ones enter, and the new generation is published.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from corpora.manifests import record_of
from corpora.model import Problem, Source, Work
from corpora.readers import discover, read
from indexer import engines, folding
from indexer.embedding import Embedder, load_embedder
from indexer.errors import IndexFailure
from indexer.generation import (
    Generation,
    PackEntry,
    Settings,
    builder_lock,
    fork_engine,
    open_packs,
    pack_folder,
    publish,
    published,
    work_key,
)
from indexer.pack import Pack, PackWriter, Progress
from indexer.tokens import pack_passages

PACK_BYTES = 4 << 20
"""Source bytes gathered into one pack; it bounds memory, and the work lost to an interruption."""
LOCAL = "local"
"""The collection of works that no manifest names."""


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
    encoding: str | None = None,
    collection: str = "",
    on_progress: Progress = lambda step, done, total: None,
) -> BuildReport:
    """Add the works under ``paths`` to the index, replacing those with the same ids, and remove others.

    ``engine`` and ``model`` default to those of the index; ``model`` is a folder of a sentence-transformers model.

    Raises:
        IndexFailure: nothing was done; the message says why.
    """
    began = time.monotonic()
    with builder_lock(index):
        before = published(index)
        name = engine or (before.settings.engine if before else engines.DEFAULT)
        if name not in engines.ENGINES:
            raise IndexFailure(f"no engine is called {name}; choose one of {', '.join(engines.ENGINES)}")
        embedder = load_embedder(model or _model_path(before))
        settings = Settings(engine=name, model=embedder.name, folding=folding.fingerprint())
        if before and before.settings != settings:
            raise IndexFailure(_mismatch(index, before.settings, settings))
        current = before or Generation(0, settings)
        alive = current.live_works()
        unknown = [work for work in remove if work not in alive]
        if unknown:
            raise IndexFailure(f"no work in {index} has the id {', '.join(unknown)}; `wenyuan status` lists them")

        problems: list[Problem] = []
        sources: dict[str, Source] = {}
        for path in paths:
            found, wrong = discover(path, encoding)
            problems += wrong
            for source in found:
                try:
                    sources.setdefault(digest(source, collection), source)
                except OSError as failure:
                    problems.append(Problem(source.root, 0, f"unreadable: {failure.strerror}"))
        fresh = {key: source for key, source in sources.items() if key not in current.sources}
        packs = _write_packs(index, fresh, settings, collection, embedder, on_progress)
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
            _write_engine(index, before, following, entries, leaving, on_progress)
            publish(index, following)
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


def digest(source: Source, collection: str) -> str:
    """A name for exactly this source: its reader and options, its files' bytes, and what the manifests say of it."""
    total = hashlib.sha256(
        repr((source.reader, source.options, source.root.name, collection, record_of(source.root.name))).encode()
    )
    for file in source.files:
        with file.open("rb") as opened:
            total.update(file.name.encode() + hashlib.file_digest(opened, "sha256").digest())
    return total.hexdigest()


def _write_packs(
    index: Path,
    sources: dict[str, Source],
    settings: Settings,
    collection: str,
    embedder: Embedder,
    progress: Progress,
) -> list[tuple[tuple[str, ...], Pack]]:
    packs: list[tuple[tuple[str, ...], Pack]] = []
    total = sum(_size(source) for source in sources.values())
    done = 0
    for group in _groups(sources):
        name = hashlib.sha256(repr((settings.model, settings.folding, group)).encode()).hexdigest()[:24]
        folder = pack_folder(index, name)
        if not folder.is_dir():
            writer = PackWriter()
            problems: dict[str, list[Problem]] = {}
            for key in group:
                progress("read", done, total)
                for item in read(sources[key]):
                    if isinstance(item, Problem):
                        problems.setdefault(key, []).append(_from_root(item, sources[key].root))
                    else:
                        work, home = _catalogued(item, collection)
                        writer.add(work, home, key)
                done += _size(sources[key])
                progress("read", done, total)
            writer.write(folder, problems, embedder, progress)
        else:
            done += sum(_size(sources[key]) for key in group)
            progress("read", done, total)
        packs.append((group, Pack(folder)))
    return packs


def _from_root(problem: Problem, root: Path) -> Problem:
    """The problem with its file named from the source's root, which may be called otherwise another time."""
    if problem.file.is_relative_to(root):
        return replace(problem, file=problem.file.relative_to(root))
    return problem


def _groups(sources: dict[str, Source]) -> Iterator[tuple[str, ...]]:
    group: list[str] = []
    size = 0
    for key, source in sources.items():
        if group and size + _size(source) > PACK_BYTES:
            yield tuple(group)
            group, size = [], 0
        group.append(key)
        size += _size(source)
    if group:
        yield tuple(group)


def _size(source: Source) -> int:
    return sum(file.stat().st_size for file in source.files)


def _catalogued(work: Work, collection: str) -> tuple[Work, str]:
    """The work with its manifest's record, if a manifest names it, and the collection that it belongs to."""
    known = record_of(work.id)
    if known is None:
        return work, collection or LOCAL
    return replace(work, record=known[1]), collection or known[0]


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


def _write_engine(
    index: Path,
    before: Generation | None,
    following: Generation,
    entries: list[PackEntry],
    leaving: set[str],
    progress: Progress,
) -> None:
    folder = fork_engine(index, before.number if before else None, following.number)
    writer = engines.engine(following.settings.engine).open_writer(folder)
    if before:
        places = before.live_works()
        writer.remove([work_key(*places[work]) for work in leaving])
    packs = open_packs(index, entries)
    total = sum(len(pack.passages) for pack in packs.values())
    done = 0
    for entry in entries:
        pack = packs[entry.number]
        live = {work_key(entry.number, work) for work in entry.live}
        for passage in pack_passages(pack, entry.number):
            done += 1
            if passage.work in live:
                writer.add((passage,))
            if done % 500 == 0 or done == total:
                progress("index", done, total)
    progress("commit", 0, 1)
    writer.commit()
    progress("commit", 1, 1)


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
