"""The content of a citation in any format: a place by its permanent address, the work's record, when it was read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from corpora.catalogue import CatalogueRecord
from corpora.crosswalks import CLASSICAL, csl
from corpora.responsibility import AUTHOR, relator_of
from search.addresses import Address

_CHINESE = (CLASSICAL, "zh")
_SERIES = ("全書", "叢書", "叢刊", "薈要", "大典", "集成")
"""The names of series end so."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A cited place. ``section`` is the title of its section; ``url`` leads there; ``accessed`` is when it was read.

    Identifiers, editors and others who are responsible, and the edition are those of the work's ``record``.
    """

    address: Address
    record: CatalogueRecord
    section: str
    url: str
    accessed: date

    @property
    def document(self) -> tuple[str, int]:
        """The work and the section: places in one section are cited as one document."""
        return self.address.work, self.address.section

    @property
    def page(self) -> str:
        """The label of the page on which the place begins; empty where the edition has none."""
        return self.address.page


@dataclass(frozen=True, slots=True)
class Mark:
    """A raised mark in the text: the reference's number, and the page where the list doesn't have it."""

    number: int
    page: str = ""

    def __str__(self) -> str:
        return f"[{self.number}]{self.page}"


@dataclass(frozen=True, slots=True)
class Numbered:
    """Citations numbered by first use (顺序编码制).

    Attributes:
        marks: one for each cited place, in their order.
        documents: by number from 1, the first place that is cited of each document, and its page, which is empty where
            the document's pages differ and stand at the marks (10.1.3 of GB/T 7714-2015).
    """

    marks: tuple[Mark, ...]
    documents: tuple[tuple[Reference, str], ...]


def numbered(cited: Sequence[Reference]) -> Numbered:
    """Number what is cited: a document that is cited again keeps its number."""
    documents: dict[tuple[str, int], list[Reference]] = {}
    for reference in cited:
        documents.setdefault(reference.document, []).append(reference)
    numbers = {document: number for number, document in enumerate(documents, start=1)}
    one_page = {document: len({each.page for each in places}) == 1 for document, places in documents.items()}
    marks = tuple(Mark(numbers[each.document], "" if one_page[each.document] else each.page) for each in cited)
    listed = tuple((places[0], places[0].page if one_page[document] else "") for document, places in documents.items())
    return Numbered(marks, listed)


def csl_data(reference: Reference, page: str) -> dict[str, Any]:
    """Return a reference as data of CSL; what is unknown is left out.

    The catalogue's year is that of composition. Of a modern work it is taken for the year of publication; an old one
    was printed in another, which the catalogue does not know. The edition of an old book that is named by its series
    alone is called 本, as scholars do. Who is responsible beside authors stands in ``note`` with what they did.
    """
    accessed, record = reference.accessed, reference.record
    title = record.title
    made = csl(record)
    if record.language != CLASSICAL and "original-date" in made:
        made["issued"] = made.pop("original-date")
    if record.language == CLASSICAL and record.edition.endswith(_SERIES):
        made["edition"] = f"{record.edition}本"
    placed = {
        "volume": "" if reference.section == title else reference.section,
        "page": page,
        "URL": reference.url,
        "accessed": {"date-parts": [[accessed.year, accessed.month, accessed.day]]},
        "note": "；".join(_others(record)),
        "language": "zh-CN" if record.language in _CHINESE else record.language,
    }
    return {**made, "type": "book", **{name: value for name, value in placed.items() if value}}


def _others(record: CatalogueRecord) -> Iterator[str]:
    """Yield who is responsible beside authors, with what they did; nobody where there are no authors."""
    if not any(relator_of(each.role) is AUTHOR for each in record.responsibilities):
        return
    for each in record.responsibilities:
        if relator_of(each.role) is not AUTHOR:
            dynasty = (each.dynasty or record.dynasty) if record.language == CLASSICAL else ""
            yield f"{f'〔{dynasty}〕' if dynasty else ''}{each.name}，{each.role}"
