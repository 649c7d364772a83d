"""References to one or many places, in every style and format: a page, and files for programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from flask import Response, abort, jsonify, make_response, render_template, request
from flask.typing import ResponseReturnValue

from search.addresses import Address, Standing
from search.library import Library
from search.model import SearchError, SectionView
from web.access import library
from web.api.parameters import MAX_VALUE, BadParameter
from web.citing import setup
from web.citing.embedded import coins
from web.citing.exchange import FORMATS
from web.citing.layout import printed
from web.citing.references import Reference
from web.pages import asked_for, blueprint
from web.pages.citing import referred, whole
from web.presenting import labels
from web.presenting.rendering import flowing
from web.presenting.urls import arguments

MOST = 1000
"""Places that one answer refers to."""
_LONGEST_SELECTION = 5000
"""Characters of a selection that are given back with its reference."""
_TEXT = "text"


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is to be cited, how many of it are not there, and the fields that ask for it again."""

    references: tuple[Reference, ...]
    gone: int
    fields: tuple[tuple[str, str], ...]


@blueprint.route("/cite", methods=["GET", "POST"])
def cite() -> ResponseReturnValue:
    """Show references, or give them as a file; it changes nothing, and may be posted for there may be many."""
    try:
        asked = _asked(library())
    except SearchError as failure:
        return make_response(render_template("cite.html", error=labels.search_error(failure)), 400)
    style = setup.chosen()
    given = request.args.get("format", "") or request.form.get("format", "")
    if given in FORMATS:
        made = FORMATS[given]
        return _file(made.write(asked.references), made.media_type, made.suffix)
    texts = [printed(each, style) for each in asked.references]
    if given == _TEXT:
        return _file("".join(f"{text}\n" for text in texts), "text/plain; charset=utf-8", "txt")
    page = render_template(
        "cite.html",
        asked=asked,
        cited=[(text, coins(each)) for text, each in zip(texts, asked.references, strict=True)],
        style=style,
        styles=setup.styles().by_key.values(),
        formats=(*FORMATS, _TEXT),
        method=request.method.lower(),
    )
    response = make_response(page)
    if request.args.get("style") == style.key or request.form.get("style") == style.key:
        setup.remember(response, style)
    return response


@blueprint.get("/cite/selection")
def cite_selection() -> Response:
    """Return the words of a place without the edition's line breaks, and their reference, for the clipboard."""
    held = library()
    address = _address(request.args.get("address", "")[:MAX_VALUE])
    found = held.locate(address)
    if found.standing is Standing.GONE:
        abort(404)
    view = held.section(address.work, found.section)
    words = flowing(view.section.text, found.start, min(found.end, found.start + _LONGEST_SELECTION)).strip()
    reference = _referred(view, found.start, found.end)
    return jsonify(words=words, reference=printed(reference, setup.chosen()), url=reference.url)


def _asked(held: Library) -> _Asked:
    addresses = request.values.getlist("address")
    if len(addresses) > MOST:
        raise BadParameter("address", f"more than {MOST}")
    if addresses:
        found = list(_located(held, [_address(written) for written in addresses]))
        references = tuple(each for each in found if each)
        return _Asked(references, len(found) - len(references), tuple(("address", each) for each in addresses))
    if work := request.values.get("whole", ""):
        try:
            return _Asked((whole(held.card(work)),), 0, (("whole", work),))
        except KeyError:
            abort(404)
    asked = asked_for()
    if not asked.q.strip():
        return _Asked((), 0, ())
    hits = held.search(asked).hits
    references = tuple(referred(each.address, each.work, each.section) for each in hits)
    return _Asked(references, 0, tuple(arguments(asked)))


def _located(held: Library, addresses: list[Address]) -> Iterator[Reference | None]:
    """Yield the references to the places of some addresses, where they lead now; None for works that are not there."""
    section = lru_cache(maxsize=8)(held.section)
    for address in addresses:
        found = held.locate(address)
        if found.standing is Standing.GONE:
            yield None
        else:
            yield _referred(section(address.work, found.section), found.start, found.end)


def _referred(view: SectionView, start: int, end: int) -> Reference:
    """Return the reference to a range of a section, with its page as it is now."""
    section = view.section
    number = section.page_at(start)
    page = "" if number is None else section.pages[number].label
    address = Address(view.work.id, view.number, page, start, section.text[start:end])
    return referred(address, view.work, section.title)


def _address(written: str) -> Address:
    try:
        return Address.parse(written)
    except ValueError as failure:
        raise BadParameter("address", str(failure)) from None


def _file(content: str, media_type: str, suffix: str) -> Response:
    response = Response(content, content_type=media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="references.{suffix}"'
    return response
