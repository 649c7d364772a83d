"""Builds indexes as :func:`indexer.building.build.build` does, with works that everybody may read by default.

What nobody declares is for staff alone; most tests of pages and endpoint are of what everybody sees.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from corpora.model import Access
from indexer.building import build as module
from indexer.building.build import BuildReport
from indexer.cluster.address import IndexAddress


def build(paths: Sequence[Path], index: IndexAddress, **options: Any) -> BuildReport:
    """Build an index of works that are declared open."""
    return module.build(paths, index, **{"access": Access.OPEN, **options})
