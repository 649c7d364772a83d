"""The facsimile beside the text: which image each page has, and what is boxed on it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from flask import abort, render_template, request
from pydantic import BeforeValidator, Field

from corpora.model import Canvas, Page, Region, Section
from search.library import Library
from search.model import ImageCount, SearchError, SectionView, page_of
from search.ranges import merged
from web.access import library
from web.api.parameters import MAX_VALUE, Parameters, read, whole
from web.pages import asked_for, blueprint
from web.pages.selecting import paging
from web.policy import ImageHosts, allow, host_of, hosts_of
from web.presenting.urls import section_url

LISTED = 500
"""Pages without an image that are listed at once."""
_NONE = Canvas()


class MissingParameters(Parameters):
    """What is asked of the list of pages without an image."""

    work: Annotated[str, Field(max_length=MAX_VALUE)] = ""
    start: Annotated[int, Field(strict=True, ge=1, le=10**9), BeforeValidator(whole)] = 1


@dataclass(frozen=True, slots=True)
class MissingRequest:
    """A page of the list of a work's pages that have no image."""

    work: str
    start: int = 1
    limit: int = LISTED


@dataclass(frozen=True, slots=True)
class OfferedFacsimile:
    """What the reading page says of images: how many the work has and the section, and where its script asks."""

    work: ImageCount
    section: ImageCount
    url: str


def offered(held: Library, view: SectionView) -> OfferedFacsimile | None:
    """Return what the reading page of a section says of images, and allow it to load them; None without any."""
    count = held.images(view.work.id)
    if not count.images:
        return None
    pages = view.section.pages
    allow(_hosts(pages))
    here = ImageCount(len(pages), sum(bool(page.facsimile) for page in pages))
    return OfferedFacsimile(count, here, f"/facsimile/{quote(view.work.id)}/{view.number}")


def _hosts(pages: Iterable[Page]) -> ImageHosts:
    canvases = [page.canvas for page in pages if page.canvas]
    return hosts_of((each.image for each in canvases), (each.service for each in canvases))


@blueprint.get("/facsimile/<path:work>/<int:number>")
def facsimile(work: str, number: int) -> dict[str, Any]:
    """Return the images of a section's pages for the script beside the text, and what the search finds on them."""
    asked = asked_for()
    held = library()
    try:
        view = held.section(work, number, asked.q, asked.strict, asked.scope, asked.expands)
    except KeyError:
        abort(404)
    except SearchError:
        view = held.section(work, number)
    at, to = (request.args.get(name, type=int) for name in ("at", "to"))
    pointed = [(at, to)] if at is not None and to is not None else []
    return {"leaves": _leaves(view.section, [*view.highlights, *pointed])}


def _leaves(section: Section, found: list[tuple[int, int]]) -> list[dict[str, Any]]:
    """Return what is known of the image of each page: boxes of words, and of those words that are found."""
    hosts = _hosts(section.pages)
    wanted = merged(found)
    ends = [end for _, end in wanted]

    def is_found(region: Region) -> bool:
        nearest = bisect_right(ends, region.start)
        return nearest < len(wanted) and wanted[nearest][0] < region.end

    words: list[list[Region]] = [[] for _ in section.pages]
    for region in section.regions:
        words[region.page].append(region)
    return [
        {
            "start": page.start,
            "label": page.label,
            "address": page.facsimile,
            "image": canvas.image if host_of(canvas.image) in hosts.images else "",
            "service": canvas.service if host_of(canvas.service) in hosts.services else "",
            "width": canvas.width,
            "height": canvas.height,
            "words": [_box(each) for each in boxes],
            "found": [_box(each) for each in boxes if is_found(each)],
        }
        for page, boxes in zip(section.pages, words, strict=True)
        for canvas in [page.canvas or _NONE]
    ]


def _box(region: Region) -> tuple[int, int, int, int]:
    return region.x, region.y, region.width, region.height


@blueprint.get("/facsimile")
def missing_images() -> str:
    """List the pages of a work of which there is no image."""
    asked = MissingRequest(**read(MissingParameters, dict(request.args.lists()), exact_names=False).model_dump())
    held = library()
    try:
        card, sections, titles = held.card(asked.work), held.pages(asked.work), held.contents(asked.work)
    except KeyError:
        abort(404)
    count = held.images(asked.work)
    missing = tuple(
        (titles[number], page.label, section_url(asked.work, number, at=page.start) + "#hit")
        for number, pages in enumerate(sections)
        for page in pages
        if count.images and not page.facsimile
    )
    listed = page_of(missing, asked)
    return render_template(
        "missing_images.html",
        card=card,
        count=count,
        first=asked.start,
        last=asked.start + len(listed) - 1,
        missing=len(missing),
        grouped=[(title, list(rows)) for title, rows in groupby(listed, key=lambda row: row[0])],
        paging=paging(asked.start, asked.limit, len(missing), lambda start: _missing_url(asked.work, start)),
    )


def _missing_url(work: str, start: int) -> str:
    return f"/facsimile?{urlencode({'work': work, **({'start': start} if start > 1 else {})})}"
