"""Builds indexes as :func:`indexer.build.build` does, with works that everybody may read, unless told otherwise.

What nobody declares is for staff alone; most tests of pages and endpoint are of what everybody sees.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from corpora.model import Access
from indexer import build as module
from indexer.build import BuildReport


def build(paths: Sequence[Path], index: Path, **options: Any) -> BuildReport:
    """Build an index of works that are declared open."""
    return module.build(paths, index, **{"access": Access.OPEN, **options})
