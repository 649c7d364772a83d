"""Readings of characters in pinyin, without tones: which characters a syllable may be, and how letters make syllables.

The readings are those of pypinyin (MIT), whose table is read as data: to import the library takes a second.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from importlib.util import find_spec
from itertools import islice, product
from pathlib import Path
from unicodedata import normalize

import numpy as np

from corpora.readers.encodings import likelihood
from indexer.text.folding import folded_each
from search.words.aliases import names

MOST_SYLLABLES = 6
"""Syllables of a text in letters at most; longer ones are no names."""
_MOST_CUTS = 3
_TONES = re.compile("[\u0300\u0301\u0304\u0306\u030c]|(?<=[a-z\u0308])[1-5]")
_PARTED = re.compile("[a-z]+(?:['’ -]+[a-z]+)*")
_VOWEL = re.compile("[aeiouv]")
_RARELY = 3.0
"""What a reading that is not a character's first takes from the logarithm of its probability."""
_IDEOGRAPH = range(0x3400, 0x323B0)


def plain(text: str) -> str:
    """Return a text in small letters without tones; ü is v.

    >>> plain("Huìníng fǔ"), plain("lü4")
    ('huining fu', 'lv')
    """
    return _TONES.sub("", normalize("NFD", text.strip().lower())).replace("u\u0308", "v")


@cache
def _table() -> dict[int, str]:
    """Return what pypinyin's table says of each ideograph: its readings with tones, between commas."""
    pypinyin = find_spec("pypinyin")  # found, not imported
    folders = pypinyin and pypinyin.submodule_search_locations
    assert folders
    table = json.loads(Path(folders[0], "pinyin_dict.json").read_text("utf-8"))
    return {int(code): said for code, said in table.items() if int(code) in _IDEOGRAPH}


def spoken(character: str) -> tuple[str, ...]:
    """Return the readings of a character with their tones, the most usual first; none where they are not known.

    >>> spoken("黑"), spoken("〓")
    (('hēi',), ())
    """
    return tuple(filter(None, _table().get(ord(character), "").split(",")))


@cache
def _readings() -> dict[str, tuple[str, ...]]:
    """Return the readings of each folded character."""
    rows = list(_table().items())
    folded = folded_each(np.array([code for code, _ in rows], np.uint32)).tolist()
    found: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for code, (_, said) in zip(folded, rows, strict=True):
        if code:
            spoken = (each for each in map(plain, said.split(",")) if _VOWEL.search(each))
            found[chr(code)].update(dict.fromkeys(spoken))
    return {char: tuple(said) for char, said in found.items()}


@cache
def _by_syllable() -> dict[str, list[str]]:
    found: defaultdict[str, list[str]] = defaultdict(list)
    for char, said in _readings().items():
        for syllable in said:
            found[syllable].append(char)
    return found


@lru_cache(512)
def characters(syllable: str) -> tuple[str, ...]:
    """Return the folded characters that are read so, the most usual first; those of which it is no rare reading."""

    def usual(char: str) -> float:
        return likelihood(char) - _RARELY * (readings(char)[0] != syllable)

    return tuple(sorted(_by_syllable().get(syllable, ()), key=usual, reverse=True))


def readings(character: str) -> tuple[str, ...]:
    """Return the readings of a folded character."""
    return _readings().get(character, ())


def cuts(text: str) -> list[tuple[str, ...]]:
    """Return the ways to cut a text into syllables, the fewest syllables first; none where it is no pinyin.

    >>> cuts("xian")
    [('xian',), ('xi', 'an')]
    >>> cuts("Hui ning-fu"), cuts("capital of Jin")
    ([('hui', 'ning', 'fu')], [])
    """
    letters = plain(text)
    if not _PARTED.fullmatch(letters):
        return []
    parts = [list(islice(_cut(part), 2 * _MOST_CUTS)) for part in re.findall("[a-z]+", letters)[: MOST_SYLLABLES + 1]]
    whole = (tuple(syllable for part in each for syllable in part) for each in islice(product(*parts), 50))
    return sorted((each for each in whole if len(each) <= MOST_SYLLABLES), key=len)[:_MOST_CUTS]


def _cut(letters: str) -> Iterator[tuple[str, ...]]:
    """Yield the ways to cut letters, those with longer syllables first."""
    if not letters:
        yield ()
    for end in range(min(6, len(letters)), 0, -1):
        if letters[:end] in _by_syllable():
            for rest in islice(_cut(letters[end:]), 2 * _MOST_CUTS):
                yield (letters[:end], *rest)


@cache
def _names() -> dict[str, list[str]]:
    """Return the names that have other names, folded, by how they are read."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for name in names():
        for said in islice(product(*(readings(char) for char in name)), 4):
            found["".join(said)].append(name)
    return found


def names_read(syllables: Sequence[str]) -> list[str]:
    """Return the names that have other names, folded, that are read so."""
    return _names().get("".join(syllables), [])
