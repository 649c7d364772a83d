"""The Atom feed (RFC 4287) of a saved search: an entry for each place that was new."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from xml.etree import ElementTree

from web.alerts.news import NewPlace
from web.places import titled
from web.presenting.rendering import one_line, printable
from web.presenting.urls import address_url

MEDIA_TYPE = "application/atom+xml"
MOST = 100
"""Entries of a feed, the latest first."""
_ATOM = "http://www.w3.org/2005/Atom"
_XML = "{http://www.w3.org/XML/1998/namespace}"
ElementTree.register_namespace("", _ATOM)


@dataclass(frozen=True, slots=True)
class FeedHead:
    """What a feed says of itself: ``identity`` is its id for ever, ``own`` its address, ``page`` the search's."""

    identity: str
    title: str
    author: str
    own: str
    page: str
    created: datetime


def atom(head: FeedHead, root: str, news: Sequence[NewPlace]) -> bytes:
    """Return the feed as a document; ``root`` is the site's address.

    An entry has the permanent address of its place as its id and its link, so that it is one and the same however often
    the feed is read, and is dated by when it was found.
    """
    feed = ElementTree.Element(f"{{{_ATOM}}}feed")
    _add(feed, "id", head.identity)
    _add(feed, "title", head.title)
    _add(feed, "updated", max((each.at for each in news), default=head.created).isoformat())
    _add(_add(feed, "author"), "name", head.author)
    _add(feed, "link", rel="self", type=MEDIA_TYPE, href=head.own)
    _add(feed, "link", rel="alternate", type="text/html", href=head.page)
    seen: set[str] = set()
    for each in news:
        url = root + address_url(each.address)
        if url in seen:  # it was new, went, and was new in other surroundings
            continue
        seen.add(url)
        entry = _add(feed, "entry")
        named = titled(each.place.title, each.place.section)
        _add(entry, "id", url)
        _add(entry, "title", f"{named} {each.place.page}".strip())
        _add(entry, "updated", each.at.isoformat())
        _add(entry, "link", rel="alternate", type="text/html", href=url)
        said = f"{each.left}【{one_line(each.place.text)}】{each.right}"
        content = _add(entry, "content", said, type="text")
        content.set(f"{_XML}lang", f"zh-{each.place.card.record.script}")
    return bytes(ElementTree.tostring(feed, "utf-8", xml_declaration=True))


def _add(parent: ElementTree.Element, name: str, text: str = "", **attributes: str) -> ElementTree.Element:
    child = ElementTree.SubElement(parent, f"{{{_ATOM}}}{name}", attributes)
    if text:
        child.text = printable(text)
    return child
