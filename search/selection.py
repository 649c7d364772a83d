"""The selection: which occurrences of a query an analysis is of, and of which texts.

Every number of an analysis counts the lines of a concordance of the same selection, with one more group in ``within``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields, replace
from typing import Self, TypeVar

from search.model import Scope
from search.occurrences import Beside, Grouping, GroupName, Occurrences


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What is chosen of all that a query finds.

    ``within`` and ``without`` are groups: of one grouping any that ``within`` names will do, and none that ``without``
    does. All that ``beside`` names must stand near an occurrence. With ``word`` it is one word of modern text.
    ``event`` are years, as ``when:`` takes them: occurrences are in passages in which a date of theirs begins.
    """

    scope: Scope = Scope.BOTH
    strict: bool = False
    aliases: bool = True
    filters: dict[str, tuple[str, ...]] = field(default_factory=dict)
    event: str = ""
    within: tuple[GroupName, ...] = ()
    without: tuple[GroupName, ...] = ()
    beside: tuple[Beside, ...] = ()
    word: bool = False

    @property
    def expands(self) -> bool:
        """Whether other names are looked for, too."""
        return self.aliases and not self.strict

    def narrowed(self, found: Occurrences, but: Grouping | None = None) -> Occurrences:
        """Return what is left by the groups that are chosen, ``but`` those of one grouping."""
        for grouping in Grouping:
            if grouping is but:
                continue
            if values := values_of(self.within, grouping):
                found = found.within(grouping, *values)
            if values := values_of(self.without, grouping):
                found = found.without(grouping, *values)
        for each in self.beside:
            found = found.beside(each)
        return found.words() if self.word else found

    def takes(self, grouping: Grouping, value: str) -> bool:
        """Return whether what has a value of a grouping is chosen, as far as that grouping says."""
        within = values_of(self.within, grouping)
        return (not within or value in within) and value not in values_of(self.without, grouping)

    def any_of(self, grouping: Grouping) -> Self:
        """Return the same without what is chosen by one grouping."""
        within, without = (
            tuple(each for each in names if each.grouping is not grouping) for names in (self.within, self.without)
        )
        return replace(self, within=within, without=without)

    def alone(self, grouping: Grouping, value: str) -> Self:
        """Return the same with one group alone of its grouping."""
        others = self.any_of(grouping)
        return replace(others, within=(*others.within, GroupName(grouping, value)))


def values_of(names: Iterable[GroupName], grouping: Grouping) -> list[str]:
    """Return the values of those groups that are of one grouping."""
    return [each.value for each in names if each.grouping is grouping]


S = TypeVar("S", bound=Selection)


def of_selection(kind: Callable[..., S], selection: Selection, q: str | tuple[str, ...]) -> S:
    """Return a request of another kind for what a query finds, of the same selection."""
    return kind(q, **{each.name: getattr(selection, each.name) for each in fields(Selection)})
