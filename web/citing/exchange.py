"""References in the formats that programs for references read: CSL JSON, BibTeX (with biblatex's fields), RIS."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import rispy

from web.citing.references import Reference, csl_data

_LATEX = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\textbraceleft{}",  # BibTeX counts braces, escaped ones too
        "}": r"\textbraceright{}",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
        **{each: rf"\{each}" for each in "&%$#_"},
    }
)
_VERBATIM = str.maketrans({each: f"%{ord(each):02X}" for each in " {}\\"})
"""A URL stands as it is; what would end its field is quoted."""
_UNNAMED = re.compile(r"[^0-9A-Za-z.:+-]+")
_MOST_IN_ID = 80
_ROLES = ("author", "editor", "translator")


@dataclass(frozen=True, slots=True)
class ExchangeFormat:
    """A format: its media type, how its files' names end, and what writes it."""

    media_type: str
    suffix: str
    write: Callable[[Sequence[Reference]], str]


def csl_json(references: Sequence[Reference]) -> str:
    """Return references as CSL JSON."""
    return json.dumps([{"id": key, **data} for key, data in _named(references)], ensure_ascii=False, indent=2) + "\n"


def bibtex(references: Sequence[Reference]) -> str:
    """Return references as BibTeX in UTF-8: ``@book`` with the fields of biblatex."""
    return "\n".join(_entry(key, data) for key, data in _named(references))


def ris(references: Sequence[Reference]) -> str:
    """Return references as RIS."""
    return str(rispy.dumps([_record(key, data) for key, data in _named(references)]))


FORMATS = {
    "csl-json": ExchangeFormat("application/vnd.citationstyles.csl+json", "json", csl_json),
    "bibtex": ExchangeFormat("application/x-bibtex; charset=utf-8", "bib", bibtex),
    "ris": ExchangeFormat("application/x-research-info-systems; charset=utf-8", "ris", ris),
}
"""The formats by their names in addresses."""


def _named(references: Sequence[Reference]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield each reference as data of CSL on single lines, with a key that no other has."""
    given: dict[str, int] = {}
    for each in references:
        place = each.address
        parts = (place.work, place.section, place.page, place.start) if each.section or each.page else (place.work,)
        key = _UNNAMED.sub("-", ".".join(map(str, filter(lambda part: part != "", parts))))[:_MOST_IN_ID].strip("-")
        key = key or "work"
        given[key] = given.get(key, 0) + 1
        data = {name: " ".join(held.split()) if isinstance(held, str) else held for name, held in _data(each).items()}
        yield (key if given[key] == 1 else f"{key}.{given[key]}x"), data


def _data(reference: Reference) -> dict[str, Any]:
    return csl_data(reference, reference.page)


def _names(data: dict[str, Any], role: str) -> list[str]:
    return [" ".join(each["literal"].split()) for each in data.get(role, ())]


def _year(data: dict[str, Any], variable: str) -> str:
    return str(data[variable]["date-parts"][0][0]) if variable in data else ""


def _day(data: dict[str, Any]) -> str:
    year, month, day = data["accessed"]["date-parts"][0]
    return f"{year:04}-{month:02}-{day:02}"


def _entry(key: str, data: dict[str, Any]) -> str:
    # A name in braces of its own is one that is not to be taken apart.
    names = {role: " and ".join(f"{{{name.translate(_LATEX)}}}" for name in _names(data, role)) for role in _ROLES}
    texts = {
        "title": data["title"],
        "volume": data.get("volume", ""),
        "edition": data.get("edition", ""),
        "date": _year(data, "issued"),
        "origdate": _year(data, "original-date"),
        "pages": data.get("page", ""),
        "isbn": data.get("ISBN", ""),
        "doi": data.get("DOI", ""),
        "keywords": data.get("keyword", ""),
        "note": data.get("note", ""),
        "langid": "chinese",
        "urldate": _day(data),
    }
    fields = {name: value.translate(_LATEX) for name, value in texts.items()} | {
        "url": data["URL"].translate(_VERBATIM)
    }
    lines = [f"  {name} = {{{value}}}," for name, value in (names | fields).items() if value]
    return "\n".join([f"@book{{{key},", *lines, "}"]) + "\n"


def _record(key: str, data: dict[str, Any]) -> dict[str, Any]:
    made = {
        "type_of_reference": "BOOK",
        "id": key,
        "title": data["title"],
        "authors": _names(data, "author"),
        "secondary_authors": _names(data, "editor"),
        "subsidiary_authors": _names(data, "translator"),
        "volume": data.get("volume", ""),
        "edition": data.get("edition", ""),
        "year": _year(data, "issued"),
        "original_publication": _year(data, "original-date"),
        "start_page": data.get("page", ""),
        "issn": data.get("ISBN", ""),  # SN is the ISBN of a book
        "doi": data.get("DOI", ""),
        "keywords": [data["keyword"]] if "keyword" in data else [],
        "notes": [data["note"]] if "note" in data else [],
        "language": data["language"],
        "urls": [data["URL"]],
        "access_date": _day(data).replace("-", "/"),
    }
    return {name: value for name, value in made.items() if value}
