"""Fetching a collection's files: shallow git clones, or a copy of folders that are already at hand.

Each work is made ready in a temporary folder and then renamed into its place, so a work is either whole or
absent, and a run that was cut off goes on where it stopped.
"""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from corpora.model import Collection, Origin
from corpora.sources.archives import ArchiveFailure, unpack

CLONE_SECONDS = 1800  # the longest one clone may take
MAX_FILES = 100_000  # in one copied work
MAX_BYTES = 2 << 30  # in one copied work

# What git says when the network, and not one repository, is the trouble: trying the next work is useless.
_OFFLINE = ("Could not resolve host", "Failed to connect", "Couldn't connect", "Connection timed out", "unreachable")


class FetchFailure(Exception):
    """A work, or the collection, can't be fetched; the message is one line that says why and what to do."""


class _Offline(FetchFailure):
    """No repository can be reached."""


class State(StrEnum):
    """The state of one work in a run."""

    STARTED = "started"
    FETCHED = "fetched"
    PRESENT = "present"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class FetchStep:
    """One step of a run: ``number`` counts works from 1 to ``total``."""

    work_id: str
    state: State
    number: int
    total: int


@dataclass(frozen=True, slots=True)
class Fetched:
    """Result of a run: work ids, and where the works are; ``failures`` holds one line for each missing work."""

    folder: Path
    fetched: tuple[str, ...]
    present: tuple[str, ...]
    failures: tuple[str, ...]


def fetch(
    collection: Collection,
    destination: Path,
    source_folder: Path | None = None,
    on_progress: Callable[[FetchStep], None] = lambda _: None,
) -> Fetched:
    """Fetch every work of a collection into ``destination/<collection id>/<work's folder>``.

    Works are cloned from their repositories, or copied from ``source_folder/<work's folder>`` when that is
    given. A work that is already there is left as it is. A work that can't be had is a line in the result's
    ``failures`` and the run goes on.

    Raises :class:`FetchFailure` when nothing more can be had: git is missing, the network or the disk is.
    """
    if collection.archive:
        return _from_archive(collection, destination, source_folder, on_progress)
    if not collection.origins:
        raise FetchFailure(f"{collection.id}: nothing to fetch: its texts come with the program")
    if source_folder is not None and not source_folder.is_dir():
        raise FetchFailure(f"{source_folder}: no such folder; name the folder that holds the works' folders")
    folder = destination / collection.id
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FetchFailure(f"{folder}: cannot be made: {error.strerror}") from error

    done: dict[State, list[str]] = {State.FETCHED: [], State.PRESENT: []}
    failures: list[str] = []
    total = len(collection.origins)
    for number, (work_id, origin) in enumerate(collection.origins.items(), start=1):
        on_progress(FetchStep(work_id, State.STARTED, number, total))
        state = State.PRESENT
        if not (folder / origin.folder).exists():
            try:
                _bring(origin, folder, source_folder)
                state = State.FETCHED
            except _Offline:
                raise
            except FetchFailure as failure:
                failures.append(str(failure))
                state = State.FAILED
        if state is not State.FAILED:
            done[state].append(work_id)
        on_progress(FetchStep(work_id, state, number, total))
    return Fetched(folder, tuple(done[State.FETCHED]), tuple(done[State.PRESENT]), tuple(failures))


def _from_archive(
    collection: Collection, destination: Path, source: Path | None, on_progress: Callable[[FetchStep], None]
) -> Fetched:
    """Unpack a collection's archive, which ``source`` is or holds."""
    folder = destination / collection.id
    if folder.exists():
        return Fetched(folder, (), (collection.id,), ())
    archive = source / collection.archive if source and source.is_dir() else source
    if archive is None or not archive.is_file():
        raise FetchFailure(
            f"{collection.id}: name its archive, {collection.archive}, or the folder it is in, with --from"
        )
    on_progress(FetchStep(collection.id, State.STARTED, 1, 1))
    try:
        destination.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".fetching-", dir=destination) as temporary:
            ready = Path(temporary, collection.id)
            ready.mkdir()
            if not unpack(archive, ready):
                raise FetchFailure(f"{archive}: holds no files")
            ready.rename(folder)
    except ArchiveFailure as failure:
        raise FetchFailure(str(failure)) from failure
    except OSError as error:
        raise FetchFailure(f"{folder}: cannot be written: {error.strerror}") from error
    on_progress(FetchStep(collection.id, State.FETCHED, 1, 1))
    return Fetched(folder, (collection.id,), (), ())


def _bring(origin: Origin, folder: Path, source_folder: Path | None) -> None:
    try:
        with tempfile.TemporaryDirectory(prefix=".fetching-", dir=folder) as temporary:
            ready = Path(temporary) / origin.folder
            if source_folder is None:
                _clone(origin.repository, ready)
            else:
                _copy(source_folder / origin.folder, ready)
            if not any(ready.glob("*.txt")):
                raise FetchFailure(f"{origin.folder}: holds no text files; check where it comes from")
            ready.rename(folder / origin.folder)
    except OSError as error:
        raise FetchFailure(f"{origin.folder}: cannot be written to {folder}: {error.strerror}") from error


def _clone(repository: str, target: Path) -> None:
    command = [
        "git",
        *("-c", "core.symlinks=false"),  # a link in a repository becomes a plain file, so nothing points outside
        *("-c", "http.lowSpeedLimit=1", "-c", "http.lowSpeedTime=60"),
        *("clone", "--quiet", "--depth", "1", "--no-tags", "--template=", "--", repository, str(target)),
    ]
    # A git hook hands its own repository down in these; it must not become the target.
    inherited = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE")
    environment = {key: value for key, value in os.environ.items() if key not in inherited}
    environment |= {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    # A file, not a pipe: a pipe would be held open by git's own children after a timeout.
    with tempfile.TemporaryFile() as messages:
        try:
            result = subprocess.run(
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=messages,
                timeout=CLONE_SECONDS,
                check=False,
            )
        except FileNotFoundError as error:
            raise _Offline("git is not installed; install it, or name a folder of the files with --from") from error
        except subprocess.TimeoutExpired as error:
            raise _Offline(
                f"{repository}: not here after {CLONE_SECONDS} s; run again to go on, or name a folder with --from"
            ) from error
        if result.returncode == 0:
            return
        messages.seek(0)
        said = messages.read(1 << 16).decode(errors="replace")
    if any(sign in said for sign in _OFFLINE):
        raise _Offline(f"{repository}: cannot be reached; connect and run again (what has come is kept), or use --from")
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    raise FetchFailure(f"{repository}: git: {lines[-1][:300] if lines else f'exit {result.returncode}'}")


def _copy(source: Path, target: Path) -> None:
    """Copy the regular files of a folder; hidden ones, such as ``.git``, stay behind."""
    if source.is_symlink() or not source.is_dir():
        raise FetchFailure(f"{source}: no such folder")
    files = total = 0
    for here, folders, names in os.walk(source, onerror=_raise):
        place = target / Path(here).relative_to(source)
        place.mkdir(parents=True)
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in (*folders, *names):
            path = Path(here, name)
            if name.startswith("."):
                continue
            status = path.lstat()
            if stat.S_ISDIR(status.st_mode):
                continue
            if not stat.S_ISREG(status.st_mode):
                raise FetchFailure(f"{path}: a link or no plain file; put the file itself there")
            files += 1
            total += status.st_size
            if files > MAX_FILES or total > MAX_BYTES:
                raise FetchFailure(f"{source}: more than {MAX_FILES} files or {MAX_BYTES} bytes")
            shutil.copyfile(path, place / name, follow_symlinks=False)


def _raise(error: OSError) -> None:
    raise error


def count_present(collection: Collection, destination: Path) -> int:
    """Count the works of a collection (or its one archive) that are in ``destination`` already."""
    if collection.archive:
        return int((destination / collection.id).is_dir())
    return sum((destination / collection.id / origin.folder).is_dir() for origin in collection.origins.values())
