"""Collections as their manifests state them: one YAML file a collection, facts as data.

A manifest names the collection, its licence and who may read it, and holds a catalogue record for each
work. Works whose files are elsewhere name the git repository they come from; a collection whose files are
shipped with the program names their folder instead. A library keeps manifests of its own in a folder outside the
program, or as ``collection.yaml`` beside the texts.
"""

from __future__ import annotations

import logging
import os
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from corpora.model import Access, CatalogueRecord, Collection, Localized, Origin, strictest

_log = logging.getLogger(__name__)

HERE = Path(__file__).parent
MANIFESTS = HERE / "collections"
OWN = Path("data", "collections")
"""Where a library's own manifests are looked for unless told otherwise."""
BESIDE = "collection.yaml"
"""What a manifest beside the texts is called."""
DECLARABLE = (Access.OPEN, Access.IN_LIBRARY, Access.STAFF)
"""What a manifest may say of access."""

MAX_BYTES = 1 << 20  # the largest manifest that is read, in bytes
MAX_VALUE = 2000  # the longest text in one field, in characters

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
"""What a collection, or a work that a manifest lists, may be called."""
_FILE_NAME = re.compile(r"[\w.-]{1,100}")
_COLLECTION_FIELDS = frozenset({"id", "title", "description", "licence", "access", "folder", "archive", "works"})
_TEXT_FIELDS = (
    "title", "author", "dynasty", "category", "place", "language", "script", "edition", "licence", "source", "date",
)  # fmt: skip
_WORK_FIELDS = frozenset({"id", "year", "origin", *_TEXT_FIELDS})
_NOT_YAML = (yaml.YAMLError, RecursionError, ValueError, AttributeError, LookupError, ArithmeticError)
"""What PyYAML raises: the last four where a value is not what its tag says."""
_LANGUAGES = frozenset({"lzh", "zh"})
_SCRIPTS = frozenset({"Hant", "Hans"})


class ManifestFailure(Exception):
    """A manifest can't be used; the message is one line that names the file, the line in it and the reason."""


class _Wrong(ValueError):
    """Something in a manifest is wrong; ``line`` is 1-based, 0 where the whole is meant."""

    def __init__(self, reason: str, line: int = 0) -> None:
        super().__init__(reason)
        self.line = line


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
    """Put manifests together.

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
    except _Wrong as error:
        place = f"{path}:{error.line}" if error.line else str(path)
        raise ManifestFailure(f"{place}: {error}") from error


class Watched:
    """The manifests of a server: read anew when a file changes, kept at their last good state when one breaks.

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
    """A mapping that knows on which lines it and its keys stand."""

    line = 0
    lines: dict[Any, int]


class _Loader(yaml.SafeLoader):
    """Builds plain values alone, mappings with their lines; a key that stands twice is refused."""


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
    fields = _mapping(data, "the manifest", _COLLECTION_FIELDS)
    identifier = _name(fields, "the manifest")
    works = fields.get("works") or []
    if not isinstance(works, list):
        raise _wrong(fields, "works", "works: a list is needed")
    licence = _text(fields, "licence", "the manifest", required=True)
    access = _text(fields, "access", "the manifest", required=True)
    if access not in DECLARABLE:
        raise _wrong(fields, "access", f"access: {access!r} is none of {', '.join(DECLARABLE)}")
    records: dict[str, CatalogueRecord] = {}
    origins: dict[str, Origin] = {}
    for number, entry in enumerate(works, start=1):
        work = _mapping(entry, f"work {number}", _WORK_FIELDS)
        work_id = _name(work, f"work {number}")
        if work_id in records:
            raise _wrong(work, "id", f"{work_id}: stands twice")
        origin = _text(work, "origin", work_id)
        if origin:
            _require_https(work, work_id, origin)
            origins[work_id] = Origin(repository=origin, folder=work_id)
        records[work_id] = _record(work, work_id, licence, origin)
    collection = Collection(
        id=identifier,
        title=_localized(fields, "title"),
        description=_localized(fields, "description"),
        licence=licence,
        access=Access(access),
        records=records,
        origins=origins,
        archive=_file_name(fields, "archive"),
    )
    return collection, _shipped(fields)


def _shipped(fields: Mapping[str, Any]) -> Path | None:
    name = _text(fields, "folder", "the manifest")
    if not name:
        return None
    if not NAME.fullmatch(name) or not (HERE / name).is_dir():
        raise _wrong(fields, "folder", f"folder: there is no {name!r} beside the manifests' folder")
    return HERE / name


def _record(work: Mapping[str, Any], work_id: str, licence: str, origin: str) -> CatalogueRecord:
    texts = {field: _text(work, field, work_id, required=field == "title") for field in _TEXT_FIELDS}
    year = work.get("year")
    if year is not None and (not isinstance(year, int) or isinstance(year, bool)):
        raise _wrong(work, "year", f"{work_id}: year: {year!r} is not a whole number")
    defaults = {"licence": licence, "source": origin, "language": "lzh", "script": "Hant"}
    filled = {field: value or defaults.get(field, "") for field, value in texts.items()}
    for field, known in (("language", _LANGUAGES), ("script", _SCRIPTS)):
        if filled[field] not in known:
            raise _wrong(work, field, f"{work_id}: {field}: {filled[field]!r} is none of {', '.join(sorted(known))}")
    return CatalogueRecord(**filled, year=year)


def _wrong(fields: Mapping[str, Any], key: str, reason: str) -> _Wrong:
    """Return an error at the line of a field, or of the mapping that lacks it."""
    line = fields.lines.get(key, fields.line) if isinstance(fields, _Lined) else 0
    return _Wrong(reason, line)


def _mapping(data: object, where: str, known: frozenset[str]) -> Mapping[str, Any]:
    if not isinstance(data, dict):
        raise _Wrong(f"{where}: a mapping of fields is needed")
    unknown = sorted(str(key) for key in data if key not in known)
    if unknown:
        raise _wrong(data, unknown[0], f"{where}: unknown field {unknown[0]!r}")
    return data


def _text(fields: Mapping[str, Any], key: str, where: str, *, required: bool = False) -> str:
    value = fields.get(key, "")
    if not isinstance(value, str):
        raise _wrong(fields, key, f"{where}: {key}: text is needed, not {type(value).__name__}")
    value = value.strip()
    if required and not value:
        raise _wrong(fields, key, f"{where}: {key} is missing")
    if len(value) > MAX_VALUE:
        raise _wrong(fields, key, f"{where}: {key}: longer than {MAX_VALUE} characters")
    return value


def _name(fields: Mapping[str, Any], where: str) -> str:
    name = _text(fields, "id", where, required=True)
    if not NAME.fullmatch(name):  # it becomes a folder's name
        raise _wrong(fields, "id", f"{where}: id: {name!r} is not made of letters, digits, '-' and '_'")
    return name


def _file_name(fields: Mapping[str, Any], key: str) -> str:
    name = _text(fields, key, "the manifest")
    if name and (not _FILE_NAME.fullmatch(name) or name.startswith(".")):
        raise _wrong(fields, key, f"{key}: {name!r} is not the name of a file")
    return name


def _localized(fields: Mapping[str, Any], key: str) -> Localized:
    texts = _mapping(fields.get(key), key, frozenset({"zh", "en"}))
    return Localized(zh=_text(texts, "zh", key, required=True), en=_text(texts, "en", key, required=True))


def _require_https(work: Mapping[str, Any], work_id: str, address: str) -> None:
    parts = urlsplit(address)
    if parts.scheme != "https" or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise _wrong(work, "origin", f"{work_id}: origin: {address!r} is not a plain https address")
