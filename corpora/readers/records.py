"""Catalogue records from the metadata that a file carries itself: front matter, or the fields of a JSON object."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping

from corpora.model import CatalogueRecord

MAX_VALUE = 500
"""Characters of one metadata value that are kept."""

_TEXT_FIELDS = (
    "author",
    "dynasty",
    "category",
    "place",
    "language",
    "script",
    "edition",
    "licence",
    "source",
    "date",
)
_YEAR = re.compile(r"-?[0-9]{1,4}(?![0-9])")
_ID = re.compile(r"[\w.-]{1,100}")


def value(fields: Mapping[str, object], name: str) -> str:
    """A metadata value as one line of text; empty where it is missing or not a plain value."""
    raw = fields.get(name)
    if isinstance(raw, bool) or not isinstance(raw, str | int | float | datetime.date):
        return ""
    return " ".join(str(raw)[:MAX_VALUE].split())


def record(fields: Mapping[str, object], default_title: str) -> CatalogueRecord:
    """The catalogue record in ``fields``; what is missing keeps the record's own default."""
    texts = {name: text for name in _TEXT_FIELDS if (text := value(fields, name))}
    year = _YEAR.match(value(fields, "year") or value(fields, "date"))
    return CatalogueRecord(
        title=value(fields, "title") or default_title,
        year=int(year[0]) if year else None,
        **texts,
    )


def work_id(fields: Mapping[str, object], default: str) -> str:
    """The work's id: ``fields["id"]``, else ``default`` with blanks made hyphens.

    Raises ValueError where the id is not letters, digits, ``_``, ``.`` and ``-`` (at most 100).
    """
    identifier = value(fields, "id") or re.sub(r"[^\w.-]+", "-", default).strip("-")[:100]
    if not _ID.fullmatch(identifier) or not identifier.strip("."):
        raise ValueError(f"id {identifier[:40]!r} is not made of letters, digits, '_', '.' and '-' only")
    return identifier
