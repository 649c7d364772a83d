"""XML made with lxml: elements of whatever text, and a document that is handed on while it is written."""

from __future__ import annotations

from lxml import etree

from web.taking.characters import in_xml


def element(tag: str, /, *content: etree._Element | str, **attributes: str) -> etree._Element:
    """Return an element with some content; ``_`` stands for ``-`` in names of attributes, and may go before one.

    >>> etree.tostring(element("p", "甲", element("b", "乙"), n="1"), encoding="unicode")
    '<p n="1">甲<b>乙</b></p>'
    """
    made = etree.Element(tag, {key.lstrip("_").replace("_", "-"): in_xml(value) for key, value in attributes.items()})
    for each in content:
        append(made, each)
    return made


def append(parent: etree._Element, content: etree._Element | str) -> None:
    """Add content behind all that an element has."""
    if not isinstance(content, str):
        parent.append(content)
    elif len(parent):
        parent[-1].tail = (parent[-1].tail or "") + in_xml(content)
    else:
        parent.text = (parent.text or "") + in_xml(content)


class XmlPieces:
    """A file that a document is written to, and from which what is there is taken meanwhile."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, piece: bytes) -> int:
        """Take what is written."""
        self._pieces.append(piece)
        return len(piece)

    def taken(self) -> bytes:
        """Return what was written since this was called last."""
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)
