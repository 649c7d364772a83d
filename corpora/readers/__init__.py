"""Readers: files become works.

Each format is one module here and one entry in :data:`READERS`: its ``read`` turns a source into works, and its
``SUFFIXES`` say which files are its own. Two are recognised by the names of their files instead: Kanripo, a folder a
work, and trees of chapters, a folder with all that is below it a work. Plain texts named as volumes (卷一.txt) are one
work a folder (:mod:`corpora.readers.volumes`). Which sources are under a path is for :mod:`corpora.sources.discover`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from corpora.model import Problem, Source, Work
from corpora.readers import chapters, identity, jsonl, kanripo, plain, poems, roles


@dataclass(frozen=True, slots=True)
class Reader:
    """A format: how its sources are read, and the suffixes of its files, each file a source.

    ``name`` gives what the id of a source's work is made of, where works have no ids of their own. ``tells_roles`` says
    whether titles tell what sections are: a poem may be called 自敘 and is no preface.
    """

    read: Callable[[Source], Iterator[Work | Problem]]
    suffixes: tuple[str, ...] = ()
    name: Callable[[Source], str] | None = None
    tells_roles: bool = True


READERS: dict[str, Reader] = {
    "kanripo": Reader(kanripo.read),
    "chapters": Reader(chapters.read, name=chapters.name),
    "plain": Reader(plain.read, plain.SUFFIXES, plain.name),
    "jsonl": Reader(jsonl.read, jsonl.SUFFIXES),
    "poems": Reader(poems.read, poems.SUFFIXES, poems.name, tells_roles=False),
}


def read(source: Source) -> Iterator[Work | Problem]:
    """Yield the works of a source and the problems in its files; what their sections are is told by their titles.

    Raises:
        KeyError: no reader has the source's name; nothing else is raised, whatever the files hold.
    """
    reader = READERS[source.reader]
    found = reader.read(source)
    if not reader.tells_roles:
        return found
    return (roles.assigned(item) if isinstance(item, Work) else item for item in found)


def default_id(source: Source) -> str:
    """Return the id of a source's work that has none of its own; empty where works bring their ids along."""
    name = READERS[source.reader].name
    return identity.identifier(name(source)) if name else ""
