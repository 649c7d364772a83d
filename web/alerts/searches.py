"""The search of an address: what it asks for, and every place of it."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

from search.concordance import ConcordanceRequest
from search.library import Library
from search.model import Mode, SearchError, SearchRequest
from search.occurrences import Occurrences
from web.alerts.novelty import CONTEXT
from web.api.concordance import CONCORDANCE
from web.api.parameters import SEARCH_FORM, BadParameter, read
from web.presenting.urls import page_url

LONGEST = 4000
"""Characters of an address."""

_PLAIN = ConcordanceRequest("")

SavedRequest = SearchRequest | ConcordanceRequest


def asked_in(address: str) -> SavedRequest:
    """Return what an address of a page of results asks for, from its first result on.

    Raises:
        BadParameter: it is the address of none.
    """
    parts = urlsplit(address)
    if len(address) > LONGEST:
        raise BadParameter("search", "the address is too long")
    given = parse_qs(parts.query, keep_blank_values=True)
    if parts.path == "/search":
        asked: SavedRequest = replace(read(SEARCH_FORM, given, exact_names=False).request(), cursor="", facets=False)
    elif parts.path == "/concordance":
        asked = replace(read(CONCORDANCE, given, exact_names=False).request(), start=1, sample=0, seed=_PLAIN.seed)
    else:
        raise BadParameter("search", "no address of results")
    if not asked.q.strip():
        raise BadParameter("q", "nothing is asked for")
    return asked


def canonical(address: str) -> str:
    """Return an address in the one way in which it is kept.

    Raises:
        BadParameter: it is the address of no results.
    """
    return page_url(asked_in(address))


def places(held: Library, asked: SavedRequest) -> Occurrences:
    """Find every place of a search, in the order of place, with the context by which places are told apart.

    Of a search by meaning there are none: it finds what is alike, more or less, and always as much.

    Raises:
        SearchError: the query costs too much, or asks by meaning alone.
        SearchTimeout: it takes longer than the caller has allowed.
    """
    if isinstance(asked, SearchRequest) and asked.mode is Mode.SEMANTIC:
        raise SearchError("by-meaning")
    found = held.find(
        asked.q,
        scope=asked.scope,
        strict=asked.strict,
        filters=asked.filters,
        aliases=asked.expands,
        event=asked.event,
    )
    if isinstance(asked, ConcordanceRequest):
        found = asked.narrowed(found)
    return found.with_context(CONTEXT)
