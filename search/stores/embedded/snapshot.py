"""A generation as one reader holds it: its packs, the works that may be seen, and masks over their passages.

Nothing in it changes; a view that leaves collections out is another snapshot over the same packs. A passage is named by
one integer: the rank of its work among all by id, and its row in the pack, which are in the order of the text. So these
refs sort by place, wherever the works lie.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from indexer.store.generation import Generation, PackEntry
from indexer.store.layout import MAIN, NOTES
from indexer.store.pack import Pack
from indexer.text.folding import fold
from indexer.text.readings import fold_phrase
from search import deadline, fields
from search.exact.evaluation import SEARCHED, Evaluator
from search.exact.matching import Mask, stands
from search.model import Scope, WorkCard
from search.query import Field

STREAMS = {Scope.TEXT: (MAIN,), Scope.NOTES: (NOTES,), Scope.BOTH: (MAIN, NOTES)}
"""The streams of a pack that each scope ranks."""

Place = tuple[int, int]
"""The place of a work: the number of its pack and its number there."""
Refs = NDArray[np.int64]
"""Passages: the rank of the work in the upper half of each number, the row in its pack in the lower."""
Rows = NDArray[np.int64]
"""Passages of one pack."""

_ROW_BITS = 32
_ROW = (1 << _ROW_BITS) - 1


@dataclass(frozen=True)
class Snapshot:
    """One generation's packs by number, opened, and what of them is live."""

    generation: Generation
    packs: Mapping[int, Pack]

    @cached_property
    def entries(self) -> dict[int, PackEntry]:
        """The packs' entries in the generation, by number."""
        return {entry.number: entry for entry in self.generation.packs}

    @cached_property
    def cards(self) -> dict[Place, WorkCard]:
        """Every live work by its place."""
        return {
            (number, work): WorkCard(each.id, each.collection, each.record, len(each.section_titles))
            for number, entry in self.entries.items()
            for work, each in enumerate(self.packs[number].works)
            if work in entry.live
        }

    @cached_property
    def places(self) -> dict[str, Place]:
        """The place of every live work by its id."""
        return {card.id: place for place, card in self.cards.items()}

    @cached_property
    def ranks(self) -> dict[Place, int]:
        """The rank of each work among all, by id: the order of places."""
        return {place: rank for rank, place in enumerate(sorted(self.cards, key=lambda at: self.cards[at].id))}

    def contents(self, place: Place) -> tuple[str, ...]:
        """Return the titles of the sections of the work at a place; no text is read."""
        return tuple(self.packs[place[0]].works[place[1]].section_titles)

    def without(self, works: set[str]) -> Snapshot:
        """Return the snapshot as if it never had these works."""
        generation = replace(self.generation.without(works), tombstones={})  # of works that may not be seen either
        return Snapshot(generation, {entry.number: self.packs[entry.number] for entry in generation.packs})

    def allowed(self, number: int, filters: Mapping[str, Sequence[str]]) -> Mask | None:
        """Return the passages of a pack that pass the filters and are live; None for all of them."""
        deadline.check()
        if not any(filters.values()) and len(self.entries[number].live) == len(self.packs[number].works):
            return None
        return self.packs[number].of_works(
            work for work in self.entries[number].live if fields.accepts(self.cards[number, work], filters)
        )

    def in_fields(self, number: int, wanted: Iterable[Field], allowed: Mask | None) -> Mask | None:
        """Return those of the allowed passages of a pack whose records satisfy every field; None for all."""
        for field in wanted:
            mask = self.field_mask(number, field)
            allowed = mask if allowed is None else allowed & mask
        return allowed

    def field_mask(self, number: int, field: Field) -> Mask:
        """Return the passages of a pack whose records satisfy a field of the query."""
        deadline.check()
        wanted = fold(field.value)
        return self.packs[number].of_works(
            work
            for work in self.entries[number].live
            if any(wanted in fold(text) for text in fields.field(field.name).searched(self.cards[number, work]))
        )

    def in_language(self, number: int, language: str) -> Mask | None:
        """Return the passages of a pack that are of works in a language; None for all of them."""
        pack, live = self.packs[number], self.entries[number].live
        works = [work for work in live if self.cards[number, work].record.language == language]
        return None if len(works) == len(pack.works) else pack.of_works(works)

    def evaluator(self, number: int, scope: Scope, strict: bool, *, near_spans: bool = False) -> Evaluator:
        """Return what evaluates queries on a pack."""
        fields = partial(self.field_mask, number)
        return Evaluator(self.packs[number], SEARCHED[scope], strict, fields, near_spans=near_spans)

    def stands(self, word: str) -> bool:
        """Return whether a word stands anywhere."""
        folded = [ord(char) for char in fold_phrase(word)]
        return bool(folded) and any(
            stands(pack, folded, self.allowed(number, {})) for number, pack in self.packs.items()
        )

    @cached_property
    def by_rank(self) -> list[WorkCard]:
        """Every live work, by id."""
        return [self.cards[place] for place in self.ranks]

    @cached_property
    def _packs_by_rank(self) -> NDArray[np.int64]:
        return np.array([number for number, _ in self.ranks], np.int64)

    @cached_property
    def _ranks(self) -> dict[int, NDArray[np.int64]]:
        """For each pack the ranks of its works; 0 for those that are not live, whose passages nobody names."""
        return {
            number: np.array([self.ranks.get((number, work), 0) for work in range(len(pack.works))], np.int64)
            for number, pack in self.packs.items()
        }

    def refs(self, number: int, rows: Rows) -> Refs:
        """Return the refs of live passages of a pack."""
        refs: Refs = self._ranks[number][self.packs[number].passage_works[rows]] << _ROW_BITS | rows
        return refs

    def by_pack(self, refs: Refs) -> Iterator[tuple[int, NDArray[np.intp], Rows]]:
        """Yield, for each pack, its number, the positions of its passages among ``refs``, and their rows."""
        if not len(refs):
            return
        packs = self._packs_by_rank[refs >> _ROW_BITS]
        for pack in np.flatnonzero(np.bincount(packs)).tolist():  # an eighth of the time of numpy.unique
            positions = np.flatnonzero(packs == pack)
            yield pack, positions, refs[positions] & _ROW

    def split(self, ref: int) -> tuple[int, int]:
        """Return the pack of a passage and its row there."""
        return int(self._packs_by_rank[ref >> _ROW_BITS]), ref & _ROW

    def works_of(self, refs: Refs) -> Rows:
        """Return the ranks of passages' works."""
        return refs >> _ROW_BITS
