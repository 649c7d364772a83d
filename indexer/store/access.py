"""Access: who may read the works of an index, by what the index and the manifests say.

An index says it itself, in the manifest of its generation, so that nothing opens when a collection's manifest is lost,
replaced or broken. The collection's manifest can only close more.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from corpora.manifests import BESIDE, Catalogue
from corpora.model import Access, strictest

LOCAL = "local"
"""The collection of works that belong to none. They have nothing in common, so each is declared for itself."""

CLOSED = (Access.IN_LIBRARY, Access.STAFF)


@dataclass(frozen=True, slots=True)
class Declared:
    """Declarations of an index on who may read its works; what is in neither mapping is undeclared.

    ``collections`` maps named collections, which are declared as wholes, ``works`` the ids of works in :data:`LOCAL`
    and of works that moved to a closed collection: these are as closed wherever an older state has them.
    ``manifests`` maps collections to the files beside their texts that described them.
    """

    collections: Mapping[str, Access] = field(default_factory=dict)
    works: Mapping[str, Access] = field(default_factory=dict)
    manifests: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.collections or self.works or self.manifests)

    def of(self, collection: str, work: str) -> Access | None:
        """Return what is declared for a work; None where nobody declared it."""
        if collection == LOCAL:
            return self.works.get(work)
        whole = self.collections.get(collection)
        return whole and strictest(whole, self.works.get(work))

    def declare(self, collection: str, works: Iterable[str], access: Access) -> Declared:
        """Declare these works of a collection, a named one as a whole, whatever was declared before."""
        if collection == LOCAL:
            return self.remember(dict.fromkeys(works, access))
        named = set(works)
        rest = {work: said for work, said in self.works.items() if work not in named}
        return replace(self, collections={**self.collections, collection: access}, works=rest)

    def remember(self, works: Mapping[str, Access]) -> Declared:
        """Declare single works, wherever they are."""
        return replace(self, works={**self.works, **works})

    def tightened(self, other: Declared) -> Declared:
        """Return what both say: the stricter access where they differ, and what only one of them says."""
        return replace(
            self,
            collections=_stricter(self.collections, other.collections),
            works=_stricter(self.works, other.works),
        )

    def only(self, works: Collection[str]) -> Declared:
        """Return the declarations without those of other works as open: another text under the same id must not be
        open.

        What was closed is remembered: it stays closed should an older state with the work come back.
        """
        held = {work: access for work, access in self.works.items() if work in works or access in CLOSED}
        return replace(self, works=held)


def _stricter(one: Mapping[str, Access], other: Mapping[str, Access]) -> dict[str, Access]:
    joined = {name: strictest(one.get(name), other.get(name)) for name in {**one, **other}}
    return {name: access for name, access in joined.items() if access}


def declared_from(data: Mapping[str, Any]) -> Declared:
    """Return what was stored as plain data.

    Raises:
        ValueError, AttributeError, TypeError: it is something else.
    """
    if odd := [path for path in data.get("manifests", {}).values() if Path(path).name != BESIDE]:
        raise ValueError(f"{odd[0]!r} is no manifest beside texts")
    return Declared(
        collections={name: Access(access) for name, access in data.get("collections", {}).items()},
        works={work: Access(access) for work, access in data.get("works", {}).items()},
        manifests={name: str(path) for name, path in data.get("manifests", {}).items()},
    )


def effective(declared: Access | None, manifest: Access | None) -> Access:
    """Return who may read a work for which the index and the collection's manifest say this, None for nothing.

    What the index does not declare is for staff alone, whatever a manifest says.
    """
    return (declared and strictest(declared, manifest)) or Access.STAFF


@dataclass(frozen=True, slots=True)
class Tombstone:
    """A work that has left an index: its collection, when it left, in seconds of UTC, and who might read it then.

    ``collection`` is empty where it is not known any more; such a work was for staff.
    """

    collection: str
    removed: int
    access: Access


def may_learn(work: str, tombstone: Tombstone, declared: Declared, manifest: Access | None) -> Access:
    """Return who may learn that a work was there: nobody who could not have read it then, or could not read it now.

    ``manifest`` is what the manifest of its collection says now, None where it has none.
    """
    now = declared.of(tombstone.collection, work)
    return effective(strictest(tombstone.access, now), manifest)


@dataclass(frozen=True, slots=True)
class CollectionAccess:
    """Access to a collection: its works by what the index declares, its manifest, its works by effect."""

    collection: str
    declared: Mapping[Access | None, int]
    manifest: Access | None
    effect: Mapping[Access, int]

    @property
    def is_undeclared(self) -> bool:
        """Whether some of its works are undeclared."""
        return None in self.declared

    @property
    def is_closed_by_manifest_alone(self) -> bool:
        """Whether it would open if its manifest were lost."""
        return not self.is_undeclared and dict(self.effect) != dict(self.declared)


def access_by_collection(
    works: Iterable[tuple[str, str]], declared: Declared, catalogue: Catalogue
) -> list[CollectionAccess]:
    """Return the access to each collection, by id; ``works`` are pairs of a collection and a work."""
    said: dict[str, Counter[Access | None]] = {}
    for collection, work in works:
        said.setdefault(collection, Counter())[declared.of(collection, work)] += 1
    found = []
    for collection, counts in sorted(said.items()):
        manifest = catalogue.access_of(collection)
        effect: Counter[Access] = Counter()
        for access, number in counts.items():
            effect[effective(access, manifest)] += number
        found.append(CollectionAccess(collection, counts, manifest, effect))
    return found
