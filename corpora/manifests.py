"""Collections as their manifests state them: one YAML file a collection, facts as data.

A manifest names the collection, its licence and who may read it, and holds a catalogue record for each
work. Works whose files are elsewhere name the git repository they come from; a collection whose files are
shipped with the program names their folder instead. A library keeps manifests of its own in a folder outside the
program, or as ``collection.yaml`` beside the texts.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from corpora.catalogue import RECORD_FIELDS, CatalogueRecord, Localized, record_of
from corpora.manifest_models import HERE, KeyPath, ManifestModel, Wrong, at, faults
from corpora.model import Access, Collection, Origin, Taking, strictest

_log = logging.getLogger(__name__)

MANIFESTS = HERE / "collections"
OWN = Path("data", "collections")
"""The default folder of a library's own manifests."""
BESIDE = "collection.yaml"
"""The name of a manifest beside the texts."""

MAX_BYTES = 1 << 20  # the largest manifest that is read, in bytes

_NOT_YAML = (yaml.YAMLError, RecursionError, ValueError, AttributeError, LookupError, ArithmeticError)
"""Errors that PyYAML raises: the last four where a value is not what its tag says."""


class ManifestFailure(Exception):
    """A manifest can't be used; the message is one line that names the file, the line in it and the reason."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """One manifest: where it stands, its collection, and the folder of texts that are shipped with the program."""

    path: Path
    collection: Collection
    folder: Path | None


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What all manifests together say: collections by id, and the folders of those that come with the program."""

    collections: dict[str, Collection]
    folders: dict[str, Path]

    def access_of(self, collection_id: str) -> Access | None:
        """Return the access that a collection's manifest declares; None where it has no manifest."""
        known = self.collections.get(collection_id)
        return known.access if known else None

    def record_of(self, work_id: str) -> tuple[str, CatalogueRecord] | None:
        """Return the id of the collection that a work belongs to and its record; None if no manifest names it."""
        for collection in self.collections.values():
            if work_id in collection.records:
                return collection.id, collection.records[work_id]
        return None


def load(own: Path | None = None, beside: Iterable[Path] = (), shipped: Path = MANIFESTS) -> Catalogue:
    """Read the shipped manifests, a library's own in the folder ``own`` (which may be missing), and single files.

    Raises:
        ManifestFailure: a manifest is not as it should be, or two contradict each other.
    """
    return combine([read(path) for path in manifest_files(own, beside, shipped)])


def manifest_files(own: Path | None, beside: Iterable[Path], shipped: Path = MANIFESTS) -> list[Path]:
    """List the files of all manifests, in the order in which they count."""
    folders = [folder for folder in (shipped, own) if folder]
    inside = [path for folder in folders for path in sorted(folder.glob("*.yaml"))]
    return list(dict.fromkeys([*inside, *(path for path in beside if os.access(path, os.R_OK))]))


def combine(manifests: Iterable[Manifest]) -> Catalogue:
    """Combine manifests into one catalogue.

    A later manifest from another folder may stand for a collection again, such as a library's own for a shipped one:
    its title and records count, texts still come from where the first says, and the stricter access of both holds.

    Raises:
        ManifestFailure: one folder has two manifests of a collection, or a work is in two collections.
    """
    collections: dict[str, Collection] = {}
    folders: dict[str, Path] = {}
    places: dict[str, set[Path]] = {}
    for manifest in manifests:
        later, name = manifest.collection, manifest.collection.id
        if manifest.path.parent in places.setdefault(name, set()):
            raise ManifestFailure(f"{manifest.path.parent}: collection {name} is in two manifests")
        places[name].add(manifest.path.parent)
        if manifest.folder:
            folders[name] = manifest.folder
        former = collections.get(name)
        collections[name] = _joined(former, later) if former else later
    owners: dict[str, Collection] = {}
    for collection in collections.values():
        for work in collection.records:
            if work in owners:
                raise ManifestFailure(f"{work} is in two manifests: {owners[work].id} and {collection.id}")
            owners[work] = collection
    return Catalogue(collections, folders)


def _joined(former: Collection, later: Collection) -> Collection:
    return replace(
        later,
        access=strictest(former.access, later.access) or later.access,
        records={**former.records, **later.records},
        origins={**former.origins, **later.origins},
        archive=later.archive or former.archive,
        taking=Taking.REFUSED if Taking.REFUSED in (former.taking, later.taking) else later.taking or former.taking,
    )


def read(path: Path) -> Manifest:
    """Read one manifest.

    Raises:
        ManifestFailure: it can't be read or is not as it should be.
    """
    try:
        if not path.is_file():  # a pipe would be waited for
            raise ManifestFailure(f"{path}: {'not a plain file' if path.exists() else 'no such file'}")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise ManifestFailure(f"{path}: larger than {MAX_BYTES} bytes")
        loaded = _Loader(data).get_single_data()
    except OSError as error:
        raise ManifestFailure(f"{path}: {error.strerror}") from error
    except _NOT_YAML as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{path}:{mark.line + 1}" if mark else str(path)
        raise ManifestFailure(f"{place}: not YAML: {getattr(error, 'problem', None) or 'unreadable'}") from error
    try:
        return Manifest(path, *_collection(loaded))
    except Wrong as error:
        line = _line(loaded, error.place)
        place = f"{path}:{line}" if line else str(path)
        raise ManifestFailure(f"{place}: {error}") from error


class Watched:
    """The manifests of a server: read again when a file changes, kept at their last good state when one breaks.

    What is told apart is each file's device, inode, size and time, so that asking costs microseconds. A process keeps
    only what it has read itself: one that was forked later has not seen how a broken or missing file last was, and
    holds its collection for staff's.
    """

    def __init__(self, own: Path | None, beside: Iterable[Path] = (), shipped: Path = MANIFESTS) -> None:
        """Read everything.

        Raises:
            ManifestFailure: a manifest is not as it should be.
        """
        self._own, self._shipped = own, shipped
        self._lock = threading.Lock()
        self._good: dict[Path, tuple[int, Manifest]] = {}
        files = manifest_files(own, beside, shipped)
        stamp = _stamp(own, beside, shipped)
        self._good = {path: (os.getpid(), read(path)) for path in files}
        self._state = stamp, combine(manifest for _, manifest in self._good.values())

    def current(self, beside: Iterable[Path] = ()) -> Catalogue:
        """Return what the manifests say now."""
        stamp = _stamp(self._own, beside, self._shipped)
        if stamp != self._state[0]:
            with self._lock:
                if stamp != self._state[0]:
                    self._state = stamp, self._read(beside)
        return self._state[1]

    def _read(self, beside: Iterable[Path]) -> Catalogue:
        files = manifest_files(self._own, beside, self._shipped)
        for path in dict.fromkeys((*files, *self._good)):
            try:
                self._good[path] = os.getpid(), read(path)
            except ManifestFailure as failure:
                _log.error("%s; what it said before holds until it is mended", failure)
                reader, former = self._good.get(path, (0, None))
                if former and reader != os.getpid():
                    self._good[path] = reader, replace(former, collection=_closed(former.collection))
        found = [manifest for _, manifest in self._good.values()]
        try:
            return combine(found)
        except ManifestFailure as failure:
            _log.error("%s; the manifests hold as they were, but for what is closed", failure)
            return _tightened(self._state[1], found)


def _stamp(own: Path | None, beside: Iterable[Path], shipped: Path) -> tuple[object, ...]:
    """Return what changes when a manifest does, or when this is another process."""
    entries: list[tuple[object, ...]] = [(os.getpid(),)]
    for folder in (shipped, own) if own else (shipped,):
        with suppress(OSError), os.scandir(folder) as found:
            entries += sorted((each.path, *_state(each.path)) for each in found if each.name.endswith(".yaml"))
    return (*entries, *((str(path), *_state(path)) for path in beside))


def _state(path: str | Path) -> tuple[int, ...]:
    try:
        state = os.stat(path)
    except OSError:
        return ()
    return state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns


def _closed(collection: Collection) -> Collection:
    return replace(collection, access=Access.STAFF)


def _tightened(catalogue: Catalogue, manifests: Iterable[Manifest]) -> Catalogue:
    """Return the catalogue with each collection closed as far as any manifest closes it."""
    collections = dict(catalogue.collections)
    for manifest in manifests:
        if known := collections.get(manifest.collection.id):
            access = strictest(known.access, manifest.collection.access) or known.access
            collections[known.id] = replace(known, access=access)
    return replace(catalogue, collections=collections)


def collections(folder: Path = MANIFESTS) -> dict[str, Collection]:
    """Return every shipped collection by id, in the order of the manifests' file names.

    Raises:
        ManifestFailure: a manifest is not as it should be.
    """
    return load(shipped=folder).collections


def bundled_folder(collection_id: str, folder: Path = MANIFESTS) -> Path | None:
    """Return the folder of a collection whose texts are shipped with the program; None for any other id.

    Raises:
        ManifestFailure: a manifest is not as it should be.
    """
    return load(shipped=folder).folders.get(collection_id)


class _Lined(dict[Any, Any]):
    """A mapping that knows on which lines it and its keys are."""

    line = 0
    lines: dict[Any, int]


class _Loader(yaml.SafeLoader):
    """A loader that builds plain values alone, mappings with their lines; a duplicate key is refused."""


def _construct(loader: _Loader, node: yaml.MappingNode) -> Iterator[_Lined]:
    data = _Lined()
    yield data
    data.lines = {}
    data.line = node.start_mark.line + 1
    for key, _ in node.value:
        if isinstance(key, yaml.ScalarNode):
            if key.value in data.lines:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value[:100]} stands twice", key.start_mark)
            data.lines[key.value] = key.start_mark.line + 1
    data.update(loader.construct_mapping(node))


_Loader.add_constructor("tag:yaml.org,2002:map", _construct)


def _collection(data: object) -> tuple[Collection, Path | None]:
    """Return the collection that a manifest describes, and the folder of its texts where they are shipped.

    Raises:
        Wrong: the manifest is not as it should be; of several faults the first in the file is told.
    """
    try:
        given = ManifestModel.model_validate(data)
    except ValidationError as failure:
        raise min(faults(data, failure), key=lambda wrong: _line(data, wrong.place)) from None
    records: dict[str, CatalogueRecord] = {}
    origins: dict[str, Origin] = {}
    for number, work in enumerate(given.works):
        if work.id in records:
            raise Wrong(f"{work.id}: stands twice", ("works", number, "id"))
        for field in RECORD_FIELDS:
            if field.name != field.attribute and {field.name, field.attribute} <= work.model_fields_set:
                reason = f"{work.id}: {field.name} and {field.attribute} are the same field: one of them has to go"
                raise Wrong(reason, ("works", number, field.attribute))
        defaults = {"licence": given.licence, "source": work.origin}
        stated = {key: value for key, value in work.model_dump().items() if value not in (None, "")}
        records[work.id] = record_of(defaults | stated)
        if work.origin:
            origins[work.id] = Origin(repository=work.origin, folder=work.id)
    collection = Collection(
        id=given.id,
        title=Localized(given.title.zh, given.title.en),
        description=Localized(given.description.zh, given.description.en),
        licence=given.licence,
        access=Access(given.access),
        records=records,
        origins=origins,
        archive=given.archive,
        taking=Taking(given.taking) if given.taking else None,
    )
    return collection, HERE / given.folder if given.folder else None


def _line(data: object, place: KeyPath) -> int:
    """Return the line of a key, or of the innermost mapping that lacks it; 0 where there is none."""
    lines = [
        mapping.lines.get(key, mapping.line)
        for depth, key in enumerate(place)
        if isinstance(mapping := at(data, place[:depth]), _Lined)
    ]
    return lines[-1] if lines else 0
