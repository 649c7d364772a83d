"""Pages of a search, one after another, as a reader turns them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from search.library import Library
from search.model import SearchRequest, SearchResponse


def pages(library: Library, request: SearchRequest) -> Iterator[SearchResponse]:
    """Every page from the one that is asked for to the last."""
    while True:
        page = library.search(request)
        yield page
        if not page.next:
            return
        request = replace(request, cursor=page.next)
