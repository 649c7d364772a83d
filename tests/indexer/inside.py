"""Where things stand inside an index."""

from __future__ import annotations

from pathlib import Path


def engine_folder(index: Path, generation: int) -> Path:
    """Return the folder of a generation's inverted index."""
    return index / "engines" / f"{generation:06d}"
