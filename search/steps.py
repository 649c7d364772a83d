"""Steps of a search within results: ``(會寧府) AND (上京)`` is what was asked first, and what narrowed it.

They are text of the query language: one query in an address, in a case or in a reader's notes holds all of them.
"""

from __future__ import annotations

from collections.abc import Sequence

from search.model import MAX_CHARACTERS
from search.query import cut


def steps(q: str) -> tuple[str, ...]:
    """Return the steps of a query; one that was not narrowed is its own only step.

    >>> steps("(上京 OR 會寧) AND (將軍)")
    ('上京 OR 會寧', '將軍')
    >>> steps("(上京) OR (會寧)")
    ('(上京) OR (會寧)',)
    """
    if len(q) > MAX_CHARACTERS:  # no search takes it
        return (q,)
    found: list[str] = []
    depth = 0
    for text, sign in cut(q):
        depth -= sign == ")"
        if depth > 0:
            found[-1] += text
        elif sign == "(" and depth == 0:
            found.append("")
        depth += sign == "("
    return tuple(found) if len(found) > 1 and q == _side_by_side(found) else (q,)


def joined(several: Sequence[str]) -> str:
    """Return the query of some steps; a single one is a query as it is.

    What a step leaves open is closed, and what closes nothing is left out, as the parser reads it.

    >>> joined(["上京 OR 會寧", '"將軍'])
    '(上京 OR 會寧) AND ("將軍")'
    """
    return _side_by_side([_closed(each) for each in several]) if len(several) > 1 else "".join(several)


def _side_by_side(several: Sequence[str]) -> str:
    return " AND ".join(f"({each})" for each in several)


def _closed(q: str) -> str:
    closed, depth, last = "", 0, ""
    for text, last in cut(q.strip()):
        closes_nothing = last == ")" and not depth
        closed += " " if closes_nothing else text
        depth += 0 if closes_nothing else (last == "(") - (last == ")")
    # Behind a blank: without one a bracket inside a word would be a remark, which is punctuation.
    return closed.strip() + '"' * (last == '"') + " )" * depth
