"""Inverted indexes behind one protocol (:mod:`indexer.engines.base`); to add one, write a module and name it here."""

from __future__ import annotations

from importlib import import_module

from indexer.engines.base import EngineModule

ENGINES = {"tantivy": "indexer.engines.tantivy", "whoosh": "indexer.engines.whoosh"}
DEFAULT = "tantivy"
PICKLED = frozenset({"whoosh"})
"""Engines whose files are in part Python pickles, which run as code when they are opened. Where such files come from
elsewhere, they are not opened but made again from the texts."""


def engine(name: str) -> EngineModule:
    """Return the engine's module.

    Raises:
        KeyError: no engine has this name.
    """
    module: EngineModule = import_module(ENGINES[name])
    return module
