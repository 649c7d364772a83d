"""The catalogue: what it says of a work, and one declaration for each of its fields.

An attribute of :class:`CatalogueRecord` bears the declaration of its field; :data:`FIELDS` collects them. Queries,
filters, facets, pages, the endpoint, the command line, manifests, files' own metadata and citations take names, labels
and values from here, so that a field is added by adding an attribute. :mod:`corpora.crosswalks` applies the mappings to
other formats.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, is_dataclass, replace
from dataclasses import field as attribute
from dataclasses import fields as attributes
from itertools import chain
from operator import attrgetter
from typing import Annotated, Any, Protocol, get_args, get_origin, get_type_hints

from corpora.identifiers import Identifier, identifiers
from corpora.marc import Marc
from corpora.responsibility import Responsibility, responsibilities, statement


@dataclass(frozen=True, slots=True)
class Localized:
    """A text in Chinese and in English."""

    zh: str
    en: str


def _listed(text: str) -> tuple[str, ...]:
    return tuple(filter(None, map(str.strip, text.replace("；", "、").split("、"))))


_PARSERS: dict[type, Callable[[str], tuple[Any, ...]]] = {
    Responsibility: responsibilities,
    Identifier: identifiers,
    str: _listed,
}
"""Parsers of a list's items where they are given as one text."""
_TEXTS: dict[type, Callable[[Any], str]] = {
    Responsibility: attrgetter("name"),
    Identifier: attrgetter("value"),
    str: str,
}
"""The value of a list's item in filters and facets."""


class Entry(Protocol):
    """A work as the catalogue lists it."""

    @property
    def id(self) -> str:
        """The work's id."""

    @property
    def collection(self) -> str:
        """The id of the collection that it belongs to."""

    @property
    def record(self) -> CatalogueRecord:
        """What is said of it."""


@dataclass(frozen=True, slots=True)
class CatalogueField:
    """The declaration of a field.

    Attributes:
        name: in queries, addresses, answers and files.
        label: what pages call it.
        names: in queries, beside ``name``; a field without any can't be asked for in a query.
        facet: whether its values are counted and offered; such a field is a filter, too.
        filter: whether an address may name accepted values.
        path: whether a value, accepted by a filter, takes those below it, too (史部 takes 史部/正史類).
        shown: whether pages show it with the record.
        choices: the only values that a manifest may give.
        dublin_core: the element of Dublin Core 1.1.
        marc: the place in MARC 21.
        csl: the variable of CSL.
        held: where a work's entry has it, see ``operator.attrgetter``.
        titled: where an entry has what readers see for the value, if not the value.
        kind: the type of the value, or of each where ``many``.
    """

    name: str
    label: Localized
    names: tuple[str, ...] = ()
    facet: bool = False
    filter: bool = False
    path: bool = False
    shown: bool = True
    choices: tuple[str, ...] = ()
    dublin_core: str = ""
    marc: Marc | None = None
    csl: str = ""
    held: str = ""
    titled: str = ""
    kind: type = str
    many: bool = False
    _get: Callable[[Entry], object] = attribute(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_get", attrgetter(self.held or "record"))

    @property
    def attribute(self) -> str:
        """The attribute of the record that holds it; empty where the record does not."""
        return self.held.removeprefix("record.") if self.held.startswith("record.") else ""

    @property
    def parts(self) -> frozenset[str]:
        """The names of an item's parts, where the items of a list have some."""
        return frozenset(each.name for each in attributes(self.kind)) if is_dataclass(self.kind) else frozenset()

    def values(self, entry: Entry) -> tuple[str, ...]:
        """Return the values that filters and facets use."""
        return self._texts(self._get(entry))

    def title(self, entry: Entry, value: str) -> str:
        """Return what readers see for a value."""
        return str(attrgetter(self.titled)(entry)) if self.titled else value

    def searched(self, entry: Entry) -> tuple[str, ...]:
        """Return the texts that a query looks in."""
        values = self.values(entry)
        return tuple(dict.fromkeys(chain(values, (self.title(entry, value) for value in values))))

    def stated(self, record: CatalogueRecord) -> tuple[str, ...]:
        """Return what a record says, each value as a text."""
        return self._texts(getattr(record, self.attribute))

    def _texts(self, held: Any) -> tuple[str, ...]:
        if self.many:
            return tuple(dict.fromkeys(map(_TEXTS[self.kind], held)))
        return () if held is None or held == "" else (str(held),)

    def text(self, record: CatalogueRecord) -> str:
        """Return what a page says of it; empty where nothing is known."""
        held = getattr(record, self.attribute)
        if self.kind is Responsibility:
            return statement(held)
        return "；".join(map(str, held if self.many else () if held is None else (held,)))


@dataclass(frozen=True, slots=True)
class CatalogueRecord:
    """The catalogue record of a work. Text is empty where nothing is known.

    ``category`` is a 四部 path such as ``史部/地理類``; ``language`` is ``lzh`` (classical) or ``zh`` (modern);
    ``script`` is ``Hant`` or ``Hans``; ``year`` (of composition) sorts by date and is None where unknown. Where no
    ``dynasty`` is given, it is that of the first responsibility.
    """

    title: Annotated[
        str,
        CatalogueField(
            "title", Localized("题名", "Title"), names=("题名", "題名", "书名", "書名"),
            dublin_core="title", marc=Marc("245", indicators="00"), csl="title",
        ),
    ]  # fmt: skip
    dynasty: Annotated[
        str,
        CatalogueField("dynasty", Localized("朝代", "Dynasty"), names=("朝代",), facet=True, dublin_core="date"),
    ] = ""
    responsibilities: Annotated[
        tuple[Responsibility, ...],
        CatalogueField("author", Localized("作者", "Author"), names=("作者", "责任者", "責任者"), facet=True),
    ] = ()
    category: Annotated[
        str,
        CatalogueField(
            "category", Localized("分类", "Class"), names=("分类", "分類"), facet=True, path=True,
            dublin_core="subject", marc=Marc("653", indicators=" 6"),
        ),
    ] = ""  # fmt: skip
    subjects: Annotated[
        tuple[str, ...],
        CatalogueField(
            "subject", Localized("主题", "Subject"), names=("主题", "主題"), facet=True,
            dublin_core="subject", marc=Marc("653", indicators=" 0"), csl="keyword",
        ),
    ] = ()  # fmt: skip
    place: Annotated[
        str,
        CatalogueField(
            "place", Localized("地点", "Place"), names=("地点", "地點"), dublin_core="coverage", marc=Marc("522")
        ),
    ] = ""
    date: Annotated[
        str,
        CatalogueField("date", Localized("年代", "Date"), dublin_core="date", marc=Marc("260", "c")),
    ] = ""
    year: Annotated[
        int | None,
        CatalogueField(
            "year",
            Localized("年份", "Year"),
            shown=False,
            dublin_core="date",
            marc=Marc("046", "k"),
            csl="original-date",
        ),
    ] = None
    edition: Annotated[
        str,
        CatalogueField("edition", Localized("版本", "Edition"), dublin_core="source", marc=Marc("250"), csl="edition"),
    ] = ""
    identifiers: Annotated[
        tuple[Identifier, ...],
        CatalogueField(
            "identifier", Localized("标识号", "Identifier"), names=("编号", "編號", "标识号", "標識號"), filter=True
        ),
    ] = ()
    language: Annotated[
        str,
        CatalogueField(
            "language", Localized("语言", "Language"), shown=False, choices=("lzh", "zh"), dublin_core="language",
            marc=Marc("041", indicators="07", scheme="rfc5646"), csl="language",
        ),
    ] = "lzh"  # fmt: skip
    script: Annotated[
        str,
        CatalogueField(
            "script", Localized("文字", "Script"), shown=False, choices=("Hant", "Hans"), marc=Marc("546", "b")
        ),
    ] = "Hant"
    licence: Annotated[
        str,
        CatalogueField("licence", Localized("许可", "Licence"), dublin_core="rights", marc=Marc("540")),
    ] = ""
    source: Annotated[
        str,
        CatalogueField("source", Localized("来源", "Source"), dublin_core="source", marc=Marc("786", "n", "0 ")),
    ] = ""

    def __post_init__(self) -> None:
        if not self.dynasty and self.responsibilities:
            object.__setattr__(self, "dynasty", self.responsibilities[0].dynasty)

    @property
    def author(self) -> str:
        """The names of all who are responsible."""
        return "、".join(each.name for each in self.responsibilities)

    @property
    def statement(self) -> str:
        """Who is responsible, with dynasty and role: 〔清〕西清 撰."""
        named = bool(self.responsibilities) and bool(self.responsibilities[0].dynasty)
        return f"{f'〔{self.dynasty}〕' if self.dynasty and not named else ''}{statement(self.responsibilities)}"


def _declared() -> Iterator[CatalogueField]:
    """Yield the fields of the record in the order of its attributes."""
    hints = get_type_hints(CatalogueRecord, include_extras=True)
    for each in attributes(CatalogueRecord):
        kind, declared = get_args(hints[each.name])
        many = get_origin(kind) is tuple
        inner = get_args(kind)[0] if many or get_args(kind) else kind
        yield replace(declared, held=f"record.{each.name}", kind=inner, many=many)


RECORD_FIELDS = tuple(_declared())
"""The fields that a record holds, and files and manifests give."""
FIELDS = {
    field.name: field
    for field in (
        CatalogueField(
            "collection", Localized("专题库", "Collection"), names=("专题", "專題"), facet=True, held="collection"
        ),
        CatalogueField(
            "work", Localized("著作", "Work"), names=("著作",), facet=True, held="id", titled="record.title"
        ),
        *RECORD_FIELDS,
    )
}
"""All fields by name, in the order in which facets and records show them."""
FACETS = tuple(field.name for field in FIELDS.values() if field.facet)
FILTERS = tuple(field.name for field in FIELDS.values() if field.facet or field.filter)
QUERIED = {spelling: field.name for field in FIELDS.values() if field.names for spelling in (field.name, *field.names)}
"""The field that each name in a query means."""


def record_of(data: Mapping[str, Any]) -> CatalogueRecord:
    """Return the record that plain data describe, such as what ``dataclasses.asdict`` makes of one.

    A key is the name of an attribute or of its field. A list may be given as one text, see :func:`responsibilities` and
    :func:`identifiers`. What is missing or empty keeps its default; other keys are passed over.
    """
    held: dict[str, Any] = {}
    for field in RECORD_FIELDS:
        given = data.get(field.attribute) or data.get(field.name)
        if field.many:
            held[field.attribute] = _items(field.kind, given)
        elif given not in (None, ""):
            held[field.attribute] = given
    return CatalogueRecord(**held)


def _items(kind: type, given: Any) -> tuple[Any, ...]:
    if isinstance(given, str):
        given = _PARSERS[kind](given)
    found: list[Any] = []
    for each in given or ():
        if isinstance(each, Mapping):
            found.append(kind(**each))
        elif isinstance(each, str) and kind is not str:
            found += _PARSERS[kind](each)
        else:
            found.append(each)
    return tuple(each for each in dict.fromkeys(found) if _TEXTS[kind](each))
