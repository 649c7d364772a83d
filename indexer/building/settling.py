"""Settling the ids of sources: what was indexed before keeps its id, however it is named today.

A source is known by its bytes, else by where it stands. One that is neither known takes the id of its name, unless that
belongs to a work whose own file still stands elsewhere: then it is another work, and its id says more of where it
stands.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from corpora.manifests import Catalogue
from corpora.model import Problem, Source
from corpora.readers import default_id
from corpora.readers.identity import OPTION, candidates, with_id
from corpora.sources.discover import told_apart
from indexer.store.generation import Generation

Content = tuple[tuple[str, bytes], ...]
"""Names and digests of a source's files."""


def settle(
    found: Sequence[tuple[Path, Source]],
    current: Generation,
    collection: str,
    collections: Collection[str],
    catalogue: Catalogue,
    report: Callable[[Problem], None],
) -> dict[str, Source]:
    """Return the sources by their digests, each with the id that its work has or gets.

    Args:
        found: sources, each with the path it was found under; a file that was found twice counts once.
        collection: the one that the sources are to belong to; "" where a manifest may say it.
        collections: those that the index has.
        catalogue: what the manifests say.
        report: takes what can't be read.
    """
    settling = _Settling(current, collection, collections, catalogue)
    readable: list[tuple[Path, Source]] = []
    seen: set[tuple[str, ...]] = set()
    for top, source in found:
        files = tuple(os.path.realpath(file) for file in source.files)
        if files in seen:
            continue
        seen.add(files)
        try:
            settling.take(source)
        except OSError as failure:
            report(Problem(source.root, 0, f"unreadable: {failure.strerror}"))
            continue
        readable += [(top, each) for each in settling.as_indexed(source)]
    sources = told_apart([(top, with_id(source, "")) for top, source in readable])
    unknown = []
    for (top, _), source in zip(readable, sources, strict=True):
        if not settling.is_known(top, source):
            unknown.append((top, source))
    for top, source in unknown:
        settling.name(top, source)
    return settling.settled


def place_of(source: Source) -> str:
    """Return where a source stands on this machine."""
    return os.path.realpath(source.root)


class _Settling:
    """Sources on their way to ids."""

    def __init__(
        self, current: Generation, collection: str, collections: Collection[str], catalogue: Catalogue
    ) -> None:
        self.settled: dict[str, Source] = {}
        self._current = current
        self._collection = collection
        self._others = sorted({*collections, ""} - {collection})
        self._catalogue = catalogue
        self._live = current.live_works().keys()
        self._at = {place: work for work, place in current.places.items() if work in self._live}
        self._ending: defaultdict[str, list[str]] = defaultdict(list)
        for work in self._live:
            for hyphen in re.finditer("-", work):
                self._ending[work[hyphen.end() :]].append(work)
        self._used: set[str] = set()
        self._contents: dict[tuple[Path, ...], Content] = {}

    def take(self, source: Source) -> None:
        """Read the bytes of a source.

        Raises:
            OSError: a file can't be read.
        """
        contents = []
        for file in source.files:
            with file.open("rb") as opened:
                contents.append(
                    (str(file.relative_to(source.root.parent)), hashlib.file_digest(opened, "sha256").digest())
                )
        self._contents[source.files] = tuple(contents)

    def as_indexed(self, source: Source) -> Iterator[Source]:
        """Yield the source, or each of its volumes by itself where the index has them as works of their own."""
        volumes = [] if source.root in source.files or source.reader != "plain" else list(source.files)
        alone = [replace(source, root=file, files=(file,)) for file in volumes]
        for each, (_, digest) in zip(alone, self._contents[source.files], strict=bool(alone)):
            self._contents[each.files] = ((each.root.name, digest),)
        digests, places = ((self._digest(each, self._collection) for each in alone), map(place_of, alone))
        if any(digest in self._current.sources for digest in digests) or any(place in self._at for place in places):
            yield from alone
        else:
            yield source

    def is_known(self, top: Path, source: Source) -> bool:
        """Return whether the index has the source's work, which then keeps its id."""
        bare = with_id(source, "")
        name = default_id(bare)
        for each in (bare, source, *(with_id(source, work) for work in self._ending.get(name, ()))):
            key = self._digest(each, self._collection)
            if key in self._current.sources and key not in self.settled:
                return self._settle(each, self._current.sources[key])
            for other in self._others:  # the same bytes are the same work, in any collection
                if works := self._current.sources.get(self._digest(each, other)):
                    return self._settle(each, works)
        work = self._at.get(place_of(source))
        if not name or work is None or work in self._used:
            return False
        # A work whose file names its id may have been read under another name for it.
        for each in (with_id(source, named) for named in candidates(top, bare)):
            if (key := self._digest(each, self._collection)) in self._current.sources:
                return self._settle(each, self._current.sources[key])
        return self._settle(with_id(source, "" if work == name else work), (work,))

    def name(self, top: Path, source: Source) -> None:
        """Name the work of a source that the index does not know."""
        bare = with_id(source, "")
        default = default_id(bare)
        if not default:
            self._settle(bare, ())
            return
        wanted = [default] if dict(source.options).get(OPTION) else []
        if not any(self._is_left(work) for work in wanted):
            wanted = [dict(source.options).get(OPTION) or default, *candidates(top, bare)]
        free = (work for work in wanted if work and work not in self._used and self._is_free(work))
        work = next(free, wanted[-1])
        self._settle(with_id(source, "" if work == default else work), (work,))

    def _is_left(self, work: str) -> bool:
        """Return whether a work of the index has lost its file: another file of its name is its next edition."""
        return work in self._live and work not in self._used and self._is_free(work)

    def _is_free(self, work: str) -> bool:
        """Return whether no file that still stands is known to be that work's."""
        place = self._current.places.get(work)
        return place is None or work not in self._live or not os.path.exists(place)

    def _settle(self, source: Source, works: Sequence[str]) -> bool:
        self.settled.setdefault(self._digest(source, self._collection), source)
        self._used.update(works)
        return True

    def _digest(self, source: Source, collection: str) -> str:
        """Return a digest of a source: its reader and options, its files' bytes, what the manifests say of it."""
        name = source.root.name
        record = self._catalogue.record_of(name)
        total = hashlib.sha256(repr((source.reader, source.options, name, collection, record)).encode())
        for file, digest in self._contents[source.files]:
            total.update(file.encode() + digest)
        return total.hexdigest()
