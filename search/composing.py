"""A query for people who write no operators: what they fill into a form becomes text of the query language."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from unicodedata import normalize

from indexer.text.readings import fold_phrase
from search.query import DEFAULT_DISTANCE

SECTION = "section"
"""The distance of words that may be anywhere in one section."""
_PARTS = re.compile(r"[\s、，,；;]+")
_QUOTES = str.maketrans(dict.fromkeys('"＂', " "))
_OPERATORS = re.compile("AND|OR|NOT|NEAR|BEFORE")


@dataclass(frozen=True, slots=True)
class Composition:
    """What is wanted. Words are parted by blanks or commas, a phrase is one whatever is in it.

    ``every`` word, the ``phrase``, which with ``slip`` may differ by a character, ``some`` of the words, and ``none``
    of them. ``one`` and ``other`` stand near each other, within ``distance`` characters or in one :data:`SECTION`, and
    where ``ordered``, in this order. ``value`` is part of the catalogue's ``field``.
    """

    every: str = ""
    phrase: str = ""
    slip: bool = False
    some: str = ""
    none: str = ""
    one: str = ""
    other: str = ""
    distance: str = str(DEFAULT_DISTANCE)
    ordered: bool = False
    field: str = "title"
    value: str = ""

    def query(self) -> str:
        """Return the query; empty where nothing is wanted.

        >>> Composition(every="完顏 宗翰", some="上京，會寧", none="NOT", field="title", value="金史").query()
        '完顏 宗翰 (上京 OR 會寧) NOT "NOT" title:金史'
        >>> Composition(phrase="上京會寧府", slip=True, one="太祖", other="會寧", distance="5", ordered=True).query()
        '"上京會寧府"~ 太祖 BEFORE/5 會寧'
        """
        return " ".join(filter(None, self._parts()))

    def _parts(self) -> Iterator[str]:
        yield from _words(self.every)
        if fold_phrase(self.phrase):
            yield _quoted(self.phrase) + "~" * self.slip
        if some := list(_words(self.some)):
            yield f"({' OR '.join(some)})" if len(some) > 1 else some[0]
        near = [_plain(each) for each in (self.one, self.other) if fold_phrase(each)]
        yield f" {'BEFORE' if self.ordered else 'NEAR'}/{self.distance} ".join(near) if len(near) > 1 else "".join(near)
        yield from (f"NOT {each}" for each in _words(self.none))
        if fold_phrase(self.value):
            yield f"{self.field}:{_plain(self.value)}"


def _words(text: str) -> Iterator[str]:
    return (_plain(each) for each in _PARTS.split(text) if fold_phrase(each))


def _plain(text: str) -> str:
    """Return a word or a phrase as it has to be written so that nothing in it is an operator."""
    text = text.strip()
    is_operator = _OPERATORS.fullmatch(normalize("NFKC", text))
    return text if text.isalnum() and not is_operator else _quoted(text)


def _quoted(text: str) -> str:
    return f'"{text.translate(_QUOTES).strip()}"'
