"""``/search``: passages that say what is asked for, or mean it."""

from __future__ import annotations

from flask import request

from search.model import SearchResponse
from web.access import library
from web.api.openapi import Operation
from web.api.parameters import SEARCH, Search
from web.api.schemas import Answer, Explanation, Hit
from web.presenting.urls import carried, reading_url
from web.serving.timing import stage


def answer(found: SearchResponse, root: str = "") -> Answer:
    """Return what a search found; ``root`` stands before the addresses of hits."""
    search = carried(found.request)
    return Answer.of(
        found,
        query=found.request.q,
        hits=[Hit.of(hit, url=root + reading_url(hit, search)) for hit in found.hits],
        previous=found.previous or None,
        next=found.next or None,
        took_ms=round(found.took_ms, 3),
        explanations=[Explanation(code=code, detail=detail) for code, detail in found.explanations],
    )


def search(asked: Search) -> Answer:
    """Answer a search."""
    held = library()
    with stage("search"):
        found = held.search(asked.request())
    with stage("rendering"):
        return answer(found, request.script_root)


OPERATION = Operation(
    name="search",
    path="/search",
    summary="Search the passages",
    parameters=SEARCH,
    answer=Answer,
    run=search,
)
