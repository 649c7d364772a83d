"""Access control: which works a request may see is decided here, and nowhere else.

An open work is everybody's. One that is ``in-library`` is for requests from the library's own networks, one that is
``this-machine`` for browsers on the machine that serves, one for ``staff`` for librarians, who see them all from
anywhere. What counts for each is :func:`indexer.store.access.effective`: the stricter of what the index and the
collection's manifest say at this moment.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from typing import cast

from flask import Flask, Response, current_app, request

from corpora.manifests import Catalogue, Watched
from corpora.model import Access
from indexer.cluster.address import IndexAddress
from indexer.errors import Unavailable
from indexer.store.access import Declared, effective
from search.library import Library
from search.shelf import Shelf
from web.accounts import guard
from web.accounts.models import AccountRole
from web.networks import is_from
from web.serving.config import Config

_EXTENSION = "wenyuan.access"
_SHELF = "shelf"
_LOOPBACK = (ip_network("127.0.0.0/8"), ip_network("::1/128"))


@dataclass(frozen=True, slots=True)
class _Levels:
    """The works of one library by who may read them, as manifests say in one catalogue."""

    library: Library
    catalogue: Catalogue
    works: dict[Access, frozenset[str]]
    unions: dict[frozenset[Access], frozenset[str]] = field(default_factory=dict)

    def of(self, closed: frozenset[Access]) -> frozenset[str]:
        """Return the works of some levels, the same set each time."""
        if closed not in self.unions:
            self.unions[closed] = frozenset().union(*(self.works.get(each, ()) for each in closed))
        return self.unions[closed]


class Doors:
    """Decides who may read what, by the index and the manifests as they are now."""

    def __init__(self, watched: Watched) -> None:
        self._watched = watched
        self._levels: _Levels | None = None

    def catalogue(self, library: Library) -> Catalogue:
        """Return what the manifests say now, those beside the texts of this library included."""
        return self._watched.current(beside(library.declared))

    def levels(self, library: Library) -> _Levels:
        """Return the works of the library by who may read them now."""
        catalogue, levels = self.catalogue(library), self._levels
        if levels is None or levels.library is not library or levels.catalogue is not catalogue:
            works: dict[Access, set[str]] = {}
            for card in library.works():
                level = effective(library.declared.of(card.collection, card.id), catalogue.access_of(card.collection))
                works.setdefault(level, set()).add(card.id)
            levels = _Levels(library, catalogue, {level: frozenset(ids) for level, ids in works.items()})
            self._levels = levels
        return levels


def register(app: Flask, config: Config, index: IndexAddress) -> None:
    """Register an index with the application, and decide for each request which works it may see.

    A cluster that can't be reached yet is no failure: what needs no index is served until it can be.

    Raises:
        IndexFailure: the index can't be opened.
        ManifestFailure: a manifest is not as it should be.
    """
    app.extensions[_SHELF] = held = Shelf(index)
    app.config["LIBRARY_NETWORKS"] = tuple(config.library_networks)
    manifests: tuple[Path, ...] = ()
    with suppress(Unavailable):
        manifests = beside(held.library().declared)
    app.extensions[_EXTENSION] = Doors(Watched(config.collections, manifests))
    app.after_request(_keep_private)


def library() -> Library:
    """Return the library as the request may see it: every route answers from this."""
    return visible(shelf().library())


def shelf() -> Shelf:
    """Return the holder of the whole library, which is for staff's eyes."""
    return shelf_of(current_app)


def shelf_of(app: Flask) -> Shelf:
    """Return the holder of the whole library of an application."""
    return cast(Shelf, app.extensions[_SHELF])


def catalogue() -> Catalogue:
    """Return what the manifests of collections say now; of those that the request may not see, too."""
    return doors().catalogue(shelf().library())


def doors() -> Doors:
    """Return what the application that answers now knows of access."""
    return cast(Doors, current_app.extensions[_EXTENSION])


def beside(declared: Declared) -> tuple[Path, ...]:
    """Return the files beside the texts that describe collections of an index."""
    return tuple(Path(path) for path in declared.manifests.values())


def visible(library: Library) -> Library:
    """Return the library as the request may see it."""
    levels = doors().levels(library)
    return library.without(levels.of(frozenset(level for level in levels.works if not _may_see(level))))


def visible_to(role: AccountRole, library: Library) -> Library:
    """Return the library as accounts of a role may see it wherever they are: no network opens anything in it."""
    if role >= AccountRole.LIBRARIAN:
        return library
    levels = doors().levels(library)
    return library.without(levels.of(frozenset(level for level in levels.works if level is not Access.OPEN)))


def closed_to_the_public(library: Library, quoted: Iterable[tuple[str, str]]) -> list[str]:
    """Return the collections of those quoted works that not everybody who can ask here may read.

    ``quoted`` are pairs of a collection and a work, as they were when they were quoted. A work that has moved since is
    as closed as the stricter of both collections; one that has left the index is as its collection is declared.
    """
    catalogue = doors().catalogue(library)
    found = set()
    for collection, work in quoted:
        for home in {collection, library.collection_of(work) or collection}:
            level = effective(library.declared.of(home, work), catalogue.access_of(home))
            if level is not Access.OPEN and not (level is Access.THIS_MACHINE and _is_on_this_machine()):
                found.add(collection)
    return sorted(found)


def _may_see(access: Access) -> bool:
    match access:
        case Access.OPEN:
            return True
        case Access.THIS_MACHINE:
            return _is_on_this_machine() or guard.may(AccountRole.LIBRARIAN)
        case Access.IN_LIBRARY:
            return _is_in_library() or guard.may(AccountRole.LIBRARIAN)
        case Access.STAFF:
            return guard.may(AccountRole.LIBRARIAN)


def _is_in_library() -> bool:
    return is_from(current_app.config["LIBRARY_NETWORKS"])


def _is_on_this_machine() -> bool:
    """Return whether the request comes from this machine itself, through no proxy."""
    return is_from(_LOOPBACK)


def _keep_private(response: Response) -> Response:
    """Mark an answer as private, so that shared caches don't keep what only some may see."""
    if request.endpoint != "static":
        response.headers.setdefault("Cache-Control", "private")
    return response
