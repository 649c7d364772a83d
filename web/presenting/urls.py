"""Addresses of pages: of a search, and of the place where a hit is read."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote, urlencode

from corpora.catalogue import FILTERS
from search.addresses import Address
from search.concordance import ConcordanceRequest
from search.model import Hit, SearchRequest, Why
from web.api.concordance import CONCORDANCE
from web.api.parameters import SEARCH_FORM, Parameters

_UNQUOTED = "-._~…，。、；：？！「」『』《》〈〉（）"
"""Characters that need no escape in an IRI, beside letters and digits."""


def search_arguments(request: SearchRequest) -> list[tuple[str, str]]:
    """Return the parameters that ask for a search, as names and values; those that say nothing new are left out."""
    return _arguments(SEARCH_FORM, request)


def concordance_arguments(request: ConcordanceRequest) -> list[tuple[str, str]]:
    """Return the parameters that ask for a concordance, as names and values; without those that say nothing new."""
    return _arguments(CONCORDANCE, request)


def _arguments(form: type[Parameters], request: SearchRequest | ConcordanceRequest) -> list[tuple[str, str]]:
    given = [("q", request.q)]
    for name, field in form.model_fields.items():
        value = request.filters.get(name, ()) if name in FILTERS else getattr(request, name)
        if name != "q" and value != field.default:
            given += [(name, _written(each)) for each in (value if isinstance(value, tuple) else (value,))]
    return given


def search_url(request: SearchRequest) -> str:
    """Return the address of a search's page, below the application's root."""
    return f"/search?{urlencode(search_arguments(request))}"


def concordance_url(request: ConcordanceRequest) -> str:
    """Return the address of a concordance's page, below the application's root."""
    return f"/concordance?{urlencode(concordance_arguments(request))}"


def carried(request: SearchRequest) -> str:
    """Return the search as the addresses of what it found carry it, for the way back; empty if there was none."""
    return urlencode(search_arguments(replace(request, facets=False))) if request.q else ""


def reading_url(hit: Hit, search: str = "") -> str:
    """Return the address where a hit is read, below the application's root; ``search`` is what it carries."""
    place: dict[str, int] = {"at": hit.start}
    if stretch := nearest(hit):
        place = {"at": hit.start + stretch[0], "to": hit.start + stretch[1]}
    elif hit.highlights:
        place = {"at": hit.start + hit.highlights[0][0]}
    return f"{section_url(hit.work.id, hit.section_number, search, **place)}#hit"


def section_url(work: str, number: int, search: str = "", **more: int | str) -> str:
    """Return the address of a section, below the application's root; ``search`` is what it carries."""
    asked = "&".join(part for part in (search, urlencode(more)) if part)
    return f"/read/{quote(work)}/{number}{'?' if asked else ''}{asked}"


def address_url(address: Address) -> str:
    """Return the permanent URL of an address, below the application's root, as people can read it.

    It is an IRI (RFC 3987): letters of any script stand as they are, and what could be taken for the URL's own marks,
    or has no shape, is quoted.
    """
    place = f"{address.section}/{_readable(address.written_page)}@{address.start}+{address.length}"
    return f"/at/{address.work}/{place}:{_readable(address.words)}"


def _readable(text: str) -> str:
    return "".join(
        char if char.isalnum() or char in _UNQUOTED else quote(char, safe="", errors="replace") for char in text
    )


def nearest(hit: Hit) -> tuple[int, int] | None:
    """Return the stretch of a hit that is nearest in meaning, where nothing more exact brought the hit here."""
    return None if {Why.EXACT, Why.FOLDED, Why.ALIAS} & set(hit.why) else hit.nearest_passage_range


def _written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
