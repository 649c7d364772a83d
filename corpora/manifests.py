"""Collections as their manifests state them: one YAML file a collection, facts as data.

A manifest names the collection, its licence and who may read it, and holds a catalogue record for each
work. Works whose files are elsewhere name the git repository they come from; a collection whose files are
shipped with the program names their folder instead.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from corpora.model import Access, CatalogueRecord, Collection, Localized, Origin

HERE = Path(__file__).parent
MANIFESTS = HERE / "collections"

MAX_BYTES = 1 << 20  # the largest manifest that is read, in bytes
MAX_VALUE = 2000  # the longest text in one field, in characters

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
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
    """A manifest can't be used; the message is one line that names the file, the place in it and the reason."""


def collections(folder: Path = MANIFESTS) -> dict[str, Collection]:
    """Every collection by id, in the order of the manifests' file names.

    Raises :class:`ManifestFailure` when a manifest is not as it should be.
    """
    return {collection.id: collection for collection, _ in _manifests(folder)}


def bundled_folder(collection_id: str, folder: Path = MANIFESTS) -> Path | None:
    """The folder of a collection whose texts are shipped with the program; None for any other id.

    Raises :class:`ManifestFailure` as :func:`collections` does.
    """
    return next((texts for collection, texts in _manifests(folder) if collection.id == collection_id), None)


def record_of(work_id: str, folder: Path = MANIFESTS) -> tuple[str, CatalogueRecord] | None:
    """The id of the collection that a work belongs to, and its catalogue record; None if no manifest names it.

    Raises :class:`ManifestFailure` as :func:`collections` does.
    """
    for collection, _ in _manifests(folder):
        if work_id in collection.records:
            return collection.id, collection.records[work_id]
    return None


@cache
def _manifests(folder: Path) -> tuple[tuple[Collection, Path | None], ...]:
    found = tuple(_load(path) for path in sorted(folder.glob("*.yaml")))
    owners: dict[str, str] = {}
    for collection, _ in found:
        for name in (f"collection {collection.id}", *collection.records):
            if name in owners:
                raise ManifestFailure(f"{folder}: {name} is in two manifests: {owners[name]} and {collection.id}")
            owners[name] = collection.id
    return found


def _load(path: Path) -> tuple[Collection, Path | None]:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise ManifestFailure(f"{path}: larger than {MAX_BYTES} bytes")
        loaded = yaml.safe_load(data)
    except OSError as error:
        raise ManifestFailure(f"{path}: {error.strerror}") from error
    except _NOT_YAML as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{path}:{mark.line + 1}" if mark else str(path)
        raise ManifestFailure(f"{place}: not YAML: {getattr(error, 'problem', None) or 'unreadable'}") from error
    try:
        return _collection(loaded)
    except ValueError as error:
        raise ManifestFailure(f"{path}: {error}") from error


def _collection(data: object) -> tuple[Collection, Path | None]:
    fields = _mapping(data, "the manifest", _COLLECTION_FIELDS)
    identifier = _name(fields, "the manifest")
    works = fields.get("works") or []
    if not isinstance(works, list):
        raise ValueError("works: a list is needed")
    licence = _text(fields, "licence", "the manifest", required=True)
    access = _text(fields, "access", "the manifest") or Access.OPEN
    if access not in list(Access):
        raise ValueError(f"access: {access!r} is none of {', '.join(Access)}")
    records: dict[str, CatalogueRecord] = {}
    origins: dict[str, Origin] = {}
    for number, entry in enumerate(works, start=1):
        work = _mapping(entry, f"work {number}", _WORK_FIELDS)
        work_id = _name(work, f"work {number}")
        if work_id in records:
            raise ValueError(f"{work_id}: stands twice")
        origin = _text(work, "origin", work_id)
        if origin:
            _require_https(origin, work_id)
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
    if not _NAME.fullmatch(name) or not (HERE / name).is_dir():
        raise ValueError(f"folder: there is no {name!r} beside the manifests' folder")
    return HERE / name


def _record(work: Mapping[str, Any], work_id: str, licence: str, origin: str) -> CatalogueRecord:
    texts = {field: _text(work, field, work_id, required=field == "title") for field in _TEXT_FIELDS}
    year = work.get("year")
    if year is not None and (not isinstance(year, int) or isinstance(year, bool)):
        raise ValueError(f"{work_id}: year: {year!r} is not a whole number")
    defaults = {"licence": licence, "source": origin, "language": "lzh", "script": "Hant"}
    filled = {field: value or defaults.get(field, "") for field, value in texts.items()}
    for field, known in (("language", _LANGUAGES), ("script", _SCRIPTS)):
        if filled[field] not in known:
            raise ValueError(f"{work_id}: {field}: {filled[field]!r} is none of {', '.join(sorted(known))}")
    return CatalogueRecord(**filled, year=year)


def _mapping(data: object, where: str, known: frozenset[str]) -> Mapping[str, Any]:
    if not isinstance(data, dict):
        raise ValueError(f"{where}: a mapping of fields is needed")
    unknown = sorted(str(key) for key in data if key not in known)
    if unknown:
        raise ValueError(f"{where}: unknown field {unknown[0]!r}")
    return data


def _text(fields: Mapping[str, Any], key: str, where: str, *, required: bool = False) -> str:
    value = fields.get(key, "")
    if not isinstance(value, str):
        raise ValueError(f"{where}: {key}: text is needed, not {type(value).__name__}")
    value = value.strip()
    if required and not value:
        raise ValueError(f"{where}: {key} is missing")
    if len(value) > MAX_VALUE:
        raise ValueError(f"{where}: {key}: longer than {MAX_VALUE} characters")
    return value


def _name(fields: Mapping[str, Any], where: str) -> str:
    name = _text(fields, "id", where, required=True)
    if not _NAME.fullmatch(name):  # it becomes a folder's name
        raise ValueError(f"{where}: id: {name!r} is not made of letters, digits, '-' and '_'")
    return name


def _file_name(fields: Mapping[str, Any], key: str) -> str:
    name = _text(fields, key, "the manifest")
    if name and (not _FILE_NAME.fullmatch(name) or name.startswith(".")):
        raise ValueError(f"{key}: {name!r} is not the name of a file")
    return name


def _localized(fields: Mapping[str, Any], key: str) -> Localized:
    texts = _mapping(fields.get(key), key, frozenset({"zh", "en"}))
    return Localized(zh=_text(texts, "zh", key, required=True), en=_text(texts, "en", key, required=True))


def _require_https(address: str, work_id: str) -> None:
    parts = urlsplit(address)
    if parts.scheme != "https" or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ValueError(f"{work_id}: origin: {address!r} is not a plain https address")
