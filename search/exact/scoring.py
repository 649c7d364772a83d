"""What matches in one pack: its passages, how often the words stand there and where, and what that is worth."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from indexer.store.pack import PackView
from indexer.store.positions import Places
from indexer.text import prominence
from search.exact.evaluation import Evaluator, Found, distinct
from search.exact.matching import (
    SLIPS,
    Mask,
    StreamRanges,
    first_of_each,
    in_heads,
    in_passage,
    original_ranges,
    whole,
)
from search.model import Slip
from search.query import Tree, Words, leaves
from search.ranges import among, merged
from search.stores.base import ExactQuery, Marks

ACCIDENTAL = 0.1
"""The weight of an occurrence that cuts a word of modern text in two (北大 in 东北大学), beside one that does not."""
STRANGE = 0.01
"""The weight of an occurrence with a slip that is no look-alike, beside one that is: a hundred of them are one."""
HALFWAY = 1.2
"""Occurrences that bring a passage halfway to the score of endlessly many: the k1 of BM25."""


@dataclass(frozen=True, slots=True)
class PackMatches:
    """The matches of a query's tree in one pack.

    ``asked`` are the passages that match without other names. ``has_words`` says whether the tree has any words, and
    not only fields of the catalogue.
    """

    found: Found
    occurrences: list[StreamRanges]
    asked: Places
    has_words: bool

    @property
    def count(self) -> int:
        """The number of occurrences."""
        return sum(len(each.starts) for each in self.occurrences)

    def scores(self, pack: PackView) -> NDArray[np.float64]:
        """Return the scores of the passages, see :meth:`search.stores.base.Matches.page`."""
        chosen = self.found.passages
        count, typed = np.zeros(len(chosen)), np.zeros(len(chosen), dtype=bool)
        for each in self.occurrences:
            if not len(each.passages):
                continue
            firsts = first_of_each(each.passages)
            # All rows are among those chosen; as many as those are those.
            at = slice(None) if len(firsts) == len(chosen) else chosen.searchsorted(each.passages[firsts])
            worth = _worth(pack, each)
            if worth is None:
                count[at] += np.diff(firsts, append=len(each.passages))
            else:
                count[at] += np.add.reduceat(worth, firsts)
            typed[at] |= np.logical_or.reduceat(each.typed, firsts)
        asked = np.ones(len(chosen), bool) if self.asked is chosen else among(chosen, self.asked)
        weights = pack.passage_weights[chosen]
        text = (weights > prominence.MATTER) & ((count > 0) if self.has_words else True)
        tier = 2 * text + asked + (asked & typed & text & (weights > prominence.LIST))
        scores: NDArray[np.float64] = tier + weights * count / (count + HALFWAY)
        return scores

    def marks(self, pack: PackView, row: int) -> Marks | None:
        """Return where the words stand in one passage."""
        if not among(row, self.found.passages):
            return None
        found = [in_passage(each, row) for each in self.occurrences]
        begin = int(pack.sections["start"][pack.passages["section"][row]])
        ranges = merged([stretch for each in found for stretch in original_ranges(pack, each)])
        return Marks(
            tuple((start - begin, end - begin) for start, end in ranges),
            any(bool(each.typed.any()) for each in found),
            bool(among(row, self.asked)),
            tuple(SLIPS[number] for number in sorted({*chain(*(each.slips.tolist() for each in found))})),
        )


def matched(evaluator: Evaluator, query: ExactQuery, mask: Mask | None) -> PackMatches | None:
    """Return what satisfies a query in the allowed passages of a pack, None allows all; None where nothing does.

    Raises:
        SearchError: the query costs too much.
    """
    found = evaluator.evaluate(query.tree)
    if mask is not None:
        found = Found(found.passages[mask[found.passages]], found.occurrences)
    if not len(found.passages):
        return None
    asked = found.passages if query.asked is None else evaluator.evaluate(query.asked).passages
    if mask is None and isinstance(query.tree, Words):  # nothing can stand there twice, or be left out
        occurrences = list(found.occurrences)
    else:
        occurrences = distinct(found.occurrences, found.passages)
    return PackMatches(found, occurrences, asked, has_words(query.tree))


def has_words(tree: Tree) -> bool:
    """Return whether a tree asks for words, and not only for fields of the catalogue."""
    return any(isinstance(leaf, Words) for leaf in leaves(tree))


def _worth(pack: PackView, found: StreamRanges) -> NDArray[np.float64] | None:
    """Return what each occurrence counts; None where each counts one."""
    heads, strange = in_heads(pack, found), found.slips > SLIPS.index(Slip.LOOKALIKE)
    if heads is None and not len(pack.inside) and not strange.any():
        return None
    worth = np.where(whole(pack, found), 1.0, ACCIDENTAL) * np.where(strange, STRANGE, 1.0)
    return worth if heads is None else np.where(heads, 0.0, worth)
