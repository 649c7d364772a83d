"""Identifiers of a work in schemes known elsewhere, such as ISBN, DOI, CBETA or a call number."""

from __future__ import annotations

import re
from dataclasses import dataclass

from corpora.marc import Marc


@dataclass(frozen=True, slots=True)
class Scheme:
    """A scheme of identifiers; ``uri`` stands before a value in Dublin Core, and is empty where the value has it."""

    name: str
    uri: str
    marc: Marc
    csl: str = ""
    others: tuple[str, ...] = ()


SCHEMES = (
    Scheme("ISBN", "urn:ISBN:", Marc("020"), "ISBN"),
    Scheme("ISSN", "urn:ISSN:", Marc("022"), "ISSN"),
    Scheme("DOI", "doi:", Marc("024", indicators="7 ", scheme="doi"), "DOI"),
    Scheme("ARK", "", Marc("024", indicators="7 ", scheme="ark")),
    Scheme("CBETA", "CBETA:", Marc("024", indicators="8 ")),
    Scheme("Kanripo", "Kanripo:", Marc("024", indicators="8 ")),
    Scheme("索書號", "索書號:", Marc("852", "h", "8 "), "call-number", ("索书号",)),
)
_SCHEMES = {name.casefold(): scheme for scheme in SCHEMES for name in (scheme.name, *scheme.others)}
_SCHEMED = re.compile(rf"({'|'.join(map(re.escape, _SCHEMES))})\s*[:：\s]\s*(.+)", re.IGNORECASE)


def scheme_of(name: str) -> Scheme:
    """Return the scheme of a name; an unknown one is written as it is, and goes where numbers of no known source do."""
    return _SCHEMES.get(name.casefold()) or Scheme(name, f"{name}:" if name else "", Marc("024", indicators="8 "))


@dataclass(frozen=True, slots=True)
class Identifier:
    """An identifier of a work elsewhere: a scheme, such as ISBN, and a value in it."""

    scheme: str
    value: str

    def __str__(self) -> str:
        return f"{self.scheme} {self.value}".strip()


def identifiers(text: str) -> tuple[Identifier, ...]:
    """Read identifiers such as ``ISBN 7-101-00318-1；ark:/12148/x``; what names no known scheme is a value alone."""
    found = []
    for part in filter(None, map(str.strip, text.split("；"))):
        if match := _SCHEMED.fullmatch(part):
            scheme = scheme_of(match[1])
            found.append(Identifier(scheme.name, match[2] if scheme.uri else part))
        else:
            found.append(Identifier("", part))
    return tuple(found)
