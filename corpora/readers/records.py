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
_LANGUAGES = ("zh-hant", "zh-tw", "zh-hk", "lzh", "zh", "zh-hans", "zh-cn")
_YEAR = re.compile(r"-?[0-9]{1,4}(?![0-9])")
_ID = re.compile(r"[\w.-]{1,100}")
_UNWRITABLE = re.compile("[\0\ud800-\udfff]")
"""What neither a file in UTF-8 nor every database can hold; JSON and YAML can name it all the same."""


def value(fields: Mapping[str, object], name: str) -> str:
    """A metadata value as one line of text; empty where it is missing or not a plain value.

    Of a mapping from languages to values the Chinese one is taken, in traditional characters if there is a choice. What
    can't be written becomes U+FFFD.
    """
    raw = fields.get(name)
    if isinstance(raw, Mapping):
        languages = {str(language).lower().replace("_", "-"): each for language, each in raw.items()}
        raw = next((languages[each] for each in _LANGUAGES if languages.get(each)), next(iter(raw.values()), ""))
    if isinstance(raw, bool) or not isinstance(raw, str | int | float | datetime.date):
        return ""
    return " ".join(_UNWRITABLE.sub("\ufffd", str(raw)[:MAX_VALUE]).split())


def text(raw: str) -> str:
    """A text as it is.

    Raises ValueError where it holds what can't be written, for a text is never changed.
    """
    if _UNWRITABLE.search(raw):
        raise ValueError("text holds half of a surrogate pair, or binary data")
    return raw


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
