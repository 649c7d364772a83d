"""All formats of works, by their names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from web.taking.works import epub, plain, tei
from web.taking.works.edition import Edition

Parts = Callable[[], Iterator[bytes]]
"""A function to the parts of a file, one a section; they may be gone through more than once."""


@dataclass(frozen=True, slots=True)
class WorkFormat:
    """A format: its name, the suffix of its files, their media type, what makes a part, and a file of all parts."""

    name: str
    suffix: str
    media_type: str
    section: Callable[[Edition, int], bytes]
    whole: Callable[[Edition, Parts], Iterator[bytes]]


WORK_FORMATS = {
    each.name: each
    for each in (
        WorkFormat("text", "txt", "text/plain", plain.section, plain.whole),
        WorkFormat("tei", "xml", "application/tei+xml", tei.section, tei.whole),
        WorkFormat("epub", "epub", "application/epub+zip", epub.section, epub.horizontal),
        WorkFormat("epub-vertical", "epub", "application/epub+zip", epub.section, epub.vertical),
    )
}


def taken(edition: Edition, form: WorkFormat) -> Iterator[bytes]:
    """Yield a work as a file."""
    return form.whole(edition, lambda: (form.section(edition, at) for at in range(edition.card.sections)))
