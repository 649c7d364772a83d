"""A distribution as a table for spreadsheets, below a row that says what it is of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from search.distribution import PER, Distribution, DistributionRow
from web.presenting.provenance import provenance, provenance_row


def told(found: Distribution) -> dict[str, object]:
    """Return what a distribution is of, with the totals."""
    return provenance(
        found.request,
        found.generation,
        total=list(map(str, found.total.counts)),
        characters=found.total.characters,
        at_least=any(found.at_least),
    )


def sheet(found: Distribution) -> Iterator[Sequence[str]]:
    """Yield a row of provenance, the names of the columns, all groups, and their sum."""
    yield provenance_row(told(found))
    names = found.request.terms
    yield [
        *(str(found.request.group), "label", "characters"),
        *names,
        *(f"{name} / {PER}" for name in names),
    ]
    for row in found.rows:
        yield _cells(row.value, row)
    yield _cells("total", found.total)


def _cells(value: str, row: DistributionRow) -> list[str]:
    relative = (f"{each:.4f}" for each in row.frequencies)
    return [value, row.label, str(row.characters), *map(str, row.counts), *relative]
