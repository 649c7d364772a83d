"""Addresses of pages: of what answers a request, and of the place where a hit is read."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import quote, urlencode

from corpora.catalogue import FILTERS
from search.addresses import Address
from search.collocates import CollocatesRequest
from search.concordance import ConcordanceRequest
from search.distribution import DistributionRequest
from search.keywords import KeywordsRequest
from search.model import Hit, SearchRequest, Why
from search.parallels.model import ParallelsRequest
from search.parallels.works import WorkParallelsRequest
from web.api.collocates import COLLOCATES
from web.api.concordance import CONCORDANCE
from web.api.distribution import DISTRIBUTION
from web.api.keywords import KEYWORDS
from web.api.parallels import PARALLELS, WORK_PARALLELS
from web.api.parameters import SEARCH_FORM, Parameters

_UNQUOTED = "-._~…，。、；：？！「」『』《》〈〉（）"
"""Characters that need no escape in an IRI, beside letters and digits."""


AnyRequest = SearchRequest | ConcordanceRequest | DistributionRequest | CollocatesRequest
_FORMS: dict[type[AnyRequest], tuple[str, type[Parameters]]] = {
    SearchRequest: ("/search", SEARCH_FORM),
    ConcordanceRequest: ("/concordance", CONCORDANCE),
    DistributionRequest: ("/distribution", DISTRIBUTION),
    CollocatesRequest: ("/collocates", COLLOCATES),
}
"""The page that answers a request, and its parameters."""


def arguments(request: AnyRequest) -> list[tuple[str, str]]:
    """Return the parameters that ask for something, as names and values; those that say nothing new are left out."""
    given = [("q", str(each)) for each in _values(request.q)]
    for name, field in _FORMS[type(request)][1].model_fields.items():
        value = request.filters.get(name, ()) if name in FILTERS else getattr(request, name)
        if name != "q" and value != field.default:
            given += [(name, _written(each)) for each in _values(value)]
    return given


def _values(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else (value,)


def page_url(request: AnyRequest) -> str:
    """Return the address of the page that answers a request, below the application's root."""
    return f"{_FORMS[type(request)][0]}?{urlencode(arguments(request))}"


ComparingRequest = ParallelsRequest | WorkParallelsRequest | KeywordsRequest
"""A request that holds texts against each other."""
_COMPARING: dict[type[ComparingRequest], tuple[str, type[Parameters]]] = {
    ParallelsRequest: ("/parallels", PARALLELS),
    WorkParallelsRequest: ("/parallels/works", WORK_PARALLELS),
    KeywordsRequest: ("/keywords", KEYWORDS),
}
_ATTRIBUTES = {"with": "among", "likeness": "likenesses"}
"""The attributes of such requests that bear another name than their parameters."""


def comparing_arguments(request: ComparingRequest) -> list[tuple[str, str]]:
    """Return the parameters of a request that ask for something, as names and values."""
    form = _COMPARING[type(request)][1]
    values = {name: getattr(request, _ATTRIBUTES.get(name, name)) for name in form.model_fields}
    return [
        (name, _written(each))
        for name, field in form.model_fields.items()
        if values[name] is not None and values[name] != field.default
        for each in _values(values[name])
    ]


def comparing_url(request: ComparingRequest) -> str:
    """Return the address of the page that answers such a request, below the application's root."""
    asked = urlencode(comparing_arguments(request))
    return f"{_COMPARING[type(request)][0]}{'?' if asked else ''}{asked}"


def carried(request: SearchRequest, hit: int = 0) -> str:
    """Return the search as the addresses of what it found carry it, for the way back; empty if there was none.

    ``hit`` is the number of the hit to come back to.
    """
    if not request.q:
        return ""
    return urlencode([*arguments(replace(request, facets=False)), *([("hit", hit)] if hit else [])])


def hit_id(number: int) -> str:
    """Return the id of a hit on its page of results."""
    return f"h-{number}"


def reading_url(hit: Hit, search: str = "") -> str:
    """Return the address where a hit is read, below the application's root; ``search`` is what it carries.

    Of a passage that is only alike it says the range, so that there the same is marked as here.
    """
    place: dict[str, int | str] = {"at": hit.start}
    if stretch := nearest(hit):
        place = {"at": hit.start + stretch[0], "to": hit.start + stretch[1]}
    elif hit.highlights:
        place = {"at": hit.start + hit.highlights[0][0]}
    if not hit.matched:
        place["passage"] = f"{hit.start}-{hit.start + len(hit.text)}"
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
    return hit.nearest_passage_range if {Why.WORDS, Why.MEANING, Why.DATE} >= set(hit.why) else None


def _written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
