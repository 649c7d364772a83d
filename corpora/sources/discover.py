"""Discovering sources: a walk through a file or a folder finds what the readers can read.

The walk never leaves the folder that was named, follows no folder twice and opens nothing but plain files.
"""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from corpora.model import Problem, Source
from corpora.readers import READERS, chapters, default_id, encodings, identity, kanripo, plain, volumes
from corpora.readers.encodings import EncodingChoice

MAX_DEPTH = 16
"""Folders below the one that was named that are looked into."""

_NOT_TEXTS = {"readme", "license", "licence", "changelog", "contributing", "notice"}
_KNOWN = frozenset(suffix for reader in READERS.values() for suffix in reader.suffixes)
_MOST_KINDS = 10
_NO_FILE = "is neither a file nor a folder; it is left out"


def discover(path: Path, choices: Sequence[EncodingChoice] = ()) -> tuple[list[Source], list[Problem]]:
    """Return the sources in a file or a folder, in order of their names, and what could not be looked into.

    In a folder, hidden files, README and the like, and files of no known format are passed over; a note counts the
    last by their kinds. Links are followed only within the folder, and no folder twice. What is neither file nor
    folder, such as a pipe, is a problem, and is never opened. So is a file or folder whose name is not UTF-8: names
    become ids and titles. ``choices`` name encodings of some files or of all; those of the others are found out.
    Of files that would have one id each gets one made of where it stands.
    """
    problems: list[Problem] = []
    try:
        root = path.resolve(strict=True)
        mode = root.stat().st_mode
        os.fsdecode(path).encode()
    except (OSError, RuntimeError, ValueError) as error:
        return [], [Problem(path, 0, f"cannot be read: {_reason(error)}")]
    if not stat.S_ISDIR(mode):
        if not stat.S_ISREG(mode):
            return [], [Problem(path, 0, _NO_FILE)]
        sources = _encoded(_sources([path], volumes_apart=True), choices)
        if not sources:
            known = ", ".join(suffix for reader in READERS.values() for suffix in reader.suffixes)
            problems.append(Problem(path, 0, f"is of no known format; known are {known}"))
        return sources, problems
    sources = []
    works: dict[Path, list[Path]] = {}
    passed: Counter[str] = Counter()
    shelf = _shelf(path)
    for files in _folders(path, root, problems):
        texts = [file for file in files if file.stem.lower() not in _NOT_TEXTS]
        passed.update(file.suffix.lower() for file in texts if file.suffix.lower() not in _KNOWN)
        for file in texts:
            if file.name == chapters.NAME and file.parent.is_relative_to(shelf) and file.parent != shelf:
                works.setdefault(shelf / file.relative_to(shelf).parts[0], []).append(file)
        sources += _sources([file for file in texts if file.name != chapters.NAME or file.parent == shelf])
    if passed:
        problems.append(Problem(path, 0, _passed_over(passed), is_note=True))
    sources += [Source("chapters", work, tuple(files)) for work, files in works.items()]
    return told_apart([(path, source) for source in _encoded(sources, choices)]), problems


def told_apart(found: Sequence[tuple[Path, Source]]) -> list[Source]:
    """Return the sources, each given with the path it was found under, so that no two works get one default id."""
    return identity.told_apart([(top, source, default_id(source)) for top, source in found])


def _folders(top: Path, root: Path, problems: list[Problem]) -> Iterator[list[Path]]:
    """Yield the files of each folder at or below ``top``, folder by folder."""
    visited = {root}
    waiting = [(top, root, 0)]
    while waiting:
        folder, place, depth = waiting.pop()
        try:
            with os.scandir(folder) as found:
                entries = sorted(
                    (entry for entry in found if not entry.name.startswith(".")), key=lambda each: each.name
                )
        except OSError as error:
            problems.append(Problem(folder, 0, f"cannot be read: {_reason(error)}"))
            continue
        files, below = [], []
        for each in entries:
            entry = folder / each.name
            real = place / each.name
            try:
                each.name.encode()
                if each.is_symlink():
                    real = entry.resolve(strict=True)
                is_folder, is_file = each.is_dir(), each.is_file()
            except (OSError, RuntimeError, ValueError) as error:
                problems.append(Problem(entry, 0, f"cannot be read: {_reason(error)}"))
                continue
            if not real.is_relative_to(root):
                problems.append(Problem(entry, 0, "is a link that leads out of the folder; it is left out"))
            elif is_file:
                files.append(entry)
            elif not is_folder:
                problems.append(Problem(entry, 0, _NO_FILE))
            elif each.name == kanripo.DATA_FOLDER:
                continue  # goes with the Kanripo files beside it
            elif real in visited:
                problems.append(Problem(entry, 0, "leads back to a folder that is read already; it is left out"))
            elif depth == MAX_DEPTH:
                problems.append(Problem(entry, 0, f"is more than {MAX_DEPTH} folders deep; it is left out"))
            else:
                visited.add(real)
                below.append((entry, real, depth + 1))
        yield files
        waiting += reversed(below)


def _shelf(top: Path) -> Path:
    """Return the folder that holds the folders of the works: the first that holds more than one thing."""
    for _ in range(MAX_DEPTH):
        try:
            entries = [entry for entry in top.iterdir() if not entry.name.startswith(".")]
        except OSError:  # reported where the folders are gone through
            break
        if (
            len(entries) != 1
            or entries[0].is_symlink()
            or not entries[0].is_dir()
            or (entries[0] / chapters.NAME).exists()
        ):
            break
        top = entries[0]
    return top


def _encoded(sources: list[Source], choices: Sequence[EncodingChoice]) -> list[Source]:
    """Return the sources, each with the encodings that were named for its files."""
    return [replace(each, options=(*each.options, *encodings.option(choices, each.files))) for each in sources]


def _passed_over(kinds: Counter[str]) -> str:
    """Report how many files of which kinds are not read, the most frequent kinds first."""
    told = [f"{count} {kind or 'without a suffix'}" for kind, count in kinds.most_common(_MOST_KINDS)]
    rest = kinds.total() - sum(count for _, count in kinds.most_common(_MOST_KINDS))
    return f"passed over: {', '.join(told)}" + (f" and {rest} of other kinds" if rest else "")


def _sources(files: list[Path], volumes_apart: bool = False) -> list[Source]:
    """Return the sources among files of one folder; ``volumes_apart`` makes each volume a source of its own."""
    works: dict[str, list[Path]] = {}
    sources = []
    plain_texts = [file for file in files if file.suffix.lower() in plain.SUFFIXES]
    parts = () if volumes_apart else volumes.grouped(plain_texts)
    if parts:
        sources.append(Source("plain", parts[0].parent, parts))
    for file in files:
        match = kanripo.TEXT_NAME.fullmatch(file.name)
        if match:
            works.setdefault(match[1], []).append(file)
            continue
        if file in parts:
            continue
        for name, reader in READERS.items():
            if file.suffix.lower() in reader.suffixes:
                sources.append(Source(name, file, (file,)))
    for texts in works.values():
        folder = texts[0].parent
        sources.append(Source("kanripo", folder, (*texts, *kanripo.data_files(folder))))
    return sorted(sources, key=lambda source: (source.root, source.files))


def _reason(error: Exception) -> str:
    if isinstance(error, UnicodeEncodeError):
        return "its name is not UTF-8"
    return getattr(error, "strerror", None) or "a link that leads back to itself"
