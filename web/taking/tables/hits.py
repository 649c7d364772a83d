"""Results of a search as a table: the passages in their order, whole."""

from __future__ import annotations

from dataclasses import replace

from search.library import LARGEST_LIMIT, Library
from search.model import Hit, SearchRequest, SearchResponse
from web.presenting.rendering import one_line
from web.presenting.urls import address_url, arguments, page_url
from web.taking.provenance import licence_of, provenance
from web.taking.table import Cell, Table

MOST_HITS = LARGEST_LIMIT
"""Passages of a table; whoever wants every place takes the lines of the concordance."""
COLUMNS = (
    *("work", "title", "dynasty", "author", "year", "section", "section_title", "page", "start", "end"),
    *("why", "text", "address", "url", "licence"),
)


def table(held: Library, asked: SearchRequest, root: str) -> Table:
    """Return the first passages that a search finds, below the site's address ``root``."""
    whole = replace(asked, cursor="", limit=MOST_HITS, facets=False)
    return table_of(held.search(whole), replace(asked, cursor=""), root)


def table_of(found: SearchResponse, asked: SearchRequest, root: str) -> Table:
    """Return what was found as a table."""
    about = provenance(
        asked.q,
        [each for each in arguments(asked) if each[0] != "limit"],
        {hit.work.id: hit.work for hit in found.hits}.values(),
        root + page_url(asked),
        found.generation,
        passages=found.total.passages,
        occurrences=found.total.occurrences,
        alike=found.total.alike,
        at_least=found.total.at_least,
        lines=len(found.hits),
    )
    return Table("search", about, COLUMNS, (_row(hit, root) for hit in found.hits))


def _row(hit: Hit, root: str) -> tuple[Cell, ...]:
    record = hit.work.record
    return (
        *(hit.work.id, record.title, record.dynasty, record.author, record.year),
        *(hit.section_number, hit.section, hit.page, hit.start, hit.start + len(hit.text)),
        *(" ".join(hit.why), one_line(hit.text), str(hit.address), root + address_url(hit.address)),
        licence_of(hit.work),
    )
