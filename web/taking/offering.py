"""What pages offer to take away: an address a format, behind one button."""

from __future__ import annotations

from dataclasses import dataclass

from web.taking.formats.every import TABLE_FORMATS


@dataclass(frozen=True, slots=True)
class Offer:
    """A format, and the address of what a page shows in it."""

    format: str
    url: str


def offers(url: str) -> list[Offer]:
    """Return the addresses of what the page at ``url`` shows, below the application's root.

    >>> offers("/concordance?q=水")[0]
    Offer(format='csv', url='/concordance.csv?q=水')
    """
    path, mark, asked = url.partition("?")
    return [Offer(name, f"{path}.{name}{mark}{asked}") for name in TABLE_FORMATS]
