"""Permanent addresses and citations on pages, and the route that follows an address."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from urllib.parse import quote, urlencode

from flask import abort, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue

from corpora.model import Section
from search.addresses import Address, Located, Standing
from search.model import SearchRequest, WorkCard
from web import site
from web.access import library
from web.citing import setup
from web.citing.embedded import coins, dublin_core_elements
from web.citing.layout import printed
from web.citing.references import Reference
from web.citing.styles import CitationStyle
from web.pages import blueprint
from web.presenting.urls import address_url, page_url, section_url


@dataclass(frozen=True, slots=True)
class Citation:
    """What a reader copies of a place: its permanent URL, and the reference that bears it.

    ``more_url`` leads to its other styles and formats; ``coins`` and ``elements`` are what programs read of it.
    """

    url: str
    text: str
    style: CitationStyle
    more_url: str
    coins: str
    elements: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Leaf:
    """A page of a section, or a line where the edition has no pages: its label, and its half-open range."""

    label: str
    start: int
    end: int


def citation(address: Address, work: WorkCard, section: str, page: str | None = None) -> Citation:
    """Return the citation of a place; ``page`` stands in for that of its address."""
    more = urlencode({"address": str(address)}, errors="replace")
    return _citation(referred(address, work, section), f"/cite?{more}", page)


def citation_of_work(work: WorkCard) -> Citation:
    """Return the citation of a whole work."""
    return _citation(whole(work), f"/cite?{urlencode({'whole': work.id})}")


def _citation(reference: Reference, more_url: str, page: str | None = None) -> Citation:
    style = setup.chosen()
    text = printed(reference, style, page)
    return Citation(reference.url, text, style, more_url, coins(reference), tuple(dublin_core_elements(reference)))


def referred(address: Address, work: WorkCard, section: str) -> Reference:
    """Return the reference to a place."""
    return Reference(address, work.record, section, site.root() + address_url(address), date.today())


def whole(work: WorkCard) -> Reference:
    """Return the reference to a whole work."""
    url = site.root() + f"/works/{quote(work.id)}"
    return Reference(Address(work.id, 0, "", 0, ""), work.record, "", url, date.today())


def leaf(section: Section, at: int) -> Leaf:
    """Return the page of a section on which a place is; the line of it where there are no pages."""
    text = section.text
    if not section.pages:
        end = text.find("\n", at)
        return Leaf("", text.rfind("\n", 0, at) + 1, len(text) if end < 0 else end)
    number = section.page_at(at)
    following = 0 if number is None else number + 1
    end = section.pages[following].start if following < len(section.pages) else len(text)
    if number is None:
        return Leaf("", 0, end)
    return Leaf(section.pages[number].label, section.pages[number].start, end)


def citation_at(work: WorkCard, number: int, section: Section, at: int | None, to: int | None) -> Citation:
    """Return the citation of what a reading page points at: a range, a page, or else the section."""
    if at is None or at >= len(section.text):
        held = leaf(section, 0)
        start, end, page = held.start, held.end, ""
    else:
        held = leaf(section, at)
        start, end = (at, min(to, len(section.text))) if to is not None and to > at else (held.start, held.end)
        page = held.label
    address = Address(work.id, number, held.label, start, section.text[start:end])
    return citation(address, work, section.title, page)


@blueprint.get("/at/<path:written>", merge_slashes=False)
def follow(written: str) -> ResponseReturnValue:
    """Follow a permanent address: to its place, or to a page that says what became of its words."""
    try:
        address = Address.parse(written)
    except ValueError:
        abort(404)
    held = library()
    found = held.locate(address)
    if found.standing is Standing.GONE:
        again = page_url(SearchRequest(q=address.ends[0]))
        return make_response(render_template("address.html", address=address, found=found, again=again), 404)
    view = held.section(address.work, found.section)
    url = _reading_url(address.work, found, view.section)
    if found.standing is Standing.SAME:
        return redirect(request.script_root + url)
    now = view.section.text[found.start : found.end]
    return render_template("address.html", address=address, found=found, view=view, url=url, now=now)


def _reading_url(work: str, found: Located, section: Section) -> str:
    """Return where a place is read, marked there unless it is a whole page."""
    held = leaf(section, found.start)
    marked: dict[str, int] = {"at": found.start}
    if (held.start, held.end) != (found.start, found.end):
        marked["to"] = found.end
    return section_url(work, found.section, "", **marked) + "#hit"
