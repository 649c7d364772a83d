"""Marks as the Web Annotation Data Model (W3C, 2017) has them, in JSON-LD.

The source of a target is the page of its section; the passage is selected by its words with what stands around them,
and by its place in the section's text, in code points, which is where it was when it was marked, or is now.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from web.marginalia.placing import PlacedMark
from web.presenting.urls import section_url

MEDIA_TYPE = 'application/ld+json; profile="http://www.w3.org/ns/anno.jsonld"'
CONTEXT = "http://www.w3.org/ns/anno.jsonld"


def collection(marks: Sequence[PlacedMark], identity: str, label: str, root: str) -> dict[str, Any]:
    """Return marks as a collection of one page; ``identity`` is its address, ``root`` that of the site."""
    return {
        "@context": CONTEXT,
        "id": identity,
        "type": "AnnotationCollection",
        "label": label,
        "total": len(marks),
        "first": {
            "id": f"{identity}#first",
            "type": "AnnotationPage",
            "startIndex": 0,
            "items": [annotation(each, root) for each in marks],
        },
    }


def annotation(placed: PlacedMark, root: str) -> dict[str, Any]:
    """Return one mark."""
    mark, place = placed.mark, placed.place
    section = place.number if place else mark.address.section
    start = place.start if place else mark.address.start
    end = place.end if place else mark.address.start + mark.address.length
    body = [{"type": "TextualBody", "value": mark.colour.value, "purpose": "tagging"}]
    if mark.note:
        body.append({"type": "TextualBody", "value": mark.note, "format": "text/plain", "purpose": "commenting"})
    return {
        "@context": CONTEXT,
        "id": f"{root}/shelf/notes/{mark.id}",
        "type": "Annotation",
        "motivation": "commenting" if mark.note else "highlighting",
        "created": _moment(mark.created.isoformat()),
        "modified": _moment(mark.changed.isoformat()),
        "body": body,
        "target": {
            "source": root + section_url(mark.work, section),
            "selector": [
                {"type": "TextQuoteSelector", "exact": mark.text, "prefix": mark.before, "suffix": mark.after},
                {"type": "TextPositionSelector", "start": start, "end": end},
            ],
        },
    }


def _moment(written: str) -> str:
    """Return a moment in the form that the model asks for (xsd:dateTime in UTC)."""
    return written.replace("+00:00", "Z")
