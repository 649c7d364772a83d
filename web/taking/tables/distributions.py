"""A distribution as a table: all groups, and their sum."""

from __future__ import annotations

from collections.abc import Iterator

from search.distribution import PER, Distribution, DistributionRequest, DistributionRow
from search.library import Library
from web.presenting.urls import arguments, page_url
from web.taking.provenance import provenance
from web.taking.table import Cell, Table, number


def table(held: Library, asked: DistributionRequest, root: str) -> Table:
    """Return how words are distributed, below the site's address ``root``."""
    return table_of(held, held.distribution(asked), root)


def table_of(held: Library, found: Distribution, root: str) -> Table:
    """Return what was found as a table."""
    asked = found.request
    works, _ = held.searched(asked)
    about = provenance(
        list(asked.q),
        arguments(asked),
        works,
        root + page_url(asked),
        found.generation,
        total=list(map(str, found.total.counts)),
        characters=found.total.characters,
        at_least=any(found.at_least),
    )
    names = asked.terms
    columns = (str(asked.group), "label", "characters", *names, *(f"{name} / {PER}" for name in names))
    return Table("distribution", about, columns, _rows(found))


def _rows(found: Distribution) -> Iterator[tuple[Cell, ...]]:
    for row in found.rows:
        yield _cells(row.value, row)
    yield _cells("total", found.total)


def _cells(value: str, row: DistributionRow) -> tuple[Cell, ...]:
    return (value, row.label, row.characters, *row.counts, *map(number, row.frequencies))
