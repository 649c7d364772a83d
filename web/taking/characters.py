"""Characters that a file can't hold: what may come from any text is made writable, and nothing else is changed."""

from __future__ import annotations

import re

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
_SURROGATES = re.compile("[\ud800-\udfff]")
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def encodable(text: str) -> str:
    """Return the text with a replacement for each lone surrogate, which is no character."""
    return _SURROGATES.sub(REPLACEMENT, text)


def in_xml(text: str) -> str:
    """Return the text with a replacement for each character that XML 1.0 does not allow."""
    return _NOT_XML.sub(REPLACEMENT, text)
