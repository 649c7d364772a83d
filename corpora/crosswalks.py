"""Catalogue records in other formats: Dublin Core, MARC 21 and CSL. What goes where is declared with each field.

MARC follows the Library of Congress's Dublin Core to MARC crosswalk (unqualified;
https://www.loc.gov/marc/dccross.html). Names stand in 720, for a record does not tell persons from bodies, and there is
no main entry. Relator codes are those of https://www.loc.gov/marc/relators/, CSL's variables those of its specification
1.0.2, elements of Dublin Core those of its element set 1.1.
"""

from __future__ import annotations

from typing import Any

from corpora.catalogue import RECORD_FIELDS, CatalogueRecord
from corpora.identifiers import Identifier, scheme_of
from corpora.marc import DataField, Marc
from corpora.responsibility import AUTHOR, Responsibility, relator_of

CLASSICAL = "lzh"
"""The language of works whose authors are named with their dynasty in references."""


def dublin_core(record: CatalogueRecord) -> tuple[tuple[str, str], ...]:
    """Return the elements of Dublin Core with their values, in the order of the catalogue's fields."""
    found: list[tuple[str, str]] = []
    for named in record.responsibilities:
        found.append(("creator" if relator_of(named.role) is AUTHOR else "contributor", named.name))
    for number in record.identifiers:
        found.append(("identifier", scheme_of(number.scheme).uri + number.value))
    for field in RECORD_FIELDS:
        if field.dublin_core:
            found += ((field.dublin_core, value) for value in field.stated(record))
    return tuple(dict.fromkeys(found))


def marc(record: CatalogueRecord) -> tuple[DataField, ...]:
    """Return the data fields of a MARC 21 bibliographic record, by tag."""
    found = [_name(each) for each in record.responsibilities] + [_number(each) for each in record.identifiers]
    for field in RECORD_FIELDS:
        if field.marc:
            found += (_data_field(field.marc, value) for value in field.stated(record))
    if record.statement:
        found = [_with(each, "c", record.statement) if each.tag == "245" else each for each in found]
    return tuple(sorted(found, key=lambda each: each.tag))


def csl(record: CatalogueRecord) -> dict[str, Any]:
    """Return the variables of CSL that the record fills.

    Names are literal, as Chinese ones are printed; in a classical work each has its dynasty before it, as GB/T 7714
    wants. Where nobody is an author or an editor, anyone else named is given as the author.
    """
    names: dict[str, list[dict[str, str]]] = {}
    for each in record.responsibilities:
        dynasty = (each.dynasty or record.dynasty) if record.language == CLASSICAL else ""
        literal = f"〔{dynasty}〕{each.name}" if dynasty else each.name
        names.setdefault(relator_of(each.role).csl, []).append({"literal": literal})
    if names and not names.keys() & {"author", "editor"}:
        names["author"] = names.pop(next(iter(names)))
    numbers = {scheme_of(each.scheme).csl: each.value for each in reversed(record.identifiers)}
    texts = {field.csl: "；".join(field.stated(record)) for field in RECORD_FIELDS if field.csl and field.kind is str}
    dates = {
        field.csl: {"date-parts": [[int(year)]]}
        for field in RECORD_FIELDS
        if field.csl and field.kind is int
        for year in field.stated(record)
    }
    return {variable: value for variable, value in {**texts, **names, **numbers, **dates}.items() if variable and value}


def _name(named: Responsibility) -> DataField:
    role = (("e", named.role),) if named.role else ()
    return DataField("720", "  ", (("a", named.name), *role, ("4", relator_of(named.role).code)))


def _number(identifier: Identifier) -> DataField:
    place = scheme_of(identifier.scheme).marc
    found = _data_field(place, identifier.value)
    is_unsaid = place.tag == "024" and not place.scheme and identifier.scheme
    return _with(found, "q", identifier.scheme) if is_unsaid else found


def _data_field(place: Marc, value: str) -> DataField:
    scheme = (("2", place.scheme),) if place.scheme else ()
    return DataField(place.tag, place.indicators, ((place.code, value), *scheme))


def _with(field: DataField, code: str, value: str) -> DataField:
    return DataField(field.tag, field.indicators, (*field.subfields, (code, value)))
