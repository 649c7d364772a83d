"""Places and fields of a MARC 21 bibliographic record."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Marc:
    """A place in a record: tag, subfield, the two indicators, and what ``$2`` says of the value, if anything."""

    tag: str
    code: str = "a"
    indicators: str = "  "
    scheme: str = ""


@dataclass(frozen=True, slots=True)
class DataField:
    """A data field of a record; subfields are pairs of code and value, in order."""

    tag: str
    indicators: str
    subfields: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        subfields = "".join(f"${code}{value}" for code, value in self.subfields)
        return f"{self.tag} {self.indicators.replace(' ', '#')} {subfields}"
