"""A search's answer as the JSON that programs get: the same from the endpoint and the command line."""

from __future__ import annotations

from typing import Any

from search.model import Hit, SearchResponse
from web.presenting.urls import carried, reading_url


def response_json(response: SearchResponse, root: str = "") -> dict[str, Any]:
    """The answer as plain data; ``root`` stands before the addresses of hits. All ranges are code points."""
    request, search = response.request, carried(response.request)
    return {
        "query": request.q,
        "total": {
            "passages": response.total.passages,
            "occurrences": response.total.occurrences,
            "alike": response.total.alike,
        },
        "hits": [_hit(hit, search, root) for hit in response.hits],
        "facets": {
            name: [
                {"value": each.value, "label": each.label, "count": each.count, "alike": each.alike} for each in values
            ]
            for name, values in response.facets.items()
        },
        "next": response.next or None,
        "took_ms": round(response.took_ms, 3),
        "expanded_names": list(response.expanded_names),
        "unknown_words": list(response.unknown_words),
        "has_close_match": response.has_close_match,
        "suggestions": [{"word": each.word, "classical": list(each.classical)} for each in response.suggestions],
        "explanations": [{"code": code, "detail": detail} for code, detail in response.explanations],
    }


def _hit(hit: Hit, search: str, root: str) -> dict[str, Any]:
    record = hit.work.record
    return {
        "id": hit.id,
        "score": hit.score,
        "matched": hit.matched,
        "why": [why.value for why in hit.why],
        "work": {"id": hit.work.id, "title": record.title, "author": record.author, "dynasty": record.dynasty},
        "section": hit.section,
        "page": hit.page,
        "facsimile": hit.facsimile,
        "text": hit.text,
        "excerpt": list(hit.excerpt),
        "highlights": [list(each) for each in hit.highlights],
        "notes": [list(each) for each in hit.notes],
        "nearest_passage_range": list(hit.nearest_passage_range) if hit.nearest_passage_range else None,
        "url": root + reading_url(hit, search),
    }
