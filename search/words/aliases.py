"""Other names: a query for 完颜阿骨打 looks for 阿固達 too, as the Siku editors spelled him.

A phrase that holds a name with aliases becomes itself or the same phrase with the name exchanged. What is excluded
(``NOT``) stays as typed, and so does a phrase with wildcards. What is ranked by likeness stays as typed too: with the
other names added to it, pages were found less well on the development queries of eval.datasets.northeast and
eval.datasets.liaojin.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import accumulate, islice, pairwise, product
from typing import NamedTuple

from corpora.aliases import Alias, aliases
from indexer.text.folding import fold, fold_array
from indexer.text.streams import code_points
from search.query import And, Near, Or, Parsed, Phrase, Tree, Words
from search.words.lexicon import cut

MOST = 8
"""Phrases that one query is expanded by, all its names together."""
CLAN = "clan"


class Name(NamedTuple):
    """A name with aliases: a half-open range of a folded text, and the other names as spelled."""

    start: int
    end: int
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Expanded:
    """A query with the other names in it.

    ``tree`` is the tree with them; ``names`` are those exchanged for those typed.
    """

    tree: Tree
    names: tuple[str, ...] = ()


def expand(parsed: Parsed, aliases: bool = True) -> Expanded:
    """Expand a query by the other names that the program knows; unchanged where ``aliases`` is false.

    Raises AliasFailure where a file of names is not as it should be.
    """
    return names().expand(parsed) if aliases else Expanded(parsed.tree)


class Names:
    """Aliases by name, in every script at once."""

    def __init__(self, rows: Iterable[Alias]) -> None:
        others: defaultdict[str, dict[str, str]] = defaultdict(dict)
        clans: set[str] = set()
        for row in rows:
            name, other = fold(row.name), fold(row.other)
            if name != other:
                others[name].setdefault(other, row.other)
                others[other].setdefault(name, row.name)
            if row.kind == CLAN:
                clans |= {name, other}
        self._others = {name: tuple(spelled.values()) for name, spelled in others.items()}
        self._clans = frozenset(clans)
        self._longest: dict[str, int] = {}
        for name in self._others:
            self._longest[name[0]] = max(len(name), self._longest.get(name[0], 0))

    def __iter__(self) -> Iterator[str]:
        """Yield the names that have others, folded."""
        return iter(self._others)

    def others(self, name: str) -> tuple[str, ...]:
        """Return the aliases of a name in any script."""
        return self._others.get(fold(name), ())

    def expand(self, parsed: Parsed) -> Expanded:
        """Expand a query by the other names of those that it holds; at most :data:`MOST` phrases are added."""
        asked = {phrase.folded for phrase in parsed.phrases}
        added: dict[str, Phrase] = {}
        others: dict[str, None] = {}

        def leaf(phrase: Phrase) -> Phrase | Or:
            mine = []
            for other, names in self._exchanged(phrase):
                new = other.folded not in added
                if other.folded not in asked and not (new and len(added) == MOST):
                    mine.append(added.setdefault(other.folded, other))
                    others.update(dict.fromkeys(names))
            return Or((phrase, *mine)) if mine else phrase

        def operand(tree: Words | Or) -> Words | Or:
            if isinstance(tree, Or):
                return Or(tuple(_branches(map(whole, tree.children))))
            return leaf(tree) if isinstance(tree, Phrase) else tree

        def whole(tree: Tree) -> Tree:
            match tree:
                case Phrase() | Or():
                    return operand(tree)
                case And(children):
                    return And(tuple(map(whole, children)))
                case Near(left, right):
                    return replace(tree, left=operand(left), right=operand(right))
                case _:
                    return tree

        tree = whole(parsed.tree)
        return Expanded(tree, tuple(others))

    def _exchanged(self, phrase: Phrase) -> Iterator[tuple[Phrase, tuple[str, ...]]]:
        """Yield the phrase with every combination of other names, all exchanged first, and the names that came in."""
        text = phrase.folded
        names = self.within(text)
        if not names:
            return
        offsets = fold_array(code_points(phrase.text))[1].tolist()
        if len(offsets) != len(text):
            return  # a description, of several code points, is part of no name
        for chosen in islice(product(*((*name.others, None) for name in names)), MOST):
            spelled, at = "", 0
            for name, other in zip(names, chosen, strict=True):
                if other is not None:
                    spelled += phrase.text[at : offsets[name.start]] + other
                    at = offsets[name.end - 1] + 1
            if any(chosen):
                yield _alias(spelled + phrase.text[at:]), tuple(filter(None, chosen))
        last = names[-1]
        if last.end == len(text) and text[: last.start] in self._clans:
            # A full name: books give it without the clan's as a rule.
            own = phrase.text[offsets[last.start] :]
            for other in (*last.others, own):
                yield _alias(other), (other,)

    def within(self, text: str) -> list[Name]:
        """Find the names with aliases in a folded text, without overlaps, longer ones preferred; in order."""
        found = [
            Name(start, end, others)
            for start in range(len(text))
            for end in range(start + 1, min(start + self._longest.get(text[start], 0), len(text)) + 1)
            if (others := self._others.get(text[start:end]))
        ]
        if not found:
            return []
        words = list(pairwise(accumulate(map(len, cut(text)), initial=0)))
        taken: list[Name] = []
        for name in sorted(found, key=lambda each: (each.start - each.end, each.start)):
            # 鄂伦 in 鄂伦春 is nobody's name; 阿骨打 in 完颜阿骨打 is.
            longer = any(
                start <= name.start and name.end <= end and end - start > name.end - name.start
                for start, end in words
                if text[start : name.start] not in self._clans
            )
            if not longer and all(name.end <= other.start or other.end <= name.start for other in taken):
                taken.append(name)
        return sorted(taken)


def _branches(trees: Iterable[Tree]) -> Iterator[Tree]:
    """Flatten the trees: those that are an ``Or`` are taken apart; each is listed once."""
    yield from dict.fromkeys(
        branch for tree in trees for branch in (tree.children if isinstance(tree, Or) else (tree,))
    )


def _alias(text: str) -> Phrase:
    return Phrase(text, tuple(map(ord, fold(text))), alias=True)


@lru_cache(64)
def names_in(text: str) -> tuple[Name, ...]:
    """Return the names with other spellings in a folded text, cached because several ask for one query."""
    return tuple(names().within(text))


@cache
def names() -> Names:
    """Load the aliases that the program knows. Raises AliasFailure where a file of them is malformed."""
    return Names(aliases())
