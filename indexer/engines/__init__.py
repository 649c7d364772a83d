"""Inverted indexes behind one protocol (:mod:`indexer.engines.base`); to add one, write a module and name it here."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from indexer.engines.base import EngineIndexes, EngineModule
from indexer.engines.folders import FolderIndexes
from indexer.errors import IndexFailure

ENGINES = {"tantivy": "indexer.engines.tantivy", "whoosh": "indexer.engines.whoosh"}
DEFAULT = "tantivy"
PICKLED = frozenset({"whoosh"})
"""Engines whose files are in part Python pickles, which run as code when they are opened. Where such files come from
elsewhere, they are not opened but made again from the texts."""


def engine(name: str) -> EngineModule:
    """Return the engine's module.

    Raises:
        IndexFailure: no engine has this name.
    """
    if name not in ENGINES:
        raise IndexFailure(f"no engine is called {name}; choose one of {', '.join(ENGINES)}")
    module: EngineModule = import_module(ENGINES[name])
    return module


def indexes(index: Path, name: str) -> EngineIndexes:
    """Return the inverted indexes of an index that this engine writes and reads.

    Raises:
        IndexFailure: no engine has this name.
    """
    return FolderIndexes(index, engine(name))
