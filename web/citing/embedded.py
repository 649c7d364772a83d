"""References inside pages, for programs such as Zotero that take them from there.

COinS is what they read wherever there is one, on pages with one reference and in lists; Dublin Core stands in the head
of a page about one work, for all other machines. See https://www.zotero.org/support/dev/exposing_metadata.
"""

from __future__ import annotations

from urllib.parse import urlencode

from corpora.crosswalks import dublin_core
from web.citing.references import Reference, csl_data

_BOOK = "info:ofi/fmt:kev:mtx:book"


def coins(reference: Reference) -> str:
    """Return a reference as a context object of OpenURL (Z39.88-2004), for the title of a ``span.Z3988``."""
    data = csl_data(reference, reference.page)
    given = [
        ("ctx_ver", "Z39.88-2004"),
        ("rft_val_fmt", _BOOK),
        ("rft.genre", "book"),
        ("rft_id", data["URL"]),
        ("rft.btitle", data["title"]),
        ("rft.title", data["title"]),
        *(("rft.au", each["literal"]) for each in data.get("author", data.get("editor", ()))),
        ("rft.volume", data.get("volume", "")),
        ("rft.edition", data.get("edition", "")),
        ("rft.pages", data.get("page", "")),
        ("rft.date", str(data["issued"]["date-parts"][0][0]) if "issued" in data else ""),
        ("rft.isbn", data.get("ISBN", "")),
        ("rft.language", data["language"]),
    ]
    return urlencode([(name, value) for name, value in given if value], errors="replace")


def dublin_core_elements(reference: Reference) -> list[tuple[str, str]]:
    """Return the names and contents of a page's ``meta`` elements; its address is an identifier beside the others."""
    found = [(f"DC.{name}", value) for name, value in dublin_core(reference.record)]
    return [*found, ("DC.identifier", reference.url), ("DC.type", "Text")]
