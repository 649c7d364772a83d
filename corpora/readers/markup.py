"""Markup within a line: what is syntax leaves the text, and what it says stays as spans over it.

Tags, comments, entities, link targets, ruby (``<ruby>會<rt>huì</rt></ruby>``, ``{會|huì}``) and descriptions of
characters (``⿰王文``, ``[金*本]``, ``&CB00178;``) are resolved, in plain text as in Markdown. What only looks like
markup, such as ``<史記>``, ``a < b`` or ``{甲|乙}``, is text. Whether a number is that of a note is for
:mod:`corpora.readers.notes`.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from html.entities import html5

from corpora.model import Span, SpanKind
from corpora.readers import gaiji

HAN = "\u2e80-\u2fdf\u3005-\u3007\u3400-\u9fff\ue000-\ufaff\U00020000-\U000323af\U000f0000-\U0010fffd〓□"
"""Characters that stand in a text as ideographs do, as the inside of a class of a regular expression."""

_INLINE = {
    "a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "code", "data", "del", "dfn", "em", "font", "i", "ins",
    "kbd", "label", "mark", "nobr", "q", "rb", "ruby", "s", "samp", "small", "span", "strike", "strong", "sub", "sup",
    "time", "tt", "u", "var", "wbr",
}  # fmt: skip
_BLOCK = {
    "address", "article", "aside", "blockquote", "body", "br", "caption", "center", "col", "colgroup", "dd",
    "details", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1", "h2", "h3", "h4", "h5",
    "h6", "header", "hr", "html", "li", "main", "nav", "ol", "p", "pre", "section", "summary", "table", "tbody", "td",
    "tfoot", "th", "thead", "tr", "ul",
}  # fmt: skip
_EMPTY = {"area", "base", "img", "input", "link", "meta", "source", "track"}
_DROPPED = ("script", "style", "head", "title", "template", "noscript")
"""Elements whose words are not the text's."""
_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
_SYNTAX = re.compile(
    r"(?P<comment><!--)"
    r"|<(?P<address>https?://[^<>\s]{1,500})>"
    r"|(?P<tag></?(?P<name>[A-Za-z][A-Za-z0-9:_-]{0,30})(?P<attributes>\s[^<>]{0,500})?/?>)"
    r"|&(?P<entity>#?[A-Za-z0-9][A-Za-z0-9+-]{0,30});"
    r"|\{(?P<base>[^{}|\n]{1,12})\|(?P<reading>[^{}|\n]{1,60})\}"
    r"|!?\[(?P<words>[^\[\]\n]{0,200})\]\((?P<target>[^()\s<>]{1,500})(?:\s\"[^\"\n]{0,200}\")?\)"
    rf"|\[(?P<composition>[{HAN}()]{{1,20}}(?:[-+*@/][{HAN}()]{{1,20}}){{1,8}})\]"
    rf"|(?P<description>[{gaiji.OPERATORS}])"
)
_CLOSING = re.compile(r"</([A-Za-z][A-Za-z0-9:_-]{0,30})\s{0,9}>")
_LINK_TARGET = re.compile(r"[#/.?]|[A-Za-z][A-Za-z0-9+.-]{0,20}:|[!-~]+\.[A-Za-z0-9]{1,8}(?:[#?/]|$)")
_READING = re.compile(
    r"[A-Za-z\u00c0-\u024f\u0300-\u030f\u1e00-\u1eff\u3041-\u30ff\u3105-\u312f0-9ˇˊˋ˙·'’ \u3000-]{1,60}"
)
_NOTE_NUMBER = re.compile(r"[\[［(（〔【]?[校注註]?[0-9０-９一二三四五六七八九十①-⑳*＊†‡a-z]{1,4}[\]］)）〕】]?")
_TAGS = re.compile(r"<[^<>]{0,500}>")
_ANY_HAN = re.compile(f"[{HAN}]")


@dataclass(frozen=True, slots=True)
class Marked:
    """A text without markup, the spans over it, and where headings begin, with their levels.

    ``moved`` are sorted pairs of offsets, in what was given and in the text, between which characters stand as they
    stood.
    """

    text: str
    spans: tuple[Span, ...]
    headings: tuple[tuple[int, int], ...]
    moved: tuple[tuple[int, int], ...]

    def place(self, offset: int) -> int:
        """Map an offset of the input to the text; where its character is gone, to what comes next."""
        at = bisect_right(self.moved, offset, key=lambda pair: pair[0]) - 1
        given, place = self.moved[at]
        following = self.moved[at + 1][1] if at + 1 < len(self.moved) else len(self.text)
        return min(place + offset - given, following)


def resolve(body: str, untouched: Sequence[tuple[int, int]] = (), slashes: bool = False) -> Marked:
    """Resolve the markup of a body into a text with spans.

    Args:
        body: lines, each closed by a line feed.
        untouched: sorted half-open ranges that are taken as they stand, such as blocks of code.
        slashes: whether ``[山/大]`` describes a character, as in CBETA's texts, or gives a choice of two.
    """
    resolver = _Resolver(body, slashes)
    at = 0
    for start, end in untouched:
        resolver.run(at, start)
        resolver.copy(start, end)
        at = end
    resolver.run(at, len(body))
    spans = sorted(resolver.spans, key=lambda span: (span.start, -span.end))
    return Marked("".join(resolver.parts), tuple(spans), tuple(resolver.headings), tuple(resolver.moved))


class _Resolver:
    """A body on its way to a text."""

    def __init__(self, body: str, slashes: bool) -> None:
        self.parts: list[str] = []
        self.spans: list[Span] = []
        self.headings: list[tuple[int, int]] = []
        self.moved: list[tuple[int, int]] = [(0, 0)]
        self._body = body
        self._slashes = slashes
        self._length = 0
        self._last = "\n"  # the last character of the text
        self._base = 0  # where the characters begin that the next reading belongs to
        self._closed: set[str] | None = None
        self._missing: set[str] = set()  # what has been looked for to the end of the body and not found

    def run(self, start: int, end: int) -> None:
        """Resolve a range of the body."""
        at = start
        while found := _SYNTAX.search(self._body, at, end):
            self.copy(at, found.start())
            at = self._take(found, end)
        self.copy(at, end)

    def copy(self, start: int, end: int) -> None:
        """Copy a range of the body unchanged."""
        if start < end:
            self.moved.append((start, self._length))
            self._add(self._body[start:end])

    def _add(self, text: str) -> None:
        if text:
            self.parts.append(text)
            self._length += len(text)
            self._last = text[-1]

    def _take(self, found: re.Match[str], end: int) -> int:
        """Take one piece of syntax, or its first character where it is none; return where to go on."""
        at = self._resolve(found, end)
        if at is None:
            at = found.start() + 1
            self.copy(found.start(), at)
        else:
            self.moved.append((at, self._length))
        return at

    def _resolve(self, found: re.Match[str], end: int) -> int | None:
        """Resolve one piece of syntax and return where to go on; None where it is text."""
        match found.lastgroup:
            case "comment":
                return self._after("-->", found.end(), end)
            case "entity":
                return self._entity(found["entity"]) and found.end()
            case "description":
                return self._description(found.start(), end)
            case "composition":
                if "/" in found["composition"] and not self._slashes:
                    return None
                self._character(gaiji.described(found["composition"]), found["composition"])
            case "reading":
                if not (_ANY_HAN.search(found["base"]) and _READING.fullmatch(found["reading"])):
                    return None
                start = self._length
                self.run(found.start("base"), found.end("base"))
                self._read(start, found["reading"])
            case "target":
                if not _LINK_TARGET.match(found["target"]):
                    return None
                self.run(found.start("words"), found.end("words"))
            case "address":
                pass
            case _:
                return self._tag(found, end)
        return found.end()

    def _after(self, closing: str, start: int, end: int) -> int | None:
        """Return where ``closing`` ends after ``start``. What is missing once is not looked for again."""
        if closing in self._missing:
            return None
        at = self._body.find(closing, start, end)
        if at < 0:
            self._missing.add(closing)
            return None
        return at + len(closing)

    def _entity(self, name: str) -> int | None:
        character = gaiji.numbered(name)
        if character is None:
            character = html5.get(f"{name};")
        if character is not None:
            self._add(" " if character in "\n\t" else character)
            return 1
        character = gaiji.named(name)
        if character is None:
            return None
        self._character(character, name)
        return 1

    def _description(self, start: int, end: int) -> int | None:
        stop = gaiji.description_end(self._body, start, end)
        if stop == start:
            return None
        self._character(gaiji.described(self._body[start:stop]), self._body[start:stop])
        return stop

    def _character(self, character: str, name: str) -> None:
        self.spans.append(Span(SpanKind.GAIJI, self._length, self._length + 1, name))
        self._add(character)

    def _read(self, start: int, reading: str) -> None:
        reading = " ".join(html.unescape(_TAGS.sub("", reading)).split())
        if start < self._length and reading:
            self.spans.append(Span(SpanKind.READING, start, self._length, reading))

    def _tag(self, found: re.Match[str], end: int) -> int | None:
        name = found["name"].lower()
        if not self._is_tag(name, found["attributes"] or ""):
            return None
        opens = not found["tag"].startswith("</")
        if name in _DROPPED and opens:
            return self._dropped(name, found.end(), end)
        if name in _BLOCK:
            if self._last != "\n":
                self._add("\n")
            if name in _HEADINGS and opens:
                self.headings.append((self._length, int(name[1])))
        elif name == "ruby":
            self._base = self._length
        elif opens and name in ("rt", "rp", "rtc"):
            stop = self._element_end(name, found.end(), end)
            if name != "rp":
                self._read(self._base, self._body[found.end() : stop])
                self._base = self._length
            return stop
        elif opens and name == "sup":
            return self._raised(found.end(), end)
        return found.end()

    def _dropped(self, name: str, start: int, end: int) -> int:
        """Return where an element ends whose words are no text; one that is never closed has none."""
        if name in self._missing:
            return start
        closing = re.compile(f"</{name}\\s{{0,9}}>", re.IGNORECASE).search(self._body, start, end)
        if closing is None:
            self._missing.add(name)
            return start
        return closing.end()

    def _is_tag(self, name: str, attributes: str) -> bool:
        """Return whether a candidate is a tag: an element of HTML, or one that the body closes or gives attributes."""
        if attributes.strip(" /") and "=" not in attributes:
            return False
        if name in _INLINE or name in _BLOCK or name in _EMPTY or name in _DROPPED or name in ("rt", "rp", "rtc"):
            return True
        if attributes.strip(" /") or "-" in name or ":" in name:
            return True
        if self._closed is None:
            self._closed = {closed.lower() for closed in _CLOSING.findall(self._body)}
        return name in self._closed

    def _element_end(self, name: str, start: int, end: int) -> int:
        """Return where the content of a short element ends: at its closing tag, else at the next tag."""
        stop = self._body.find(f"</{name}", start, min(end, start + 400))
        if stop < 0:
            stop = self._body.find("<", start, min(end, start + 400))
        return stop if stop >= 0 else start

    def _raised(self, start: int, end: int) -> int:
        """Resolve the number of a note in ``<sup>``; anything else in it is text."""
        stop = self._element_end("sup", start, end)
        words = html.unescape(_TAGS.sub("", self._body[start:stop])).strip()
        if stop == start or not _NOTE_NUMBER.fullmatch(words) or (self._last.isascii() and self._last.isalnum()):
            return start
        self.spans.append(
            Span(SpanKind.MARK, self._length, self._length + len(words), words.strip("[]［］()（）〔〕【】"))
        )
        self._add(words)
        return stop
