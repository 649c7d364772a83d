"""A generation as one reader holds it: its packs, the works that may be seen, and masks over their passages.

Nothing in it changes; a view that leaves collections out is another snapshot over the same packs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from indexer.store import passage_keys
from indexer.store.generation import Generation, PackEntry
from indexer.store.pack import Pack
from indexer.text.folding import fold
from indexer.text.readings import fold_phrase
from search import deadline, fields
from search.exact.evaluation import Evaluator
from search.exact.matching import Mask, stands
from search.model import Scope, WorkCard
from search.query import Field

STREAMS = {Scope.TEXT: (0,), Scope.NOTES: (1,), Scope.BOTH: (0, 1)}
"""The streams of a pack that each scope searches."""

Place = tuple[int, int]
"""Where a work stands: the number of its pack and its number there."""


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

    def without(self, works: set[str]) -> Snapshot:
        """Return the snapshot as if it never had these works."""
        generation = self.generation.without(works)
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
            if any(wanted in fold(value) for value in fields.values(self.cards[number, work], field.name))
        )

    def in_language(self, number: int, language: str) -> Mask | None:
        """Return the passages of a pack that are of works in a language; None for all of them."""
        pack, live = self.packs[number], self.entries[number].live
        works = [work for work in live if self.cards[number, work].record.language == language]
        return None if len(works) == len(pack.works) else pack.of_works(works)

    def evaluator(self, number: int, scope: Scope, strict: bool, *, near_spans: bool = False) -> Evaluator:
        """Return what evaluates queries on a pack."""
        fields = partial(self.field_mask, number)
        return Evaluator(self.packs[number], STREAMS[scope], strict, fields, near_spans=near_spans)

    def stands(self, word: str) -> bool:
        """Return whether a word stands anywhere."""
        folded = [ord(char) for char in fold_phrase(word)]
        return bool(folded) and any(
            stands(pack, folded, self.allowed(number, {})) for number, pack in self.packs.items()
        )

    def of_works(self, passages: NDArray[np.int64], values: Mapping[Place, int]) -> NDArray[np.int64]:
        """Return for each passage, named by its key, what its work has among ``values``; 0 where it has nothing."""
        result = np.zeros(len(passages), np.int64)
        for number, mine, rows in passage_keys.by_pack(passages):
            deadline.check()
            pack = self.packs[number]
            table = np.array([values.get((number, work), 0) for work in range(len(pack.works))], dtype=np.int64)
            result[mine] = table[pack.passage_works[rows]]
        return result

    def counts(self, passages: NDArray[np.int64]) -> list[tuple[WorkCard, int]]:
        """Return the works of some passages, with how many passages each has."""
        counted: list[tuple[WorkCard, int]] = []
        for number, _, rows in passage_keys.by_pack(passages):
            deadline.check()
            found = np.bincount(self.packs[number].passage_works[rows]).tolist()
            counted += ((self.cards[number, work], count) for work, count in enumerate(found) if count)
        return counted

    def named(self, passage: int) -> tuple[str, str]:
        """Return the id of a passage's work and the label of its page."""
        number, row = passage_keys.split(passage)
        return self.packs[number].place(row)
