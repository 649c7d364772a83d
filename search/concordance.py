"""The concordance: every place of a query as a line, with the spellings, words and groups that can be chosen from.

Every number counts lines that a request leads to: its own with one more group in ``within`` or ``without``. So the
groups of a grouping are counted with all that is chosen but of that grouping itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from indexer.text.folding import fold
from search.occurrences import CONTEXT, Group, Grouping, Occurrence, Occurrences, Order
from search.query import And, Approximate, Or, Parsed, Phrase, Tree
from search.selection import Selection

LINES = 50
"""Lines of a page, where nobody says otherwise."""


@dataclass(frozen=True, slots=True)
class ConcordanceRequest(Selection):
    """One page of a concordance.

    ``sample`` is how many lines are drawn by ``seed`` from those that are left; 0 takes all. ``start`` is the number of
    the first line, from 1.
    """

    q: str
    order: Order = Order.PLACE
    context: int = CONTEXT
    group: Grouping = Grouping.WORK
    sample: int = 0
    seed: int = 1
    start: int = 1
    limit: int = LINES


@dataclass(frozen=True, slots=True)
class SoughtWords:
    """Words that were looked for: as typed, or as another name is spelled; ``folded`` as they are compared."""

    text: str
    folded: str
    alias: bool


@dataclass(frozen=True, slots=True)
class ClassicalWord:
    """A classical word for a modern one of the query, and how many lines there are with it in the other's place."""

    word: str
    classical: str
    count: int


@dataclass(frozen=True, slots=True)
class Concordance:
    """A page of a concordance.

    ``folded`` are the phrases of the query, as typed and as they are compared. ``total`` counts the places that are
    left by what is chosen, ``listed`` the lines there are of them, which a sample makes fewer. ``groups`` are those of
    ``request.group``. With ``at_least`` there may be more of all.
    """

    request: ConcordanceRequest
    total: int
    listed: int
    at_least: bool
    lines: tuple[Occurrence, ...]
    groups: tuple[Group, ...]
    words: tuple[Group, ...]
    spellings: tuple[Group, ...]
    sought: tuple[SoughtWords, ...]
    folded: tuple[tuple[str, str], ...]
    explanations: tuple[tuple[str, str], ...]
    classical: tuple[ClassicalWord, ...]
    generation: int
    took_ms: float


@dataclass(frozen=True, slots=True)
class ConcordanceLines:
    """All lines of a concordance, read where they are asked for.

    ``left`` are the places that are left by what is chosen, of which a sample may list fewer.
    """

    request: ConcordanceRequest
    left: Occurrences
    lines: Occurrences
    generation: int


def groups(found: Occurrences, request: ConcordanceRequest, grouping: Grouping) -> tuple[Group, ...]:
    """Return the groups of a grouping, each with how many lines there are of it beside all else that is chosen."""
    return request.narrowed(found, but=grouping).grouped_by(grouping)


def listed(found: Occurrences, request: ConcordanceRequest) -> Occurrences:
    """Return the lines of what is left, on all pages."""
    if request.sample:
        found = found.sample(request.sample, request.seed)
    return found.sorted_by(request.order).with_context(request.context)


def sought(parsed: Parsed, expanded: Tree) -> tuple[SoughtWords, ...]:
    """Return the words that stand alone as lines, those typed first: none of them has wildcards."""
    found: dict[str, SoughtWords] = {}
    for phrase in (*_alone(parsed.tree), *_alone(expanded)):
        found.setdefault(phrase.folded, SoughtWords(spelled(phrase.text), phrase.folded, phrase.alias))
    found.pop("", None)
    return tuple(found.values())


def spelled(text: str) -> str:
    """Return the characters of a text that count.

    >>> spelled("會寧、府")
    '會寧府'
    """
    return "".join(char for char in text if fold(char))


def with_absent(found: Iterable[Group], names: Iterable[str]) -> tuple[Group, ...]:
    """Return groups and, with no lines, those that are named and not among them."""
    there = {group.value: group for group in found}
    absent = (Group(name, name, 0) for name in dict.fromkeys(names) if name not in there)
    return (*there.values(), *absent)


def _alone(tree: Tree) -> Iterator[Phrase]:
    """Yield the phrases whose places are lines by themselves: not those of NEAR, and none that is excluded."""
    match tree:
        case Phrase():
            yield tree
        case Approximate(phrase):
            yield phrase
        case And(children) | Or(children):
            for child in children:
                yield from _alone(child)
