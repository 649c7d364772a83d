"""Completions of what is being typed: titles, names, and how the texts themselves go on.

All are of the works that the library shows: what a closed work alone has is never proposed. A phrase goes on as its
places in the texts do, of which a hundred are looked at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cache
from weakref import WeakKeyDictionary

from corpora.aliases import aliases
from indexer.text.folding import fold
from search.library import Library
from search.model import SearchError

LONGEST = 20
"""Characters that are completed; a longer text is a sentence."""
MOST = 8
_LEAST = 2
"""The characters of a phrase that is looked for in the texts."""
_PLACES = 100
_FURTHEST = 4
"""By how many characters a phrase is continued at most."""
_OFTEN = 2
_SHARE = 0.6
"""A phrase of which so much goes on in one way is continued that way."""
_MOST_NAMES = 4
_MOST_KEPT = 1000
_KEPT: WeakKeyDictionary[Library, dict[str, tuple[str, ...]]] = WeakKeyDictionary()
"""What was found, by library: a view of it is another one, and a new generation begins anew."""


def completions(library: Library, typed: str) -> tuple[str, ...]:
    """Return what begins with some characters, in any script: titles, then names, then phrases.

    Raises:
        SearchTimeout: it takes longer than the caller has allowed (:mod:`search.deadline`).
    """
    typed = typed.strip()
    start = fold(typed)
    if not start or len(typed) > LONGEST or len(start) != len(typed):
        return ()
    kept = _KEPT.setdefault(library, {})
    if typed not in kept:
        if len(kept) >= _MOST_KEPT:
            kept.clear()
        found = (*_titles(library, start), *_names(library, start), *_phrases(library, typed))
        kept[typed] = tuple({fold(each): each for each in found if fold(each) != start}.values())[:MOST]
    return kept[typed]


def _titles(library: Library, start: str) -> Iterator[str]:
    titles = dict.fromkeys(card.record.title for card in library.works())
    begun = [title for title in titles if fold(title).startswith(start)]
    yield from begun
    yield from (title for title in titles if title not in begun and start in fold(title) and len(start) >= _LEAST)


def _names(library: Library, start: str) -> Iterator[str]:
    """Yield the people responsible for works, and names with aliases that stand in the texts."""
    authors = dict.fromkeys(each.name for card in library.works() for each in card.record.responsibilities)
    yield from (name for name in authors if fold(name).startswith(start))
    if len(start) >= _LEAST:
        known = [name for name, folded in _aliases() if folded.startswith(start)]
        yield from (name for name in known[:_MOST_NAMES] if _stands(library, name))


@cache
def _aliases() -> tuple[tuple[str, str], ...]:
    """Return the names with aliases, each as written and folded."""
    names = dict.fromkeys(name for alias in aliases() for name in (alias.name, alias.other))
    return tuple((name, fold(name)) for name in names)


def _phrases(library: Library, typed: str) -> Iterator[str]:
    """Yield how a phrase goes on in the texts, the commonest first; none is the beginning of another."""
    if len(typed) < _LEAST:
        return
    try:
        found = library.find(f'"{typed}"').with_context(_FURTHEST + 1)  # to know whether it goes on there
    except SearchError:
        return
    counts = Counter[str]()
    for place in found.sample(_PLACES, seed=1):
        begun, follows = ("".join(each.split()) for each in (place.text, place.right))  # a line may end between
        counts.update(begun + follows[:length] for length in range(1, len(follows) + 1) if follows[:length].isalpha())
    shown: list[str] = []
    for phrase, count in counts.most_common():
        if count < _OFTEN or len(shown) == MOST:
            break
        if len(phrase) > len(typed) + _FURTHEST or phrase.startswith(tuple(shown)):
            continue
        if not any(count * _SHARE <= other for each, other in counts.items() if each[:-1] == phrase):
            shown.append(phrase)
    yield from shown


def _stands(library: Library, name: str) -> bool:
    try:
        return bool(len(library.find(f'"{name}"')))
    except SearchError:
        return False
