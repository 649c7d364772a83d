"""Catalogue records from the metadata that a file carries itself: front matter, or the fields of a JSON object."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping

from corpora.catalogue import RECORD_FIELDS, CatalogueField, CatalogueRecord, record_of

MAX_VALUE = 500
"""Characters of one metadata value that are kept."""
MAX_ITEMS = 100
"""Items of one list that are kept."""

_LANGUAGES = ("zh-hant", "zh-tw", "zh-hk", "lzh", "zh", "zh-hans", "zh-cn")
_YEAR = re.compile(r"-?[0-9]{1,4}(?![0-9])")
_ID = re.compile(r"[\w.-]{1,100}")
_UNWRITABLE = re.compile("[\0\ud800-\udfff]")
"""Characters that neither a file in UTF-8 nor every database can hold; JSON and YAML can name it all the same."""


def value(fields: Mapping[str, object], name: str) -> str:
    """Return a metadata value as one line of text; empty where it is missing or not a plain value.

    Of a mapping from languages to values the Chinese one is taken, in traditional characters if there is a choice. What
    can't be written becomes U+FFFD.
    """
    return _line(fields.get(name))


def _line(raw: object) -> str:
    if isinstance(raw, Mapping):
        languages = {str(language).lower().replace("_", "-"): each for language, each in raw.items()}
        raw = next((languages[each] for each in _LANGUAGES if languages.get(each)), next(iter(raw.values()), ""))
    if isinstance(raw, bool) or not isinstance(raw, str | int | float | datetime.date):
        return ""
    return " ".join(_UNWRITABLE.sub("\ufffd", str(raw)[:MAX_VALUE]).split())


def text(raw: str) -> str:
    """Return a text as it is.

    Raises:
        ValueError: it holds what can't be written, for a text is never changed.
    """
    if _UNWRITABLE.search(raw):
        raise ValueError("text holds half of a surrogate pair, or binary data")
    return raw


def record(fields: Mapping[str, object], default_title: str) -> CatalogueRecord:
    """Return the catalogue record in ``fields``; what is missing keeps the record's own default.

    A key is the name of a field or of the record's attribute. A list is one of texts or of mappings, or is given as one
    text, see :func:`corpora.catalogue.record_of`; its first :data:`MAX_ITEMS` items are kept.
    """
    held = {field.attribute: _held(field, fields) for field in RECORD_FIELDS}
    year = _YEAR.match(value(fields, "year") or value(fields, "date"))
    return record_of(held | {"title": held["title"] or default_title, "year": int(year[0]) if year else None})


def _held(field: CatalogueField, fields: Mapping[str, object]) -> object:
    raw = fields.get(field.attribute) or fields.get(field.name)
    if not field.many:
        return _line(raw)
    parts = field.parts
    if isinstance(raw, Mapping) and parts & raw.keys():
        raw = [raw]
    if not isinstance(raw, list):
        return _line(raw)
    return [
        {part: value(each, part) for part in parts}
        if isinstance(each, Mapping) and parts & each.keys()
        else _line(each)
        for each in raw[:MAX_ITEMS]
    ]


def work_id(fields: Mapping[str, object], default: str) -> str:
    """Return the work's id: ``fields["id"]``, else ``default`` with blanks made hyphens.

    Raises:
        ValueError: the id is not letters, digits, ``_``, ``.`` and ``-`` (at most 100).
    """
    identifier = value(fields, "id") or re.sub(r"[^\w.-]+", "-", default).strip("-")[:100]
    if not _ID.fullmatch(identifier) or not identifier.strip("."):
        raise ValueError(f"id {identifier[:40]!r} is not made of letters, digits, '_', '.' and '-' only")
    return identifier
